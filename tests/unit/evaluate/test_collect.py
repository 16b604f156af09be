"""The people on whom an evaluation acts: the flagged, and everybody with an open case."""

import orjson

from functions.evaluate.run_evaluation import collect
from shared.domain import paths
from shared.domain.change import Change
from shared.domain.decision_json import DecisionJson
from shared.domain.identifiers import CommandId, EvaluationId, PolicyRef
from tests.fakes.builders import a_plan
from tests.unit.evaluate.case_life import decision, figures
from tests.unit.evaluate.office import DIGEST, Office


def planned(office: Office, name: str, *decisions: DecisionJson, opens_cases: bool = True) -> EvaluationId:
    """An evaluation of one shard, decided but not collected yet."""
    evaluation = EvaluationId(name)
    plan = a_plan(
        name, policy=PolicyRef("field-sales@1"), policy_digest=DIGEST, shards=1, opens_cases=opens_cases
    )
    office.store.commit(Change(command=CommandId(f"plan-{name}"), result=name, events=(), planned=plan))
    lines = [orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in decisions]
    flagged = [line for one, line in zip(decisions, lines, strict=True) if one["outcome"] == "open_case"]
    office.files.write_lines(paths.decisions(evaluation, 0), lines)
    office.files.write_lines(paths.shard_flagged(evaluation, 0), flagged)
    return evaluation


def listed(office: Office, evaluation: EvaluationId) -> list[tuple[str, str]]:
    collect(evaluation, office.store, office.files)
    people = orjson.loads(office.files.read(paths.flagged(evaluation)))
    return [(one["rep_id"], one["outcome"]) for one in people]


def test_a_past_period_acts_only_on_people_with_an_open_case() -> None:
    office = Office()
    office.evaluated("e-1", [decision("2026-09")])
    restated = planned(
        office,
        "e-2",
        decision("2026-09", figures("2026-09", "0.9"), outcome="clear"),
        decision("2026-09") | {"rep_id": "another"},
        opens_cases=False,
    )
    assert listed(office, restated) == [("rep", "clear")]


def test_a_repeated_step_keeps_the_first_list_after_cases_were_opened() -> None:
    office = Office()
    evaluation = planned(office, "e-1", decision("2026-09") | {"rep_id": "another"}, decision("2026-09"))
    before = listed(office, evaluation)
    office.evaluated("e-1", [decision("2026-09")])
    assert listed(office, evaluation) == before
