"""A stage that runs: results, graduation, check-ins, the gate at its end."""

from datetime import timedelta

from functions.evaluate.cases.results import has_news
from shared.domain.case import CaseStatus, Exit, Phase, Waiting
from shared.domain.effect import NoticeKind
from shared.domain.event import EventTag
from shared.domain.person import HR_QUEUE
from shared.domain.request import RequestStatus
from tests.unit.evaluate.case_life import (
    POLICY,
    Life,
    at_the_gate,
    decision,
    directory,
    figures,
    in_final_review,
    new_york,
    person,
    running,
)


def test_an_answer_starts_the_stage_and_the_rep_is_told() -> None:
    life = running()
    assert (life.case.phase, life.case.waiting_for) == (Phase.RUNNING, Waiting.RESULTS)
    assert life.case.stage_ends_at == new_york("2026-11-01T15:00")
    assert life.told(NoticeKind.REP_TOLD) == ["rep"]
    assert life.standing("rep").choices == ("acknowledge", "rebut", "dispute_figures")
    assert life.case.owner == "manager"


def test_the_responsible_manager_is_told_if_somebody_elses_answer_starts_the_stage() -> None:
    assert running().told(NoticeKind.STAGE_ENTERED) == [], "the manager answered, and knows"
    by_the_skip_level = Life().open().pass_deadline().pass_deadline()
    assert by_the_skip_level.asked.assignee == "director"
    assert by_the_skip_level.answer("coach").told(NoticeKind.STAGE_ENTERED) == ["manager"]
    assert at_the_gate().answer("extend").told(NoticeKind.STAGE_ENTERED) == ["manager"]


def test_the_responsible_manager_is_told_of_a_stage_that_asks_nothing() -> None:
    quiet = POLICY.ladder[0].model_copy(update={"ask": None})
    life = Life(policy=POLICY.model_copy(update={"ladder": (quiet, *POLICY.ladder[1:])})).open()
    assert life.case.phase is Phase.RUNNING
    assert life.told(NoticeKind.STAGE_ENTERED) == ["manager"]


def test_two_good_periods_of_three_graduate() -> None:
    life = running()
    life.results("2026-10", figures("2026-10", "0.9000"))
    assert life.case.status is CaseStatus.OPEN
    life.results("2026-11", figures("2026-10", "0.9000"), figures("2026-11", "0.8500"))
    assert life.case.exit is Exit.GRADUATED
    assert set(life.told(NoticeKind.CASE_CLOSED)) == {"manager", "partner", "rep"}
    assert all(request.status is not RequestStatus.OPEN for request in life.requests.values())


def test_only_the_latest_three_periods_count_towards_graduation() -> None:
    life = running()
    life.results("2026-10", figures("2026-10", "0.9000"))
    poor = [figures(month, "0.2000") for month in ("2026-11", "2026-12")]
    life.results("2027-01", *poor, figures("2027-01", "0.9000"))
    assert life.case.status is CaseStatus.OPEN, "the good October is not one of the latest three"


def test_the_period_that_opened_the_case_is_never_a_later_result() -> None:
    life = running()
    opening = figures("2026-09", "0.9000")
    assert not has_news(life.case, decision("2026-09", opening, outcome="clear"))
    life.results("2026-10", opening, figures("2026-10", "0.9000"))
    assert [result.period for result in life.case.results] == ["2026-10"]
    assert life.case.status is CaseStatus.OPEN, "one good period since the opening is not two"


def test_the_bar_is_compared_before_rounding() -> None:
    life = running()
    almost = figures("2026-10", "0.8500") | {"credited": "849.999"}
    life.results("2026-11", almost, figures("2026-11", "0.9"))
    assert life.case.status is CaseStatus.OPEN


def test_a_restated_period_replaces_its_result_and_is_not_counted_twice() -> None:
    life = running()
    life.results("2026-10", figures("2026-10", "0.9000"))
    life.results("2026-10", figures("2026-10", "0.9100"), evaluation="evaluation-again")
    assert len(life.case.results) == 1
    assert life.case.results[0].exact == "91/100"
    assert life.case.status is CaseStatus.OPEN


def test_a_period_that_is_not_assessable_is_not_one_of_the_three() -> None:
    life = running()
    away = figures("2026-11", "0.1000") | {"status": "leave", "attainment": None}
    life.results(
        "2027-01",
        figures("2026-10", "0.9000"),
        away,
        figures("2026-12", "0.2000"),
        figures("2027-01", "0.9"),
    )
    assert life.case.exit is Exit.GRADUATED


def test_days_of_leave_are_added_to_the_stage_once() -> None:
    life = running()
    ends_at = life.case.stage_ends_at
    assert ends_at is not None
    life.now += timedelta(days=20)
    life.results("2026-10", figures("2026-10", "0.2000", leave_days=5))
    assert life.case.stage_ends_at == ends_at + timedelta(days=5)
    life.results("2026-10", figures("2026-10", "0.3000", leave_days=5), evaluation="again")
    assert life.case.stage_ends_at == ends_at + timedelta(days=5)
    assert EventTag.STAGE_EXTENDED in life


