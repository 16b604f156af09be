"""From batches to decisions, on fakes: which evaluations are planned, what they pin, what they write."""

import json
from dataclasses import replace

import pytest

from shared.domain import paths, strict_yaml
from shared.domain.canonical import digest
from shared.domain.change import Change
from shared.domain.effect import Notice, NoticeKind
from shared.domain.event import EventTag
from shared.domain.identifiers import CommandId
from shared.domain.person import HR_QUEUE
from shared.domain.policy import Policy, parse_policy, policy_json
from shared.domain.record import PlannedEvaluation
from tests.fakes.builders import a_case
from tests.unit.evaluate.organisation import POLICY, ROOT, Organisation


@pytest.fixture
def organisation() -> Organisation:
    return Organisation()


@pytest.fixture
def september(organisation: Organisation) -> PlannedEvaluation:
    organisation.people()
    for month in ("2026-07", "2026-08"):
        assert organisation.plan(organisation.month(month)) == []
    (plan,) = organisation.plan(organisation.month("2026-09"))
    return plan


def test_everybody_in_the_directory_gets_one_decision(
    organisation: Organisation, september: PlannedEvaluation
) -> None:
    record = organisation.run(september)
    assert sum(record.outcomes.values()) == 50
    assert record.outcomes["open_case"] >= 3
    assert [d["outcome"] for d in organisation.to_act_on(september)] == ["open_case"] * record.outcomes[
        "open_case"
    ]
    assert EventTag.EVALUATION_COMPLETED in organisation.store


def test_a_completed_evaluation_commits_to_all_inputs_of_its_decisions(
    organisation: Organisation, september: PlannedEvaluation
) -> None:
    organisation.run(september)
    (completed,) = (e for e in organisation.store.seen if e.tag is EventTag.EVALUATION_COMPLETED)
    text = organisation.files.read(paths.policy(september.policy_digest))
    population = b"".join(organisation.files.read_lines(paths.population(september.id)))
    assert completed.relied_on["policy"] == september.policy_digest == digest(text)
    assert completed.relied_on["directory"] == september.directory
    assert completed.data["policy_json"] == digest(policy_json(text))
    assert completed.data["population"] == digest(population)
    assert completed.data["revisions"] == {p: list(b) for p, b in september.revisions.items()}
    assert json.loads(policy_json(text)) == strict_yaml.load(text.decode())


def test_months_before_the_policy_are_history_and_are_recorded_as_skipped(organisation: Organisation) -> None:
    organisation.people()
    assert organisation.plan(organisation.month("2026-07")) == []
    assert EventTag.EVALUATION_SKIPPED in organisation.store
    assert not any(isinstance(effect, Notice) for effect in organisation.store.effects)


def test_an_evaluation_done_again_writes_the_same_bytes(
    organisation: Organisation, september: PlannedEvaluation
) -> None:
    first = organisation.run(september)
    files = dict(organisation.files.files)
    assert organisation.run(september) == first
    assert organisation.files.files == files


def test_a_batch_announced_again_plans_nothing_new_once_its_evaluation_is_done(
    organisation: Organisation, september: PlannedEvaluation
) -> None:
    batch = september.revisions["2026-09"][-1]
    assert organisation.plan(batch) == [september]
    organisation.run(september)
    assert organisation.plan(batch) == []


def test_the_number_of_shards_changes_no_decision(organisation: Organisation) -> None:
    one = Organisation()
    one.planning, one.receiving = replace(one.planning, shards=1), replace(one.receiving, shards=1)
    lines = []
    for each in (organisation, one):
        each.people()
        for month in ("2026-07", "2026-08"):
            each.month(month)
        (plan,) = each.plan(each.month("2026-09"))
        each.run(plan)
        decisions = (paths.decisions(plan.id, shard) for shard in range(plan.shards))
        lines.append(
            sorted(b"".join(chunk for key in decisions for chunk in each.files.read_lines(key)).splitlines())
        )
    assert lines[0] == lines[1]


def test_results_without_a_directory_wait_for_it_and_hr_is_told(organisation: Organisation) -> None:
    assert organisation.plan(organisation.month("2026-09")) == []
    (notice,) = (effect for effect in organisation.store.effects if isinstance(effect, Notice))
    assert notice.notice is NoticeKind.EVALUATION_SKIPPED
    (plan,) = organisation.plan(organisation.people())
    assert plan.period == "2026-09"


