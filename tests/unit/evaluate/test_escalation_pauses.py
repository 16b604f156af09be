"""Pauses of a case, and the responses of the rep."""

from dataclasses import replace
from datetime import timedelta

import pytest

from functions.evaluate.cases.escalation import step
from functions.evaluate.cases.triggers import (
    Answered,
    FindingsRestored,
    FindingsUndone,
    PauseRequested,
)
from shared.domain.case import CaseStatus, Exit, Phase, Waiting
from shared.domain.effect import NoticeKind
from shared.domain.errors import IllegalTransition
from shared.domain.event import EventTag
from shared.domain.identifiers import EvaluationId, PersonId
from shared.domain.person import HR_QUEUE
from shared.domain.request import RequestStatus
from tests.unit.evaluate.case_life import (
    POLICY,
    Life,
    decision,
    directory,
    figures,
    person,
    running,
)


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


def test_hr_grants_or_refuses_an_exception() -> None:
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


def test_a_case_that_hr_keeps_continues_where_it_was() -> None:
    life = running()
    undone = decision("2026-09", figures("2026-09", "0.9"), outcome="clear")
    life.happen(FindingsUndone(undone, EvaluationId("restated")))
    life.answer("keep")
    assert (life.case.phase, life.case.marked, life.case.hold) == (Phase.RUNNING, None, None)


def test_a_second_reason_to_pause_waits_until_the_first_is_decided() -> None:
    life = running()
    life.answer("dispute_figures", request=life.standing("rep"))
    undone = decision("2026-09", figures("2026-09", "0.9"), outcome="clear")
    life.happen(FindingsUndone(undone, EvaluationId("restated")))
    purposes = [life.asked.purpose]
    purposes.append(life.answer("reject").asked.purpose)
    assert purposes == ["dispute", "withdrawal"]


def test_leave_pauses_the_case_until_hr_resumes_it() -> None:
    life = running()
    ends_at = life.case.stage_ends_at
    assert ends_at is not None
    life.happen(PauseRequested("leave"))
    life.wait(life.now + timedelta(days=14))
    assert life.case.owner in ("partner", HR_QUEUE)
    life.answer("resume", by="partner", known_by="cognito")
    assert life.case.stage_ends_at == ends_at + timedelta(days=14)


def test_where_the_policy_lets_the_clock_run_a_dispute_gives_no_days_back() -> None:
    runs = POLICY.model_copy(update={"hold": POLICY.hold.model_copy(update={"dispute": "run"})})
    life = Life(policy=runs).open().answer("coach")
    ends_at = life.case.stage_ends_at
    life.answer("dispute_figures", request=life.standing("rep"))
    life.now += timedelta(days=2)
    assert life.answer("reject").case.stage_ends_at == ends_at


def test_good_results_during_a_pause_count_when_it_ends() -> None:
    life = running()
    life.answer("dispute_figures", request=life.standing("rep"))
    life.results("2026-11", figures("2026-10", "0.9"), figures("2026-11", "0.9"))
    assert life.case.status is CaseStatus.OPEN
    assert life.answer("reject").case.exit is Exit.GRADUATED


def test_good_results_during_a_pause_close_a_case_that_was_still_asking() -> None:
    life = Life().open().answer("dispute_figures")
    life.results("2026-11", figures("2026-10", "0.9"), figures("2026-11", "0.9"))
    assert life.answer("reject").case.exit is Exit.GRADUATED


@pytest.mark.parametrize(
    ("choice", "tag"), [("acknowledge", EventTag.REP_ACKNOWLEDGED), ("rebut", EventTag.REP_REBUTTED)]
)
def test_the_reps_response_is_recorded_and_sealed(choice: str, tag: EventTag) -> None:
    life = running()
    life.answer(choice, request=life.standing("rep"))
    said = next(event for event in life.events if event.tag is tag)
    assert said.private == {"reason": "because of the pipeline"}
    assert said.actor.id == "rep"
    assert life.case.phase is Phase.RUNNING


def test_hr_is_told_once_of_a_rebuttal_and_the_manager_is_not() -> None:
    life = running()
    context, case = life.context(), life.case
    rebuttal = life.standing("rep")
    life.answer("rebut", request=rebuttal)
    assert life.told(NoticeKind.REBUTTAL) == ["partner"]
    (told,) = [notice for notice in life.notices if notice.notice is NoticeKind.REBUTTAL]
    assert told.parameters == {"stage": "coaching"}, "the words are sealed, and travel in no notice"
    answered_once_more = replace(
        context, standing={**context.standing, rebuttal.id: life.requests[rebuttal.id]}
    )
    again = step(case, Answered(rebuttal.id), answered_once_more)
    assert told in again.effects, "a step done again after a crash asks for the very same notice"


def test_hr_gets_no_mail_when_the_rep_acknowledges() -> None:
    life = running()
    life.answer("acknowledge", request=life.standing("rep"))
    assert life.told(NoticeKind.REBUTTAL) == []


def test_without_an_hr_partner_the_hr_queue_is_told_of_a_rebuttal() -> None:
    life = running()
    life.people = directory(person("partner", active=False))
    life.answer("rebut", request=life.standing("rep"))
    assert life.told(NoticeKind.REBUTTAL) == [HR_QUEUE]


def test_a_rep_who_was_never_told_gets_no_mail_when_the_case_closes() -> None:
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
    assert life.case.owner == HR_QUEUE


def test_a_second_restatement_keeps_hrs_question_and_updates_its_figures() -> None:
    life = running()
    first = decision("2026-09", figures("2026-09", "0.9"), outcome="clear")
    second = decision("2026-09", figures("2026-09", "0.8"), outcome="clear")
    life.happen(FindingsUndone(first, EvaluationId("restated")))
    asked = life.asked
    life.happen(FindingsUndone(second, EvaluationId("restated-again")))
    assert life.asked == asked
    assert life.case.restated == second
    assert [event.tag for event in life.events].count(EventTag.CASE_MARKED) == 2


def test_restored_findings_withdraw_hrs_question_and_its_days_do_not_count() -> None:
    life = running()
    ends_at = life.case.stage_ends_at
    assert ends_at is not None
    life.happen(FindingsUndone(decision("2026-09", outcome="clear"), EvaluationId("restated")))
    asked = life.asked
    life.now += timedelta(days=1)
    life.happen(FindingsRestored(decision("2026-09"), EvaluationId("restated-again")))
    assert (life.case.phase, life.case.marked, life.case.restated, life.case.hold) == (
        Phase.RUNNING, None, None, None
    )  # fmt: skip
    assert life.requests[asked.id].status is RequestStatus.WITHDRAWN
    assert life.case.stage_ends_at == ends_at + timedelta(days=1)


def test_findings_restored_during_a_dispute_leave_only_the_dispute() -> None:
    life = Life().open().answer("dispute_figures")
    life.happen(FindingsUndone(decision("2026-09", outcome="clear"), EvaluationId("restated")))
    assert "withdrawal" in life.case.holds_waiting
    life.happen(FindingsRestored(decision("2026-09"), EvaluationId("restated-again")))
    assert not life.case.holds_waiting
    assert life.asked.purpose == "dispute"


def test_findings_that_were_never_undone_cannot_be_restored() -> None:
    with pytest.raises(IllegalTransition):
        running().happen(FindingsRestored(decision("2026-09"), EvaluationId("e")))
