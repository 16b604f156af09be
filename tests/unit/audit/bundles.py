"""Bundles of the workshop's ledger, and the zips opened and closed again by somebody who means no good."""

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from functions.audit.evidence.bundles import (
    CaseEvidence,
    ProvenDecision,
    case_bundle,
    ledger_bundle,
    ledger_tree,
    rotations_in,
)
from functions.audit.verify import Report, verify
from shared.domain.canonical import canonical_bytes, digest
from shared.domain.identifiers import Subject
from shared.domain.merkle import Tree, leaf_hash
from shared.ledger_ports import EventPlace
from tests.unit.audit.workshop import DECISIONS, POLICY, World


def segments_of(world: World) -> dict[str, bytes]:
    return {name: data for name, data in world.files.items() if "/segments/" in name}


def case_evidence(world: World, subject: str = "case/c-1") -> CaseEvidence:
    places = sorted(place for place in world.events if place.subject == subject)
    ended = world.events.get(EventPlace(Subject("evaluation/e-1"), 1))
    evaluation = None if ended is None or ended.index is None else (ended.index, ended.data)
    return CaseEvidence(
        subject=Subject(subject),
        events=[(world.events[place].index, world.events[place].data) for place in places],
        sealed=ledger_tree(segments_of(world)),
        checkpoints=world.checkpoints(),
        keys=world.keys(),
        rotations=rotations_in(segments_of(world)),
        openings={place.sequence: world.openings[place] for place in places if place in world.openings},
        attachments={"policies/field-sales@3.yaml": POLICY},
        evaluation=evaluation,
        decision=None if evaluation is None else proven(),
        names={"m-1": "Mia Manager"},
    )


def proven() -> ProvenDecision:
    """The rep's decision under the root that the workshop's evaluation has."""
    path = [step.hex() for step in Tree([leaf_hash(line) for line in DECISIONS]).inclusion_proof(2)]
    proof = {"evaluation": "e-1", "index": 2, "path": path, "size": len(DECISIONS)}
    return ProvenDecision(DECISIONS[2], canonical_bytes(proof))


def bundle_of_case(world: World, subject: str = "case/c-1") -> bytes:
    return case_bundle(case_evidence(world, subject))


def bundle_of_ledger(world: World) -> bytes:
    unsealed = [stored.data for stored in world.events.values() if stored.index is None]
    checkpoints = {name: data for name, data in world.files.items() if "/checkpoints/" in name}
    return ledger_bundle(segments_of(world), checkpoints, world.keys(), unsealed)


def unpacked(bundle: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


@dataclass(frozen=True)
class InMemory:
    """The files of a bundle, as the verifier reads them."""

    files: Mapping[str, bytes]

    def names(self) -> list[str]:
        return list(self.files)

    def read(self, name: str) -> bytes:
        return self.files[name]

    def faults(self) -> list[tuple[str, str]]:
        return []


def checked(files: Mapping[str, bytes], anchor: bytes | None = None, key: str | None = None) -> Report:
    return verify(InMemory(files), anchor, key)


def with_manifest_mended(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """As whoever changed a file would do it: the manifest lists what is there now."""
    manifest = json.loads(files["manifest.json"])
    manifest["files"] = {name: digest(data) for name, data in files.items() if name != "manifest.json"}
    return {**files, "manifest.json": canonical_bytes(manifest)}
