"""What the files of a bundle hold, and which of them are not of their form."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from tests.independent_verifier.forms import (
    CHECKPOINT,
    EVENT,
    MANIFEST,
    Form,
    ends_evaluation,
    is_names,
    public_key,
    records_batch,
    rotates,
    signed_by,
    strict_base64,
)
from tests.independent_verifier.json_by_hand import read_json
from tests.independent_verifier.trees import leaf

TAMPERED, INCOMPLETE, UNANCHORED = 1, 4, 5


@dataclass
class Bundle:
    """Everything read, and what was found wrong with it."""

    files: dict[str, bytes]
    why: list[tuple[int, str]] = field(default_factory=list)
    kind: str = "case"
    subject: str | None = None
    keys: dict[str, bytes] = field(default_factory=dict)
    points: dict[int, dict[str, Any]] = field(default_factory=dict)
    sealed: dict[int, tuple[dict[str, Any], bytes]] = field(default_factory=dict)
    """Events with an index, by it; and their bytes."""
    leaves: dict[int, bytes] = field(default_factory=dict)
    waiting: list[tuple[dict[str, Any], bytes]] = field(default_factory=list)
    batches: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """By subject and tag, what recorded the exports of which a decision's rows are."""
    holes: bool = False
    version: int = 1

    def fault(self, status: int, what: str) -> None:
        self.why.append((status, what))

    def read(self) -> None:
        """Read every file that is evidence."""
        self.manifest()
        self.read_keys()
        self.read_points()
        if self.kind == "ledger":
            self.read_segments()
        elif self.kind == "period":
            self.read_period_events()
        else:
            self.read_case_events()
        self.read_waiting()
        self.time_stamps()
        if "names.json" in self.files:
            self.parsed("names.json", is_names)

    def under(self, folder: str) -> Iterator[tuple[str, bytes]]:
        for name in sorted(self.files):
            if name.startswith(folder):
                yield name, self.files[name]

    def parsed(self, name: str, form: Form) -> Any:
        """The value of the file; None, and a fault, where it has not that form."""
        try:
            value = read_json(self.files[name])
        except ValueError:
            value = None
        if value is None or not form(value):
            self.fault(TAMPERED, f"{name} has another form")
            return None
        return value

    def time_stamps(self) -> None:
        for name, token in self.under("ledger/timestamps/"):
            point = "ledger/checkpoints/" + name[18:-4] + ".json"
            if point not in self.files:
                self.fault(INCOMPLETE, f"{point} is missing")
            elif sha256(self.files[point]).digest() not in token:
                self.fault(TAMPERED, f"{name} is over something else")

    # 1. The manifest.

    def manifest(self) -> None:
        folders = {name.split("/")[0] for name in self.files if "/" in name}
        self.kind = "ledger" if "ledger" in folders else "period" if "cases" in folders else "case"
        if "manifest.json" not in self.files:
            self.fault(INCOMPLETE, "no manifest")
            return
        value = self.parsed("manifest.json", MANIFEST)
        if value is None:
            return
        self.kind, self.subject, self.version = value["kind"], value["subject"], value["v"]
        if self.kind == "ledger" and self.subject != "ledger":
            self.fault(TAMPERED, "the ledger has no other subject")
        if self.kind == "period" and not value["subject"].startswith("period/"):
            self.fault(TAMPERED, "a period has no other subject")
        for name, listed in value["files"].items():
            if name not in self.files:
                self.fault(INCOMPLETE, f"{name} is listed only")
            elif sha256(self.files[name]).hexdigest() != listed:
                self.fault(TAMPERED, f"{name} is another file")
        for name in self.files:
            if name == "manifest.json":
                continue
            if name not in value["files"]:
                self.fault(TAMPERED, f"{name} is not listed")
            if not any(re.fullmatch(place, name) for place in _PLACES[self.kind]):
                self.fault(TAMPERED, f"{name} has no place")

    def read_keys(self) -> None:
        for name, data in self.under("keys/"):
            try:
                der = public_key(data)
            except ValueError:
                self.fault(TAMPERED, f"{name} is no key")
                continue
            if name != f"keys/{sha256(der).hexdigest()}.pem":
                self.fault(TAMPERED, f"{name} is another key")
            self.keys[sha256(der).hexdigest()] = der

    def read_points(self) -> None:
        folder = "ledger/checkpoints/" if self.kind == "ledger" else "checkpoints/"
        for name, data in self.under(folder):
            value = self.parsed(name, CHECKPOINT)
            if value is None:
                continue
            point = value["checkpoint"]
            # The signed bytes stand in the file as they are.
            body = data[len(b'{"checkpoint":') : data.rindex(b',"signature":')]
            signature = strict_base64(value["signature"])
            if signature is None:
                self.fault(TAMPERED, f"{name}: no signature")
                continue
            if name != f"{folder}{point['size']:012d}-{point['number']:012d}.json":
                self.fault(TAMPERED, f"{name} is misnamed")
            if point["number"] in self.points:
                self.fault(TAMPERED, f"{name}: forked")
                continue
            self.points[point["number"]] = {**point, "digest": sha256(body).hexdigest()}
            if point["key"] not in self.keys:
                self.fault(INCOMPLETE, f"{name}: the key is missing")
            elif not signed_by(self.keys[point["key"]], signature, body):
                self.fault(TAMPERED, f"{name}: the signature does not fit")
        if not self.points:
            self.fault(INCOMPLETE, "no checkpoint")

    # Events.

    def event(self, data: bytes, where: str) -> dict[str, Any] | None:
        try:
            value = read_json(data)
        except ValueError:
            value = None
        if not EVENT(value):
            self.fault(TAMPERED, f"{where} is no event")
            return None
        return dict(value)

    def read_segments(self) -> None:
        reached = 0
        for name, data in self.under("ledger/segments/"):
            numbers = re.fullmatch(r"ledger/segments/([0-9]{12})-([0-9]{12})[.]jsonl", name)
            if numbers is None:
                continue
            first, last = int(numbers[1]), int(numbers[2])
            if data.count(b"\n") > 1_000_000:
                self.fault(TAMPERED, f"{name}: too many lines")
                continue
            lines = data.split(b"\n")
            if lines[-1] != b"":
                self.fault(TAMPERED, f"{name}: cut")
            if len(lines) - 1 != last - first + 1:
                self.fault(TAMPERED, f"{name}: not as many events as its name says")
            if last < first or len(lines) < 2:
                self.fault(TAMPERED, f"{name}: empty")
            if first > reached:
                self.fault(INCOMPLETE, f"{name}: a segment before it is missing")
                self.holes = True
            elif first < reached:
                self.fault(TAMPERED, f"{name}: overlaps")
            for index, line in enumerate(lines[:-1], first):
                self.leaves[index] = leaf(line)
                value = self.event(line, f"{name}, index {index}")
                if value is not None:
                    self.sealed[index] = (value, line)
            reached = last + 1

    def read_case_events(self) -> None:
        for name, data in self.under("events/"):
            numbers = re.fullmatch(r"events/([0-9]{12})[.]json", name)
            value = self.event(data, name)
            if value is None or numbers is None:
                continue
            self.sealed[int(numbers[1])] = (value, data)
            if records_batch(value):
                self.batches[value["subject"], value["tag"]] = value
            if rotates(value) or ends_evaluation(value) or records_batch(value):
                continue
            self.subject = self.subject or value["subject"]
            if value["subject"] != self.subject:
                self.fault(TAMPERED, f"{name} is of another case")
        if not any(value["subject"] == self.subject for value, _ in self.sealed.values()):
            self.fault(INCOMPLETE, "no event of the case")

    def read_period_events(self) -> None:
        for name, data in self.under("events/"):
            numbers = re.fullmatch(r"events/([0-9]{12})[.]json", name)
            value = self.event(data, name)
            if value is None or numbers is None:
                continue
            self.sealed[int(numbers[1])] = (value, data)
            if not rotates(value) and not value["subject"].startswith("evaluation/"):
                self.fault(TAMPERED, f"{name} is of no evaluation")

    def read_waiting(self) -> None:
        for name, data in self.under("unsealed/"):
            value = self.event(data, name)
            if value is None:
                continue
            if self.kind == "case" and value["subject"] != self.subject:
                self.fault(TAMPERED, f"{name} is of another case")
                continue
            self.waiting.append((value, data))
            self.fault(UNANCHORED, f"{name} waits")
        self.waiting.sort(key=lambda at: (at[0]["subject"], at[0]["sequence"]))