def test_leave_restated_to_fewer_days_does_not_shorten_the_stage() -> None:
    life = running()
    ends_at = life.case.stage_ends_at
    assert ends_at is not None
    life.now += timedelta(days=20)
    life.results("2026-10", figures("2026-10", "0.2000", leave_days=5))
    life.results("2026-10", figures("2026-10", "0.2500", leave_days=2), evaluation="fewer")
    assert life.case.results[0].days_returned == 5
    assert life.case.stage_ends_at == ends_at + timedelta(days=5)
    life.results("2026-10", figures("2026-10", "0.3000", leave_days=6), evaluation="more")
    assert life.case.stage_ends_at == ends_at + timedelta(days=6)


def test_a_month_of_leave_gives_back_only_the_days_on_which_the_stage_ran() -> None:
    life = running()  # from 2 October on
    ends_at = life.case.stage_ends_at
    assert ends_at is not None
    life.now += timedelta(days=20)
    life.results("2026-10", figures("2026-10", "0.2000", leave_days=30))
    # From 2 to 22 October, both days included.
    assert life.case.stage_ends_at == ends_at + timedelta(days=21)


def test_leave_after_the_end_of_the_stage_gives_no_days_back() -> None:
    life = running()
    ends_at = life.case.stage_ends_at
    assert ends_at is not None
    life.now += timedelta(days=40)  # an outage: the stage was over on 1 November
    life.results("2026-11", figures("2026-11", "0.2000", leave_days=10))
    assert life.case.stage_ends_at == ends_at + timedelta(days=1)


def test_only_the_evaluated_period_is_recorded_as_missing() -> None:
    life = running()
    life.results("2026-11", figures("2026-10", None), figures("2026-11", None))
    assert [(result.period, result.status) for result in life.case.results] == [("2026-11", "missing")]


def test_the_stages_end_leads_to_hrs_gate_and_then_to_the_plan() -> None:
    life = at_the_gate()
    assert (life.case.phase, life.case.waiting_for, life.case.stage) == (Phase.GATE, Waiting.HR, "coaching")
    assert life.asked.assignee == "partner"
    assert life.told(NoticeKind.GATE) == ["partner"]
    life.answer("publish")
    assert (life.case.stage, life.case.phase) == ("improvement_plan", Phase.ASKING)
    assert life.asked.assignee == "manager"
    assert EventTag.STAGE_APPROVED in life


def test_at_the_gate_hr_may_extend_the_stage_or_close_the_case() -> None:
    extended = at_the_gate().answer("extend")
    assert (extended.case.stage, extended.case.phase) == ("coaching", Phase.RUNNING)
    assert extended.case.stage_ends_at is not None
    assert extended.case.stage_ends_at > extended.now
    assert at_the_gate().answer("close").case.exit is Exit.EXCEPTED


def test_the_proposer_of_a_plan_does_not_publish_the_next_one() -> None:
    life = Life()
    life.people = directory(person("rep", "nobody", "partner"))
    life.open().answer("coach")
    assert life.case.proposed_by == "partner"
    life.wait_days(31)
    assert (life.case.phase, life.asked.assignee) == (Phase.GATE, HR_QUEUE)


def test_without_results_hr_is_asked_even_where_the_policy_has_no_gate() -> None:
    open_door = POLICY.model_copy(
        update={"ladder": tuple(stage.model_copy(update={"gate": None}) for stage in POLICY.ladder)}
    )
    life = Life(policy=open_door).open().answer("coach").wait_days(31)
    assert life.case.phase is Phase.GATE
    gated = next(event for event in life.events if event.tag is EventTag.STAGE_GATED)
    assert gated.data["because"] == ["no_results"]
    told = Life(policy=open_door).open().answer("coach")
    told.results("2026-10", figures("2026-10", "0.1000")).wait_days(31)
    assert (told.case.stage, told.case.phase) == ("improvement_plan", Phase.ASKING)


def test_check_ins_are_asked_of_the_manager_and_a_missed_one_is_the_companys_own_miss() -> None:
    life = running().wait_days(7)
    asked = life.standing("check_in")
    assert (asked.assignee, asked.choices) == ("manager", ("held", "not_held"))
    life.answer("held", request=asked)
    assert EventTag.CHECK_IN_DONE in life
    life.wait_days(12)
    assert life.case.check_ins_missed == 1
    assert EventTag.CHECK_IN_MISSED in life
    assert life.case.phase is Phase.RUNNING


def test_a_check_in_that_an_outage_kept_from_being_asked_is_missed_too() -> None:
    life = running()
    life.now += timedelta(days=40)
    life.settle()
    missed = [event.data["because"] for event in life.events if event.tag is EventTag.CHECK_IN_MISSED]
    assert missed == ["never_asked"]


def test_missed_check_ins_lead_to_hrs_gate_before_an_adverse_stage() -> None:
    life = in_final_review()
    because = [event.data["because"] for event in life.events if event.tag is EventTag.STAGE_GATED]
    assert because[-1] == ["check_ins_missed"]


def test_the_last_stage_without_graduation_closes_by_policy() -> None:
    short = POLICY.model_copy(update={"ladder": (POLICY.ladder[0].model_copy(update={"then": None}),)})
    life = Life(policy=short).open().answer("coach").wait_days(31)
    assert life.case.exit is Exit.POLICY_CLOSED
