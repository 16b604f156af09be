"""The ladder, told as stories of one case."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from functions.evaluate.occurrences import (
    Answered,
    CheckInDue,
    DeadlinePassed,
    FindingsUndone,
    HeldFor,
    Opened,
    PersonLeft,
    PolicyEnded,
    ResultsArrived,
    StageEnded,
)
from shared.domain.case import CaseStatus, Exit, Phase, Waiting
from shared.domain.effect import NoticeKind, StartWorkflow
from shared.domain.errors import IllegalTransition
from shared.domain.event import EventTag
from shared.domain.identifiers import EvaluationId, PersonId
from shared.domain.request import RequestStatus
from tests.unit.evaluate.case_life import FRIDAY, POLICY, Life, decision, directory, figures, person


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York"))


def running() -> Life:
    return Life().open().answer("coach")


def at_the_gate() -> Life:
    life = running()
    return life.wait_days(31)


def in_final_review() -> Life:
    life = at_the_gate().answer("publish").answer("agree_plan")
    life.results("2026-10", figures("2026-10", "0.4000"))
    while life.case.stage != "final_review":
        if life.case.request_id is not None:
            life.answer("publish", by="partner-2", known_by="cognito")
        else:
            life.wait(life.case.due_at)
    return life


# Opening and asking.


def test_a_case_opens_with_a_question_to_the_manager_and_word_to_hr() -> None:
    life = Life().open()
    assert life.case.status is CaseStatus.OPEN
    assert (life.case.stage, life.case.phase) == ("coaching", Phase.ASKING)
    assert life.case.waiting_for is Waiting.ANSWER
    assert life.case.owner == "manager"
    assert life.asked.choices == ("coach", "dispute_figures", "request_exception")
    assert life.told(NoticeKind.QUESTION) == ["manager"]
    assert life.told(NoticeKind.CASE_OPENED) == ["partner"]
    assert [event.tag for event in life.events] == [
        EventTag.CASE_OPENED,
        EventTag.STAGE_ENTERED,
        EventTag.REQUEST_SENT,
    ]
    assert any(isinstance(effect, StartWorkflow) for effect in life.effects)


def test_the_reps_figures_stand_only_in_the_sealed_part_of_the_opening_event() -> None:
    opened = Life().open().events[0]
    assert opened.person == "rep"
    assert opened.private == {"decision": decision("2026-09")}
    assert "0.5" not in str(opened.data)


def test_a_question_asked_on_friday_afternoon_is_due_on_tuesday_afternoon() -> None:
    life = Life().open()
    assert life.asked.due_at == new_york("2026-10-06T15:00")
    assert life.case.due_at == life.asked.due_at


def test_silence_goes_from_reminder_to_skip_level_to_hr_partner_to_hr_queue_and_stays_there() -> None:
    life = Life().open()
    seats = []
    for _ in range(6):
        seats.append((life.asked.seat, life.asked.assignee, life.case.owner))
        life.pass_deadline()
    assert seats == [
        ("manager", "manager", "manager"),
        ("manager", "manager", "manager"),
        ("skip_level", "director", "director"),
        ("hr_partner", "partner", "partner"),
        ("hr_queue", "hr-queue", "hr-queue"),
        ("hr_queue", "hr-queue", "hr-queue"),
    ]
    assert life.told(NoticeKind.REMINDER) == ["manager", "hr-queue", "hr-queue"]
    assert life.told(NoticeKind.ESCALATION) == ["director"]
    assert life.told(NoticeKind.HR_ESCALATION) == ["partner", "hr-queue"]
    assert life.case.phase is Phase.ASKING


def test_a_reminder_is_a_request_of_its_own_and_the_old_one_is_expired() -> None:
    life = Life().open()
    first = life.asked
    life.pass_deadline()
    assert life.requests[first.id].status is RequestStatus.EXPIRED
    assert life.asked.due_at == new_york("2026-10-07T15:00")
    assert EventTag.REQUEST_REMINDED in life


def test_an_empty_seat_is_passed_over_at_once() -> None:
    life = Life(directory(person("rep", "nobody", "partner"))).open()
    assert life.asked.assignee == "partner"
    sent = next(event for event in life.events if event.tag is EventTag.REQUEST_SENT)
    assert sent.data["empty_seats"] == ["manager", "manager", "skip_level"]


def test_without_anybody_the_hr_queue_owns_the_case() -> None:
    life = Life(directory(person("rep"))).open()
    assert life.case.owner == "hr-queue"
    assert life.told(NoticeKind.CASE_OPENED) == ["hr-queue"]


def test_a_delegate_in_force_is_asked_and_both_names_are_recorded() -> None:
    away = person(
        "manager",
        "director",
        "partner",
        delegate_id=PersonId("deputy"),
        delegate_from=date(2026, 10, 1),
        delegate_until=date(2026, 10, 5),
    )
    life = Life(directory(away)).open()
    assert (life.asked.assignee, life.asked.on_behalf_of) == ("deputy", "manager")
    sent = next(event for event in life.events if event.tag is EventTag.REQUEST_SENT)
    assert (sent.data["assignee"], sent.data["on_behalf_of"]) == ("deputy", "manager")
    life.pass_deadline()  # on 6 October the manager is back
    assert (life.asked.assignee, life.asked.on_behalf_of) == ("manager", None)
    assert EventTag.REQUEST_ESCALATED in life


def test_nobody_is_asked_about_their_own_case() -> None:
    alone = person("rep", "rep", "rep")
    life = Life(directory(alone)).open()
    assert life.case.owner == "hr-queue"
    stand_in = person("manager", "director", "partner", delegate_id=PersonId("rep"))
    assert Life(directory(stand_in)).open().asked.assignee == "manager"


def test_a_deadline_is_counted_where_the_asked_person_lives() -> None:
    in_sydney = person("manager", "director", "partner", timezone="Australia/Sydney")
    life = Life(directory(in_sydney)).open()
    # Friday 15:00 in New York is Saturday 05:00 in Sydney: two business days later it is Tuesday there.
    assert life.asked.due_at == datetime(2026, 10, 6, 5, 0, tzinfo=ZoneInfo("Australia/Sydney"))


def test_a_bounced_question_goes_on_at_once_past_the_same_persons_reminder_and_hr_is_told() -> None:
    life = Life().open()
    life.bounce(life.asked)
    assert life.asked.assignee == "director"
    assert life.told(NoticeKind.UNREACHABLE) == ["partner"]


def test_a_mail_that_hrs_queue_sends_back_is_not_sent_in_a_circle() -> None:
    life = Life(directory(person("rep"))).open()
    life.bounce(life.asked)
    assert (life.asked.assignee, life.asked.status) == ("hr-queue", RequestStatus.OPEN)
    assert life.told(NoticeKind.HR_ESCALATION) == ["hr-queue"]
    assert life.told(NoticeKind.REMINDER) == []
    life.pass_deadline()
    assert life.told(NoticeKind.REMINDER) == ["hr-queue"]


def test_when_the_asked_manager_leaves_the_next_one_is_asked_at_once() -> None:
    life = Life().open()
    life.people = directory(person("manager", "director", "partner", active=False))
    life.settle()
    assert life.asked.assignee == "director"
    assert life.told(NoticeKind.UNREACHABLE) == ["partner"]


def test_a_new_manager_in_the_seat_is_asked_in_the_old_ones_place() -> None:
    life = Life().open()
    life.people = directory(
        person("manager", "director", "partner", active=False), person("rep", "deputy", "partner")
    )
    life.settle()
    assert (life.asked.seat, life.asked.assignee, life.asked.step) == ("manager", "deputy", 0)


# The stage runs.


def test_an_answer_lets_the_stage_run_and_the_rep_is_told() -> None:
    life = running()
    assert (life.case.phase, life.case.waiting_for) == (Phase.RUNNING, Waiting.RESULTS)
    assert life.case.stage_ends_at == new_york("2026-11-01T15:00")
    assert life.told(NoticeKind.REP_TOLD) == ["rep"]
    assert life.standing("rep").choices == ("acknowledge", "rebut", "dispute_figures")
    assert life.case.owner == "manager"


def test_two_good_periods_of_three_graduate() -> None:
    life = running()
    life.results("2026-10", figures("2026-10", "0.9000"))
    assert life.case.status is CaseStatus.OPEN
    life.results("2026-11", figures("2026-10", "0.9000"), figures("2026-11", "0.8500"))
    assert life.case.exit is Exit.GRADUATED
    assert set(life.told(NoticeKind.CASE_CLOSED)) == {"manager", "partner", "rep"}
    assert all(request.status is not RequestStatus.OPEN for request in life.requests.values())


def test_the_bar_is_compared_before_rounding() -> None:
    life = running()
    almost = figures("2026-10", "0.8500") | {"credited": "849.999"}
    life.results("2026-11", almost, figures("2026-11", "0.9"))
    assert life.case.status is CaseStatus.OPEN


def test_a_restated_period_replaces_its_figure_and_is_not_counted_twice() -> None:
    life = running()
    life.results("2026-10", figures("2026-10", "0.9000"))
    life.results("2026-10", figures("2026-10", "0.9100"), evaluation="evaluation-again")
    assert len(life.case.results) == 1
    assert life.case.results[0].exact == "91/100"
    assert life.case.status is CaseStatus.OPEN


def test_a_period_that_is_not_assessable_uses_up_none_of_the_three() -> None:
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
    assert (life.case.phase, life.asked.assignee) == (Phase.GATE, "hr-queue")


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


def test_missed_check_ins_hold_up_the_adverse_step_until_hr_has_seen_them() -> None:
    life = in_final_review()
    because = [event.data["because"] for event in life.events if event.tag is EventTag.STAGE_GATED]
    assert because[-1] == ["check_ins_missed"]


def test_the_last_stage_without_graduation_closes_by_policy() -> None:
    short = POLICY.model_copy(update={"ladder": (POLICY.ladder[0].model_copy(update={"then": None}),)})
    life = Life(policy=short).open().answer("coach").wait_days(31)
    assert life.case.exit is Exit.POLICY_CLOSED


# Holds.


def test_a_dispute_stops_the_clock_until_hr_decides_and_its_days_do_not_count() -> None:
    life = running()
    ends_at = life.case.stage_ends_at
    assert ends_at is not None
    life.answer("dispute_figures", request=life.standing("rep"))
    assert life.case.hold is not None
    assert (life.case.waiting_for, life.asked.purpose, life.asked.assignee) == (
        Waiting.HR,
        "dispute",
        "partner",
    )
    assert life.told(NoticeKind.FIGURES_DISPUTED) == [None]
    life.now += timedelta(days=2)
    life.answer("reject")
    assert EventTag.CASE_RESUMED in life
    assert life.case.stage_ends_at == ends_at + timedelta(days=2)


def test_an_upheld_dispute_withdraws_the_case() -> None:
    life = Life().open().answer("dispute_figures").answer("uphold")
    assert life.case.exit is Exit.WITHDRAWN
    assert EventTag.DISPUTE_DECIDED in life


def test_after_a_rejected_dispute_the_manager_is_asked_again_without_that_choice() -> None:
    life = Life().open().answer("dispute_figures").answer("reject")
    assert life.asked.assignee == "manager"
    assert life.asked.choices == ("coach", "request_exception")


def test_an_exception_is_hrs_to_grant() -> None:
    assert Life().open().answer("request_exception").answer("grant").case.exit is Exit.EXCEPTED
    refused = Life().open().answer("request_exception").answer("refuse")
    assert refused.asked.choices == ("coach", "dispute_figures")


def test_hr_confirms_the_withdrawal_when_restated_figures_undo_the_findings() -> None:
    life = running()
    undone = decision("2026-09", figures("2026-09", "0.9"), outcome="clear")
    life.happen(FindingsUndone(undone, EvaluationId("restated")))
    assert life.case.marked is not None
    assert life.asked.purpose == "withdrawal"
    marked = next(event for event in life.events if event.tag is EventTag.CASE_MARKED)
    assert marked.private is not None
    assert set(marked.private) == {"before", "after"}
    life.answer("withdraw")
    assert life.case.exit is Exit.WITHDRAWN


def test_a_case_that_hr_keeps_goes_on_where_it_was() -> None:
    life = running()
    undone = decision("2026-09", figures("2026-09", "0.9"), outcome="clear")
    life.happen(FindingsUndone(undone, EvaluationId("restated")))
    life.answer("keep")
    assert (life.case.phase, life.case.marked, life.case.hold) == (Phase.RUNNING, None, None)


def test_a_second_reason_to_hold_waits_for_its_turn() -> None:
    life = running()
    life.answer("dispute_figures", request=life.standing("rep"))
    undone = decision("2026-09", figures("2026-09", "0.9"), outcome="clear")
    life.happen(FindingsUndone(undone, EvaluationId("restated")))
    purposes = [life.asked.purpose]
    purposes.append(life.answer("reject").asked.purpose)
    assert purposes == ["dispute", "withdrawal"]


def test_leave_holds_the_case_until_hr_lets_it_go_on() -> None:
    life = running()
    ends_at = life.case.stage_ends_at
    assert ends_at is not None
    life.happen(HeldFor("leave"))
    life.wait(life.now + timedelta(days=14))
    assert life.case.owner in ("partner", "hr-queue")
    life.answer("resume")
    assert life.case.stage_ends_at == ends_at + timedelta(days=14)


def test_where_the_policy_lets_the_clock_run_a_dispute_gives_no_days_back() -> None:
    runs = POLICY.model_copy(update={"hold": POLICY.hold.model_copy(update={"dispute": "run"})})
    life = Life(policy=runs).open().answer("coach")
    ends_at = life.case.stage_ends_at
    life.answer("dispute_figures", request=life.standing("rep"))
    life.now += timedelta(days=2)
    assert life.answer("reject").case.stage_ends_at == ends_at


def test_good_results_during_a_hold_count_when_it_is_over() -> None:
    life = running()
    life.answer("dispute_figures", request=life.standing("rep"))
    life.results("2026-11", figures("2026-10", "0.9"), figures("2026-11", "0.9"))
    assert life.case.status is CaseStatus.OPEN
    assert life.answer("reject").case.exit is Exit.GRADUATED


def test_good_results_during_a_hold_end_a_case_whose_question_still_stood() -> None:
    life = Life().open().answer("dispute_figures")
    life.results("2026-11", figures("2026-10", "0.9"), figures("2026-11", "0.9"))
    assert life.answer("reject").case.exit is Exit.GRADUATED


# The rep.


@pytest.mark.parametrize(
    ("choice", "tag"), [("acknowledge", EventTag.REP_ACKNOWLEDGED), ("rebut", EventTag.REP_REBUTTED)]
)
def test_what_the_rep_says_travels_with_the_record(choice: str, tag: EventTag) -> None:
    life = running()
    life.answer(choice, request=life.standing("rep"))
    said = next(event for event in life.events if event.tag is tag)
    assert said.private == {"reason": "because of the pipeline"}
    assert said.actor.id == "rep"
    assert life.case.phase is Phase.RUNNING


def test_a_rep_who_was_never_told_hears_nothing_of_the_end() -> None:
    life = Life().open().answer("request_exception").answer("grant")
    assert "rep" not in life.told(NoticeKind.CASE_CLOSED)


def test_a_case_ends_when_the_rep_leaves() -> None:
    life = running()
    life.people = directory(person("rep", "manager", "partner", active=False))
    life.settle()
    assert life.case.exit is Exit.LEFT_COMPANY


def test_a_rep_who_is_missing_from_the_directory_has_not_left() -> None:
    life = Life().open()
    known = dict(life.people.people)
    del known[PersonId("rep")]
    life.people = replace(life.people, people=known)
    life.pass_deadline()
    assert life.case.status is CaseStatus.OPEN
    assert life.case.owner == "hr-queue"


# Removal.


def test_removal_takes_a_proposer_and_an_approver_of_hr() -> None:
    life = in_final_review()
    assert life.asked.purpose == "removal_proposal"
    assert life.asked.adverse
    life.answer("propose_removal", known_by="link+code")
    assert (life.case.phase, life.asked.purpose, life.asked.assignee) == (
        Phase.APPROVING,
        "removal_approval",
        "partner",
    )
    life.answer("approve", known_by="cognito")
    assert life.case.exit is Exit.REMOVAL_APPROVED
    assert "rep" not in life.told(NoticeKind.CASE_CLOSED)


def test_a_link_alone_proposes_no_removal() -> None:
    life = in_final_review()
    life.answer("propose_removal")
    assert EventTag.ANSWER_REFUSED in life
    assert (life.case.phase, life.asked.purpose) == (Phase.ASKING, "removal_proposal")


def test_who_proposed_removal_cannot_approve_it() -> None:
    life = in_final_review().pass_deadline().pass_deadline()
    assert life.asked.assignee == "partner"
    life.answer("propose_removal", known_by="cognito")
    assert life.asked.assignee == "hr-queue"
    life.answer("approve", by="partner", known_by="cognito")
    assert life.case.status is CaseStatus.OPEN
    refused = [event.data["reason"] for event in life.events if event.tag is EventTag.ANSWER_REFUSED]
    assert refused == ["proposer_may_not_decide"]
    life.answer("approve", by="partner-2", known_by="cognito")
    assert life.case.exit is Exit.REMOVAL_APPROVED


def test_hr_may_send_a_proposal_back() -> None:
    life = (
        in_final_review()
        .answer("propose_removal", known_by="link+code")
        .answer("send_back", known_by="cognito")
    )
    assert (life.case.phase, life.asked.purpose) == (Phase.ASKING, "removal_proposal")
    assert EventTag.REMOVAL_SENT_BACK in life


def test_instead_of_a_removal_the_plan_may_be_extended() -> None:
    life = in_final_review().answer("extend_plan", known_by="link+code")
    assert (life.case.stage, life.case.phase) == ("improvement_plan", Phase.RUNNING)


def test_silence_never_removes_anybody() -> None:
    life = in_final_review().wait_days(200)
    assert life.case.status is CaseStatus.OPEN
    assert (life.case.owner, life.case.phase) == ("hr-queue", Phase.ASKING)


# Relapse and illegal steps.


def test_a_relapse_opens_at_the_gate_of_the_later_stage() -> None:
    life = Life().open("improvement_plan")
    assert (life.case.phase, life.case.gate_to) == (Phase.GATE, "improvement_plan")
    assert life.asked.choices == ("publish", "close")
    assert life.answer("publish").asked.assignee == "manager"


def test_a_closed_case_never_acts_again() -> None:
    life = Life().open().answer("dispute_figures").answer("uphold")
    news = decision("2026-10", outcome="clear")
    for occurrence in (
        PersonLeft(),
        PolicyEnded(),
        StageEnded(),
        CheckInDue(),
        HeldFor("leave"),
        ResultsArrived(news, EvaluationId("e")),
    ):
        with pytest.raises(IllegalTransition):
            life.happen(occurrence)


def test_an_open_case_is_not_opened_again() -> None:
    with pytest.raises(IllegalTransition):
        Life().open().open()


def test_what_is_not_due_does_not_happen() -> None:
    life = Life().open()
    for occurrence in (
        DeadlinePassed(life.asked.id),
        Answered(life.asked.id),
        StageEnded(),
        CheckInDue(),
        ResultsArrived(decision("2026-10", outcome="clear") | {"rep_id": "another"}, EvaluationId("e")),
        FindingsUndone(decision("2026-09"), EvaluationId("e")),
    ):
        with pytest.raises(IllegalTransition):
            life.happen(occurrence)


def test_only_a_flagging_decision_opens_a_case() -> None:
    clear = decision("2026-09", outcome="clear")
    with pytest.raises(IllegalTransition):
        Life().happen(Opened(clear, EvaluationId("e"), "coaching"))


def test_a_policys_end_closes_the_case() -> None:
    life = Life().open()
    life.happen(PolicyEnded())
    assert life.case.exit is Exit.POLICY_CLOSED


def test_stories_begin_on_a_friday_afternoon_in_new_york() -> None:
    assert new_york("2026-10-02T15:00").astimezone(UTC) == FRIDAY
