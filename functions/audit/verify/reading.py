"""Reading a bundle against its manifest."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec

from .case_rules import CaseRules
from .files import Files
from .forms import TEXT, ZEROS, Checkpoint, Event, canonical, digest, has_shape
from .report import Report, Verdict

Value = TypeVar("Value")

_KNOWN_FILES: Final = {
    "case": re.compile(
        r"README\.txt|chronicle\.html|names\.json|manifest\.json|keys/[0-9a-f]{64}\.pem|events/\d{12}\.json"
        r"|proofs/\d{12}\.json|checkpoints/\d{12}-\d{12}\.json|consistency/\d{12}-\d{12}\.json"
        r"|openings/\d{6}\.json|decision/(line|proof|policy|population|person|person\.proof)\.json|unsealed/\d{6}\.json|(policies|decisions|exports|mails)/[^/]+"
        r"|decision/facts/\d{4}-(\d\d|Q\d)(\.proof)?\.json"
    ),
    "ledger": re.compile(
        r"README\.txt|manifest\.json|keys/[0-9a-f]{64}\.pem|unsealed/\d{6}\.json"
        r"|ledger/segments/\d{12}-\d{12}\.jsonl|ledger/checkpoints/\d{12}-\d{12}\.json"
        r"|ledger/timestamps/\d{12}-\d{12}\.tsr"
    ),
    # What has a place in the folder of a case is asked where that is checked by itself.
    "period": re.compile(
        r"README\.txt|manifest\.json|keys/[0-9a-f]{64}\.pem|(events|proofs)/\d{12}\.json"
        r"|(checkpoints|consistency)/\d{12}-\d{12}\.json|cases/[^/]+/.+"
    ),
}
_FOLDER: Final = {"ledger": "ledger/", "period": "cases/"}
"""What tells the kind of a bundle without a manifest."""
_MANIFEST_SHAPE: Final = {"files": dict, "kind": re.compile("case|ledger|period"), "subject": TEXT, "v": int}


@dataclass(slots=True)
class Chain:
    """The events of a subject, as far as they were read: the last one's number and digest, the latest time.

    ``rules`` follow a case. They are None for other subjects, and once an event is missing, because then
    nothing follows from what is there.
    """

    rules: CaseRules | None
    last: int = 0
    digest: str = ZEROS
    time: str = ""


class Reading:
    """One run over a bundle: what was read so far, and the report."""

    def __init__(self, files: Files) -> None:
        self.report = Report()
        self.names = sorted(set(files.names()))
        self.keys: dict[str, ec.EllipticCurvePublicKey] = {}
        self.points: list[Checkpoint] = []
        self.rotations: list[Event] = []
        self.chains: dict[str, Chain] = {}
        """By subject."""
        self.segments_missing = False
        self.sealed_under = Counter[str]()
        """How many private parts there are under each data key that was not deleted, by its name."""
        self.case_events: list[Event] = []
        self.evaluations: dict[str, Event] = {}
        """By subject: how the evaluations ended that a case relied on."""
        self.batches: dict[tuple[str, str], Event] = {}
        """By subject and tag: how the batches were recorded that a decision was made from."""
        self.files = files
        self._digests: dict[str, object] = {}
        for name, count in Counter(files.names()).items():
            if count > 1:
                self.tampered(name, "stands twice in the archive")

    def tampered(self, where: str, what: str) -> None:
        self.report.add(Verdict.TAMPERED, where, what)

    def incomplete(self, where: str, what: str) -> None:
        self.report.add(Verdict.INCOMPLETE, where, what)

    def remark(self, where: str, what: str) -> None:
        self.report.add(Verdict.REMARK, where, what)

    def under(self, folder: str) -> list[str]:
        return [name for name in self.names if name.startswith(folder)]

    def read(self, name: str) -> bytes | None:
        """The bytes, compared with the manifest; None, and a finding, where they cannot be read."""
        expected = self._digests.pop(name, None)
        try:
            data = self.files.read(name)
        except ValueError as error:
            self.tampered(name, str(error))
            return None
        if expected is not None and digest(data) != expected:
            self.tampered(name, "is not the file that the manifest lists: its SHA-256 differs")
        return data

    def parsed(self, name: str, parse: Callable[[bytes], Value]) -> Value | None:
        """What ``parse`` makes of the file; None, and a finding, where it is not of that form."""
        data = self.read(name)
        if data is None:
            return None
        try:
            return parse(data)
        except ValueError as error:
            self.tampered(name, str(error))
            return None

    def read_manifest(self) -> None:
        """What the bundle is about, and which files belong to it."""
        self.report.kind = next((kind for kind in ("ledger", "period") if self.under(_FOLDER[kind])), "case")
        if "manifest.json" not in self.names:
            self.incomplete("manifest.json", "is not there")
            return
        value = self.parsed("manifest.json", canonical)
        if value is None:
            return
        if not has_shape(value, _MANIFEST_SHAPE) or value["v"] != 1:
            self.tampered("manifest.json", "is not a manifest of version 1")
            return
        self.report.kind, self.report.subject = value["kind"], value["subject"]
        if value["kind"] == "ledger" and value["subject"] != "ledger":
            self.tampered("manifest.json", "a bundle of the whole ledger has no other subject")
        if value["kind"] == "period" and not value["subject"].startswith("period/"):
            self.tampered("manifest.json", "a bundle of a period has no other subject")
        self._digests = dict(value["files"])
        for name in sorted(self._digests.keys() - set(self.names)):
            self.incomplete(name, "is listed in the manifest, and not there")
        for name in self.names:
            if name != "manifest.json" and name not in self._digests:
                self.tampered(name, "is not listed in the manifest")
            if not _KNOWN_FILES[self.report.kind].fullmatch(name):
                self.tampered(name, f"has no place in a bundle of a {self.report.kind}")

    def read_the_rest(self) -> None:
        """Compare with the manifest what no other check had to read."""
        for name in sorted(self._digests.keys() & set(self.names)):
            self.read(name)
