"""A decision leaves the house with the proof that it was one of all decisions of its evaluation."""

import json
from dataclasses import replace

import pytest

from functions.audit.evidence.bundles import case_bundle
from functions.audit.evidence.decision_proof import proven_decision
from functions.audit.evidence.line_files import FiledLines
from shared.domain import paths
from shared.domain.canonical import canonical_bytes
from shared.domain.errors import NotFound
from shared.domain.identifiers import BatchId, EvaluationId, PersonId, PolicyRef, shard_of
from shared.domain.merkle import Frontier, Tree, leaf_hash, verify_inclusion
from shared.domain.record import EvaluationRecord, PlannedEvaluation
from tests.fakes.world import FakeFiles
from tests.unit.audit.bundles import case_evidence, checked, proven, unpacked, with_manifest_mended
from tests.unit.audit.hr_desk import NOW
from tests.unit.audit.workshop import DECISIONS, lived_in

EVALUATION = EvaluationId("e-1")
SHARDS = 3


def filed(files: FakeFiles, people: int) -> EvaluationRecord:
    """An evaluation of so many people, with its decisions in their shards."""
    shards: list[list[bytes]] = [[] for _ in range(SHARDS)]
    for number in range(people):
        rep = f"r-{number}"
        shards[shard_of(rep, SHARDS)].append(json.dumps({"rep_id": rep, "says": "r-1"}).encode())
    frontier = Frontier()
    for shard, lines in enumerate(shards):
        files.write_lines(paths.decisions(EVALUATION, shard), [line + b"\n" for line in lines])
        frontier = frontier.extended(map(leaf_hash, lines))
    plan = PlannedEvaluation(
        id=EVALUATION,
        policy=PolicyRef("field-sales@3"),
        policy_digest="cd" * 32,
        period="2026-09",
        directory=BatchId("people-1"),
        revisions={},
        shards=SHARDS,
        code_version="1",
        opens_cases=True,
    )
    return EvaluationRecord(
        plan=plan,
        completed_at=NOW,
        outcomes={"clear": people},
        decisions={},
        decisions_root=frontier.root().hex(),
    )


@pytest.mark.parametrize("people", [1, 2, 7, 40])
def test_every_reps_decision_has_its_proof(people: int) -> None:
    files = FakeFiles()
    record = filed(files, people)
    for number in range(people):
        found = proven_decision(record, PersonId(f"r-{number}"), FiledLines(files))
        assert found is not None
        assert json.loads(found.line)["rep_id"] == f"r-{number}"
        proof = json.loads(found.proof)
        path = [bytes.fromhex(step) for step in proof["path"]]
        root = bytes.fromhex(record.decisions_root)
        verify_inclusion(leaf_hash(found.line), proof["index"], people, path, root)
        assert (proof["evaluation"], proof["size"]) == ("e-1", people)


def test_files_that_differ_from_the_record_prove_nothing() -> None:
    files = FakeFiles()
    record = filed(files, 7)
    assert proven_decision(record, PersonId("nobody"), FiledLines(files)) is None
    other = record.model_copy(update={"decisions_root": "00" * 32})
    assert proven_decision(other, PersonId("r-3"), FiledLines(files)) is None
    with pytest.raises(NotFound):
        proven_decision(record, PersonId("r-3"), FiledLines(FakeFiles()))


def test_another_reps_decision_and_a_made_up_one_are_found() -> None:
    files = unpacked(case_bundle(case_evidence(lived_in())))
    assert checked(files).exit_status == 0
    proof = json.loads(proven().proof)
    other = with_manifest_mended({**files, "decision/line.json": DECISIONS[3]})
    assert "is not decision 2 of evaluation e-1" in checked(other).findings[0].what
    forged = DECISIONS[2].replace(b"512.5", b"412.5")
    assert checked(with_manifest_mended({**files, "decision/line.json": forged})).exit_status == 1
    elsewhere = canonical_bytes({**proof, "evaluation": "e-2"})
    assert checked(with_manifest_mended({**files, "decision/proof.json": elsewhere})).exit_status == 4


def test_a_decision_that_is_proven_and_is_not_the_one_that_was_sealed_is_found() -> None:
    world = lived_in()
    evidence = case_evidence(world)
    line = DECISIONS[3]
    path = [step.hex() for step in _path(3)]
    proof = canonical_bytes({"evaluation": "e-1", "index": 3, "path": path, "size": len(DECISIONS)})
    assert evidence.decision is not None
    swapped = case_bundle(replace(evidence, decision=replace(evidence.decision, line=line, proof=proof)))
    report = checked(unpacked(swapped))
    assert report.exit_status == 1
    assert "not the decision that was sealed" in report.findings[0].what


def _path(index: int) -> list[bytes]:
    return Tree([leaf_hash(line) for line in DECISIONS]).inclusion_proof(index)