def test_a_later_directory_does_not_evaluate_the_same_results_again(
    organisation: Organisation, september: PlannedEvaluation
) -> None:
    organisation.run(september)
    people = (ROOT / "examples/varicent/people-2026-09.csv").read_bytes()
    later = organisation.drop("hr-people", "later.csv", people.replace(b"Dana Zeman", b"Dana Seaman"))
    assert organisation.plan(later) == []


def test_a_restatement_evaluates_every_period_whose_window_it_touches(
    organisation: Organisation, september: PlannedEvaluation
) -> None:
    before = organisation.run(september)
    restated = organisation.drop("varicent-attainment", "varicent-attainment-2026-08-restated.csv")
    (plan,) = organisation.plan(restated)
    assert plan.period == "2026-09"
    assert plan.id != september.id
    assert plan.revisions["2026-08"][-1] == restated
    organisation.run(plan)
    assert organisation.store.evaluation(september.id) == before


def test_a_past_period_opens_no_case_and_hr_is_told_of_its_findings(organisation: Organisation) -> None:
    organisation.people()
    for month in ("2026-07", "2026-08"):
        organisation.month(month)
    october = (ROOT / "examples/varicent/varicent-attainment-2026-09.csv").read_bytes()
    organisation.drop("varicent-attainment", "october.csv", october.replace(b"2026-09", b"2026-10"))
    plans = organisation.plan(organisation.month("2026-09"))
    assert {plan.period: plan.opens_cases for plan in plans} == {"2026-09": False, "2026-10": True}
    past = next(plan for plan in plans if not plan.opens_cases)
    organisation.run(past)
    assert organisation.to_act_on(past) == []
    told = [effect.notice for effect in organisation.store.effects if isinstance(effect, Notice)]
    assert NoticeKind.PAST_FINDINGS in told


def test_an_open_case_gets_results_even_when_no_rule_fires(
    organisation: Organisation, september: PlannedEvaluation
) -> None:
    case = a_case(rep_id="R000003")
    organisation.store.commit(Change(command=CommandId("open"), result="", events=(), case=case))
    organisation.run(september)
    acted_on = {d["rep_id"]: d["outcome"] for d in organisation.to_act_on(september)}
    assert acted_on["R000003"] == "clear"


def skipped(organisation: Organisation) -> Notice:
    notices = [effect for effect in organisation.store.effects if isinstance(effect, Notice)]
    assert notices[-1].notice is NoticeKind.EVALUATION_SKIPPED
    return notices[-1]


def test_a_policy_version_changed_after_use_evaluates_nothing_and_hr_is_told(
    organisation: Organisation, september: PlannedEvaluation
) -> None:
    changed = POLICY.replace('below: "0.70"', 'below: "0.90"')
    organisation.policies.policies = [(parse_policy(changed, "field-sales"), changed.encode())]
    restated = organisation.drop("varicent-attainment", "varicent-attainment-2026-08-restated.csv")
    assert organisation.plan(restated) == []
    told = skipped(organisation)
    assert (told.to, told.parameters["reason"]) == (HR_QUEUE, "policy_changed_after_use")
    assert told.parameters["policy"] == "field-sales@1"


def test_a_policy_changed_after_use_does_not_delay_other_policies(
    organisation: Organisation, september: PlannedEvaluation
) -> None:
    changed = POLICY.replace('below: "0.70"', 'below: "0.90"')
    other = POLICY.replace("policy: field-sales", "policy: inside-sales")
    organisation.policies.policies = [
        (parse_policy(text, "policy"), text.encode()) for text in (changed, other)
    ]
    restated = organisation.drop("varicent-attainment", "varicent-attainment-2026-08-restated.csv")
    assert [plan.policy for plan in organisation.plan(restated)] == ["inside-sales@1"]


def test_a_policy_with_an_unusable_calendar_opens_no_case_and_hr_is_told(
    organisation: Organisation,
) -> None:
    organisation.people()
    text = POLICY.replace("country: US", "country: XX")
    assert text != POLICY
    organisation.policies.policies = [(parse_policy(text, "policy"), text.encode())]
    assert organisation.plan(organisation.month("2026-09")) == []
    told = skipped(organisation)
    assert (told.to, told.parameters["reason"]) == (HR_QUEUE, "policy_invalid")
    assert told.parameters["fault"] == "field-sales@1: calendar.country: no holidays are known for 'XX'"


