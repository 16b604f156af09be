"""Bundles of the workshop's ledger, and the zips opened and closed again by somebody who means no good."""

import io
import zipfile
from collections.abc import Mapping

from functions.audit.evidence import CaseEvidence, case_bundle, ledger_bundle, ledger_tree, rotations_in
from shared.domain.identifiers import Subject
from tests.unit.audit.workshop import POLICY, World


def segments_of(world: World) -> dict[str, bytes]:
    return {name: data for name, data in world.files.items() if "/segments/" in name}


def case_evidence(world: World, subject: str = "case/c-1") -> CaseEvidence:
    places = sorted(place for place in world.events if place.subject == subject)
    return CaseEvidence(
        subject=Subject(subject),
        events=[(world.events[place].index, world.events[place].data) for place in places],
        sealed=ledger_tree(segments_of(world)),
        checkpoints=world.checkpoints(),
        keys=world.keys(),
        rotations=rotations_in(segments_of(world)),
        openings={place.sequence: world.openings[place] for place in places if place in world.openings},
        attachments={"policies/field-sales@3.yaml": POLICY},
        names={"m-1": "Mia Manager"},
    )


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
