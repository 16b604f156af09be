"""Reads the files of a bundle and compares them with its manifest (R1)."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from cryptography.hazmat.primitives.asymmetric import ec

from .files import Files
from .findings import Verdict
from .forms import TEXT, ZEROS, Checkpoint, Event, canonical, digest, has_shape
from .report import Report

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
    # The files in the folder of a case are checked with that case.
    "period": re.compile(
        r"README\.txt|manifest\.json|keys/[0-9a-f]{64}\.pem|(events|proofs)/\d{12}\.json"
        r"|(checkpoints|consistency)/\d{12}-\d{12}\.json|cases/[^/]+/.+"
    ),
}
_SAFE_NAME: Final = re.compile(r"[A-Za-z0-9@._-]+(/[A-Za-z0-9@._-]+)*")
_LITTER: Final = re.compile(
    r"(__MACOSX/)?(?:[^/]+/)*(\._[^/]*|\.DS_Store|Thumbs\.db|desktop\.ini)", re.DOTALL
)
_FOLDER: Final = {"ledger": "ledger/", "period": "cases/"}
"""The folder that shows the kind of a bundle without a manifest."""
_MANIFEST_SHAPE: Final = {"files": dict, "kind": re.compile("case|ledger|period"), "subject": TEXT, "v": int}


class SubjectRules(Protocol):
    """Follows the events of one subject in order."""

    def faults(self, event: dict[str, Any]) -> Iterable[str]:
        """What is wrong with the event, after those before it."""
        ...


@dataclass(slots=True)
class Chain:
    """The events of a subject that were read so far: number and digest of the last one, and the latest time.

    ``rules`` follow a case, a batch or an evaluation. They are None for other subjects, and after a missing
    event, because the later events can then not be judged.
    """

    rules: SubjectRules | None
    last: int = 0
    digest: str = ZEROS
    time: str = ""


class Reading:
    """One run over a bundle: what was read so far, and the report."""

    def __init__(self, files: Files) -> None:
        self.report = Report()
        counted = Counter(files.names())
        self.names = sorted(name for name in counted if not _LITTER.fullmatch(name))
        self.keys: dict[str, ec.EllipticCurvePublicKey] = {}
        self.points: list[Checkpoint] = []
        self.rotations: list[Event] = []
        self.anchorings: list[Event] = []
        self.chains: dict[str, Chain] = {}
        """By subject."""
        self.segments_missing = False
        self.sealed_under = Counter[str]()
        """The number of private parts under each data key that was not deleted, by the name of the key."""
        self.placed: list[Event] = []
        """In a bundle of a case or a period: the events with a proof of their place, and unsealed ones."""
        self.case_events: list[Event] = []
        self.evaluations: dict[str, Event] = {}
        """By subject: the evaluation:completed of each evaluation that a case relied on."""
        self.batches: dict[tuple[str, str], Event] = {}
        """By subject and tag: the events of each batch that a decision was made from."""
        self.files = files
        self._digests: dict[str, object] = {}
        for where, what in files.faults():
            self.tampered(where, what)
        for name, count in counted.items():
            if count > 1:
                self.tampered(name, "stands twice in the archive")
        self._check_names()

    def _check_names(self) -> None:
        """Names that every system writes and shows alike; what file managers leave behind is named (R68)."""
        by_fold: dict[str, str] = {}
        for name in self.names:
            if not _SAFE_NAME.fullmatch(name) or {".", ".."} & set(name.split("/")):
                self.tampered(name, "has a name that no file of a bundle has")
            other = by_fold.setdefault(name.casefold(), name)
            if other != name:
                self.tampered(name, f"differs from {other} only in capital letters")
        for name in sorted(set(self.files.names()) - set(self.names)):
            self.warn(name, "is not part of the bundle: a file manager may have left it")

    def tampered(self, where: str, what: str) -> None:
        self.report.add(Verdict.TAMPERED, where, what)

    def incomplete(self, where: str, what: str) -> None:
        self.report.add(Verdict.INCOMPLETE, where, what)

    def warn(self, where: str, what: str) -> None:
        self.report.add(Verdict.WARNING, where, what)

    def remark(self, where: str, what: str) -> None:
        self.report.add(Verdict.REMARK, where, what)

    def under(self, folder: str) -> list[str]:
        return [name for name in self.names if name.startswith(folder)]

    def read(self, name: str) -> bytes | None:
        """The bytes, compared with the manifest; None and a finding if they cannot be read."""
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
        """The parsed file; None and a finding if it does not have that form."""
        data = self.read(name)
        if data is None:
            return None
        try:
            return parse(data)
        except ValueError as error:
            self.tampered(name, str(error))
            return None

    def read_manifest(self) -> None:
        """Read what the bundle is about and which files belong to it."""
        self.report.kind = next((kind for kind in ("ledger", "period") if self.under(_FOLDER[kind])), "case")
        if "manifest.json" not in self.names:
            self.incomplete("manifest.json", "is not there")
            return
        value = self.parsed("manifest.json", canonical)
        if value is None:
            return
        if not has_shape(value, _MANIFEST_SHAPE) or value["v"] not in (1, 2):
            self.tampered("manifest.json", "is not a manifest of version 1 or 2")
            return
        self.report.version = value["v"]
        self.report.kind, self.report.subject = value["kind"], value["subject"]
        if value["kind"] == "ledger" and value["subject"] != "ledger":
            self.tampered("manifest.json", "the subject of a bundle of the whole ledger must be `ledger`")
        if value["kind"] == "period" and not value["subject"].startswith("period/"):
            self.tampered("manifest.json", "the subject of a bundle of a period must begin with `period/`")
        self._digests = dict(value["files"])
        for name in sorted(self._digests.keys() - set(self.names)):
            self.incomplete(name, "is listed in the manifest, but is not there")
        for name in self.names:
            if name != "manifest.json" and name not in self._digests:
                self.tampered(name, "is not listed in the manifest")
            if not _KNOWN_FILES[self.report.kind].fullmatch(name):
                self.tampered(name, f"has no place in a bundle of a {self.report.kind}")

    def read_the_rest(self) -> None:
        """Compare with the manifest every file that no other check has read."""
        for name in sorted(self._digests.keys() & set(self.names)):
            self.read(name)
