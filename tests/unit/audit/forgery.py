"""The record of an organisation, written anew by a keeper who holds the key and means no good."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from functions.audit.evidence.bundles import (
    CaseEvidence,
    DecisionBasis,
    ProvenDecision,
    case_files,
    ledger_bundle,
    ledger_tree,
)
from functions.audit.ledger.format import (
    NO_CHECKPOINT,
    Checkpoint,
    leaf_hashes,
    segment_bytes,
    segment_name,
)
from shared.domain.canonical import canonical_bytes
from shared.domain.event import NOTHING_BEFORE, event_digest
from shared.domain.identifiers import Subject
from shared.domain.merkle import Tree
from tests.unit.audit.bundles import unpacked
from tests.unit.audit.workshop import TestSigner, World

Files = dict[str, bytes]
Value = dict[str, Any]
SIGNER = TestSigner.made(1)
_OWN_NAMES = ("decision/line.json", "decision/proof.json")


@dataclass
class Record:
    """Every event in order, and the checkpoints over them: the number of events and the time of each.

    ``write`` numbers and chains the events again, so a forger may add, drop and change them at will.
    """

    events: list[Value]
    checkpoints: list[tuple[int, str]]

    @classmethod
    def of(cls, world: World) -> "Record":
        points = [json.loads(data)["checkpoint"] for data in world.checkpoints()]
        return cls(
            [json.loads(line) for line in world.segments()],
            [(point["size"], point["time"]) for point in points],
        )

    def of_tag(self, tag: str, subject: str = "") -> Value:
        """The first event with the tag, in the chain of the subject if one is given."""
        found = (one for one in self.events if one["tag"] == tag and one["subject"].startswith(subject))
        return next(found)

    def insert(self, at: int, value: Value) -> None:
        """Put the event at this index; every checkpoint beyond it covers one event more."""
        self.events.insert(at, value)
        self.checkpoints = [(size + (size > at), time) for size, time in self.checkpoints]

    def remove(self, value: Value) -> None:
        at = self.events.index(value)
        del self.events[at]
        self.checkpoints = [(size - (size > at), time) for size, time in self.checkpoints]

    def lines(self) -> list[bytes]:
        """The events, numbered and chained."""
        last: dict[str, tuple[int, str]] = {}
        lines = []
        for value in self.events:
            sequence, previous = last.get(value["subject"], (0, NOTHING_BEFORE))
            line = canonical_bytes({**value, "sequence": sequence + 1, "previous": previous})
            last[value["subject"]] = (sequence + 1, event_digest(line))
            lines.append(line)
        return lines

    def signed(self) -> tuple[Files, Files]:
        """Segments and checkpoint files, signed by the keeper."""
        lines, segments, points = self.lines(), Files(), Files()
        leaves, reached, previous = leaf_hashes(lines), 0, NO_CHECKPOINT
        for number, (size, time) in enumerate(self.checkpoints):
            if size > reached:
                segments[segment_name(reached, size - 1)] = segment_bytes(lines[reached:size])
            reached = max(reached, size)
            root = Tree(leaves[:size]).root().hex()
            point = Checkpoint(number, size, root, previous, time, SIGNER.key_id)
            points[point.name()] = point.file(SIGNER.sign(point.body()))
            previous = point.digest()
        return segments, points

    def ledger(self) -> Files:
        segments, points = self.signed()
        return unpacked(ledger_bundle(segments, points, [SIGNER.public_key_pem()]))

    def case(self, subject: str, honest: Mapping[str, bytes]) -> Files:
        """The bundle of a case. What is not in the ledger is as in an ``honest`` bundle of the case."""
        segments, points = self.signed()
        size = self.checkpoints[-1][0]
        lines = list(enumerate(self.lines()))
        parsed = [(index, line, json.loads(line)) for index, line in lines]
        used = {json.loads(data)["batch"] for name, data in honest.items() if _is_row_proof(name)}
        batches = [
            (index, line)
            for index, line, value in parsed
            if value["subject"].removeprefix("batch/") in used and value["tag"] in RECORDS
        ]
        opened = next(value for _, _, value in parsed if value["subject"] == subject)
        evaluation = f"evaluation/{opened['relied_on']['evaluation']}"
        completed = [
            (index, line)
            for index, line, value in parsed
            if (value["subject"], value["tag"]) == (evaluation, "evaluation:completed")
        ]
        basis = {name[9:]: data for name, data in honest.items() if _is_basis(name)}
        line, proof = (honest.get(name) for name in _OWN_NAMES)
        evidence = CaseEvidence(
            subject=Subject(subject),
            events=[
                (index if index < size else None, line)
                for index, line, value in parsed
                if value["subject"] == subject
            ],
            sealed=ledger_tree(segments),
            checkpoints=list(points.values()),
            keys=[SIGNER.public_key_pem()],
            openings={int(name[9:15]): data for name, data in honest.items() if name.startswith("openings/")},
            attachments={name: data for name, data in honest.items() if name.startswith("policies/")},
            evaluation=completed[-1] if completed else None,
            decision=None if line is None or proof is None else ProvenDecision(line, proof),
            basis=DecisionBasis(basis, batches) if basis else None,
            names=json.loads(honest.get("names.json", b"{}")),
        )
        return case_files(evidence)


RECORDS = ("export:accepted", "facts:recorded", "directory:recorded")


def _is_row_proof(name: str) -> bool:
    return name.startswith("decision/") and name.endswith(".proof.json")


def _is_basis(name: str) -> bool:
    return name.startswith("decision/") and name not in _OWN_NAMES


Forgery = Callable[[Record], None]