_PLACES = {
    "ledger": [
        r"README[.]txt",
        r"keys/[0-9a-f]{64}[.]pem",
        r"unsealed/[0-9]{6}[.]json",
        r"ledger/segments/[0-9]{12}-[0-9]{12}[.]jsonl",
        r"ledger/checkpoints/[0-9]{12}-[0-9]{12}[.]json",
        r"ledger/timestamps/[0-9]{12}-[0-9]{12}[.]tsr",
    ],
    "period": [
        r"README[.]txt",
        r"keys/[0-9a-f]{64}[.]pem",
        r"(events|proofs)/[0-9]{12}[.]json",
        r"(checkpoints|consistency)/[0-9]{12}-[0-9]{12}[.]json",
        r"cases/[^/]+/.+",
    ],
    "case": [
        r"README[.]txt",
        r"chronicle[.]html",
        r"names[.]json",
        r"keys/[0-9a-f]{64}[.]pem",
        r"(events|proofs)/[0-9]{12}[.]json",
        r"(checkpoints|consistency)/[0-9]{12}-[0-9]{12}[.]json",
        r"(openings|unsealed)/[0-9]{6}[.]json",
        r"decision/(line|proof|policy|population|person|person[.]proof)[.]json",
        r"decision/facts/[0-9]{4}-([0-9]{2}|Q[0-9])([.]proof)?[.]json",
        r"(policies|decisions|exports|mails)/[^/]+",
    ],
}
