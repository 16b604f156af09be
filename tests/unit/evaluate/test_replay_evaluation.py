"""A replay of a past evaluation gives the same bytes, or names what differs."""

import gzip

import pytest

from functions.evaluate.replay_evaluation import Replay, replay_evaluation
from shared.domain import paths
from shared.domain.errors import NotFound
from shared.domain.identifiers import EvaluationId
from shared.domain.record import EvaluationRecord
from tests.unit.evaluate.organisation import ROOT, Organisation


class Evaluated(Organisation):
    """The sample organisation with its September decided."""

    def __init__(self) -> None:
        super().__init__()
        self.people()
        for month in ("2026-07", "2026-08"):
            self.plan(self.month(month))
        (plan,) = self.plan(self.month("2026-09"))
        self.record: EvaluationRecord = self.run(plan)

    def replay(self, code_version: str = "test") -> Replay:
        return replay_evaluation(self.record.plan.id, self.store, self.files, code_version)

    def rewrite(self, key: str, old: bytes, new: bytes) -> None:
        """Change a file behind the product's back."""
        text = gzip.decompress(self.files.files[key])
        assert old in text
        self.files.files[key] = gzip.compress(text.replace(old, new, 1))

    def file_with(self, prefix: str, text: bytes) -> str:
        return next(
            key
            for key, body in sorted(self.files.files.items())
            if key.startswith(prefix) and key.endswith(".gz") and text in gzip.decompress(body)
        )


@pytest.fixture
def evaluated() -> Evaluated:
    return Evaluated()


def test_the_same_evidence_gives_the_same_bytes_and_leaves_no_trace(evaluated: Evaluated) -> None:
    files, events = dict(evaluated.files.files), len(evaluated.store.seen)
    replay = evaluated.replay()
    assert replay.identical, replay.faults
    assert not replay.other_code
    assert {shard.shard: shard.digest for shard in replay.shards} == evaluated.record.decisions
    assert replay.root == evaluated.record.decisions_root
    assert sum(shard.people for shard in replay.shards) == 50
    assert (evaluated.files.files, len(evaluated.store.seen)) == (files, events)


def test_figures_that_arrived_later_do_not_change_a_replay(evaluated: Evaluated) -> None:
    (later,) = evaluated.plan(
        evaluated.drop("varicent-attainment", "varicent-attainment-2026-08-restated.csv")
    )
    evaluated.run(later)
    people = (ROOT / "examples/varicent/people-2026-09.csv").read_bytes()
    evaluated.drop("hr-people", "later.csv", people.replace(b",AE,", b",AM,"))
    assert evaluated.replay().identical
    assert replay_evaluation(later.id, evaluated.store, evaluated.files, "test").identical


def test_a_policy_changed_since_then_does_not_change_a_replay(evaluated: Evaluated) -> None:
    evaluated.policies.policies = []
    assert evaluated.replay().identical


def test_a_replay_by_other_code_says_so_and_must_give_the_same_bytes(evaluated: Evaluated) -> None:
    replay = evaluated.replay(code_version="a year later")
    assert replay.other_code
    assert replay.identical


def test_a_missing_facts_file_is_named_and_nothing_is_decided_without_it(evaluated: Evaluated) -> None:
    key = evaluated.file_with("facts/", b'"2026-08"')
    del evaluated.files.files[key]
    replay = evaluated.replay()
    assert [(fault.where, fault.says) for fault in replay.faults] == [(key, "the file is missing")]
    assert (replay.shards, replay.root) == ((), None)


@pytest.mark.parametrize("folder", ["facts/", "directories/"])
def test_an_input_that_was_changed_is_named_with_both_digests(evaluated: Evaluated, folder: str) -> None:
    key = evaluated.file_with(f"{folder}", b"R000004") if folder == "facts/" else _people(evaluated)
    evaluated.rewrite(key, b"R000004", b"R999999")
    (fault,) = evaluated.replay().faults
    assert fault.where == key
    assert "the file was changed" in fault.says


def _people(evaluated: Evaluated) -> str:
    return evaluated.file_with(f"directories/{evaluated.record.plan.directory}/shard", b"R000004")


def test_a_missing_policy_is_named(evaluated: Evaluated) -> None:
    key = paths.policy(evaluated.record.plan.policy_digest)
    del evaluated.files.files[key]
    (fault,) = evaluated.replay().faults
    assert (fault.where, fault.says) == (key, "the file of field-sales@1 is missing")


def test_a_policy_file_that_was_changed_is_named(evaluated: Evaluated) -> None:
    key = paths.policy(evaluated.record.plan.policy_digest)
    evaluated.files.files[key] += b"# a word more\n"
    (fault,) = evaluated.replay().faults
    assert fault.where == key


def test_a_decision_that_was_changed_is_found_with_its_line_and_person(evaluated: Evaluated) -> None:
    key = evaluated.file_with(f"evaluations/{evaluated.record.plan.id}/decisions", b'"open_case"')
    flagged = gzip.decompress(evaluated.files.files[key]).splitlines()
    number, line = next((n, line) for n, line in enumerate(flagged, 1) if b'"open_case"' in line)
    rep = line.split(b'"')[3]
    evaluated.rewrite(key, b'"outcome":"open_case"', b'"outcome":"clear"')
    replay = evaluated.replay()
    (fault,) = replay.faults
    assert fault.where == key
    assert f"line {number}, of {rep.decode()}" in fault.says
    # What was recorded is still what the facts give: only the file's copy is wrong.
    assert all(shard.same for shard in replay.shards)
    assert replay.root == evaluated.record.decisions_root


def test_a_decisions_file_that_is_gone_can_be_made_again(evaluated: Evaluated) -> None:
    key = paths.decisions(evaluated.record.plan.id, 2)
    del evaluated.files.files[key]
    replay = evaluated.replay()
    assert [(fault.where, fault.says) for fault in replay.faults] == [(key, "the file is missing")]
    assert all(shard.same for shard in replay.shards)


def test_rules_that_decide_otherwise_are_found_by_shard_and_by_root(
    evaluated: Evaluated, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = dict.fromkeys(evaluated.record.decisions, "0" * 64)
    forged = evaluated.record.model_copy(update={"decisions": wrong, "decisions_root": "0" * 64})
    monkeypatch.setattr(evaluated.store, "evaluation", lambda _: forged)
    replay = evaluated.replay()
    assert not any(shard.same for shard in replay.shards)
    named = {fault.where for fault in replay.faults}
    assert {"record", "Merkle root", paths.decisions(forged.plan.id, 0)} <= named


def test_the_replay_of_an_unfinished_evaluation_says_so() -> None:
    organisation = Organisation()
    organisation.people()
    organisation.month("2026-08")
    (plan,) = organisation.plan(organisation.month("2026-09"))
    replay = replay_evaluation(plan.id, organisation.store, organisation.files, "test")
    assert [fault.says for fault in replay.faults] == ["the evaluation was planned but never finished"]


def test_an_evaluation_that_nobody_planned_is_not_found(evaluated: Evaluated) -> None:
    with pytest.raises(NotFound):
        replay_evaluation(EvaluationId("evaluation-0"), evaluated.store, evaluated.files, "test")