def test_an_invalid_policy_stops_new_evaluations_until_it_is_corrected_and_hr_is_told(
    organisation: Organisation,
) -> None:
    organisation.people()
    organisation.policies.fault = "field-sales-2.yaml: rules.0.below: must be text"
    batch = organisation.month("2026-09")
    assert organisation.plan(batch) == []
    told = skipped(organisation)
    assert (told.to, told.parameters["reason"]) == (HR_QUEUE, "policy_invalid")
    assert told.parameters["fault"] == "field-sales-2.yaml: rules.0.below: must be text"
    organisation.policies.fault = None
    (plan,) = organisation.plan(batch)
    assert plan.period == "2026-09"


def test_quarters_under_a_policy_of_months_are_not_evaluated_and_their_owner_is_told(
    organisation: Organisation,
) -> None:
    organisation.people()
    row = b"Payee ID,Period,Quota,Credited Amount,Currency,Leave Days\nR000004,2026-Q4,1000,1,USD,0\n"
    by_quarter = (ROOT / "config/profiles/varicent-attainment.yaml").read_text().replace('"%Y-%m"', "quarter")
    organisation.receiving = replace(organisation.receiving, profile_text=lambda _: by_quarter)
    batch = organisation.drop("varicent-attainment", "quarters.csv", row)
    assert organisation.store.batch(batch).periods == ("2026-Q4",)
    assert organisation.plan(batch) == []
    told = skipped(organisation)
    assert (told.to, told.parameters["reason"]) == (None, "wrong_kind_of_period")
    assert told.parameters["periods"] == "2026-Q4"


def test_facts_of_people_whom_the_directory_does_not_have_are_ignored_counted_and_told(
    organisation: Organisation,
) -> None:
    organisation.people()
    september = (ROOT / "examples/varicent/varicent-attainment-2026-09.csv").read_bytes()
    strangers = b"S-2,2026-09,1000,1,USD,\nS-1,2026-09,1000,1,USD,\n"
    (plan,) = organisation.plan(
        organisation.drop("varicent-attainment", "strangers.csv", september + strangers)
    )
    record = organisation.run(plan)
    assert (sum(record.outcomes.values()), record.unknown_reps) == (50, 2)
    completed = next(e for e in organisation.store.seen if e.tag is EventTag.EVALUATION_COMPLETED)
    assert completed.data["unknown_reps"] == 2
    told = [effect for effect in organisation.store.effects if isinstance(effect, Notice)][-1]
    assert (told.notice, told.to) == (NoticeKind.UNKNOWN_REPS, None)
    assert (told.parameters["count"], told.parameters["people"]) == ("2", "S-1, S-2")
    assert not any(each["rep_id"].startswith("S-") for each in organisation.to_act_on(plan))


def version(number: int, effective_from: str) -> tuple[Policy, bytes]:
    text = POLICY.replace("version: 1", f"version: {number}").replace("2026-09-01", effective_from)
    return parse_policy(text, f"field-sales-{number}"), text.encode()


@pytest.mark.parametrize(
    ("second_from", "applies"),
    [
        ("2026-08-01", "field-sales@2"),
        ("2026-09-01", "field-sales@2"),
        ("2026-10-01", "field-sales@1"),
        # It begins within the period, in which nobody could have known it from the start.
        ("2026-09-15", "field-sales@1"),
    ],
)
def test_the_later_version_of_those_in_force_applies_and_none_that_begins_too_late(
    organisation: Organisation, second_from: str, applies: str
) -> None:
    organisation.policies.policies = [version(2, second_from), version(1, "2026-09-01")]
    organisation.people()
    plans = organisation.plan(organisation.month("2026-09"))
    assert {plan.period: plan.policy for plan in plans}["2026-09"] == applies


def test_a_period_keeps_the_version_of_its_own_time_when_it_is_restated_later(
    organisation: Organisation, september: PlannedEvaluation
) -> None:
    organisation.policies.policies.append(version(2, "2026-10-01"))
    september_again = (ROOT / "examples/varicent/varicent-attainment-2026-09.csv").read_bytes()
    october = september_again.replace(b"2026-09", b"2026-10")
    plans = organisation.plan(organisation.drop("varicent-attainment", "october.csv", october))
    restated = organisation.drop("varicent-attainment", "restated.csv", september_again + b"\n")
    plans += organisation.plan(restated)
    assert {(plan.period, plan.policy) for plan in plans} == {
        ("2026-09", "field-sales@1"),
        ("2026-10", "field-sales@2"),
    }
