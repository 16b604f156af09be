"""Removal needs two people; relapse; and triggers that a case refuses."""

from datetime import UTC, timedelta

import pytest

from functions.evaluate.cases.escalation import what_is_due
from functions.evaluate.cases.triggers import (
    Answered,
    CheckInDue,
    DeadlinePassed,
    FindingsUndone,
    Opened,
    PauseRequested,
    PersonLeft,
    PolicyEnded,
    ResultsArrived,
    StageEnded,
)
from shared.domain.case import CaseStatus, Exit, Phase
from shared.domain.effect import NoticeKind
from shared.domain.errors import IllegalTransition
from shared.domain.event import EventTag
from shared.domain.identifiers import EvaluationId, PersonId
from shared.domain.person import HR_QUEUE
from shared.domain.request import Answer
from tests.unit.evaluate.case_life import (
    FRIDAY,
    Life,
    decision,
    in_final_review,
    new_york,
    running,
)


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
    assert life.asked.assignee == HR_QUEUE
    life.answer("approve", by="partner", known_by="cognito")
    assert life.case.status is CaseStatus.OPEN
    refused = [event.data["reason"] for event in life.events if event.tag is EventTag.ANSWER_REFUSED]
    assert refused == ["proposer_may_not_decide"]
    life.answer("approve", by="partner-2", known_by="cognito")
    assert life.case.exit is Exit.REMOVAL_APPROVED


def test_the_hr_queue_proposes_and_approves_a_removal_only_by_sign_in() -> None:
    """Whoever reads it might be the partner, and then one person alone would have removed somebody."""
    life = in_final_review().pass_deadline().pass_deadline()
    life.answer("propose_removal", known_by="cognito")
    assert life.asked.assignee == HR_QUEUE
    life.answer("approve", known_by="link+code")
    assert (life.case.status, life.asked.purpose) == (CaseStatus.OPEN, "removal_approval")
    life.answer("approve", by="partner-2", known_by="cognito")
    assert life.case.exit is Exit.REMOVAL_APPROVED

    unanswered = in_final_review().pass_deadline().pass_deadline().pass_deadline()
    assert (unanswered.asked.assignee, unanswered.asked.purpose) == (HR_QUEUE, "removal_proposal")
    unanswered.answer("propose_removal", known_by="link+code")
    assert unanswered.case.phase is Phase.ASKING
    refused = [e.data["reason"] for e in unanswered.events if e.tag is EventTag.ANSWER_REFUSED]
    assert refused == ["sign_in_missing"]
    unanswered.answer("propose_removal", by="partner-2", known_by="cognito")
    assert unanswered.asked.assignee == "partner"


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
    assert (life.case.owner, life.case.phase) == (HR_QUEUE, Phase.ASKING)


def test_a_relapse_opens_at_the_gate_of_the_later_stage() -> None:
    life = Life().open("improvement_plan")
    assert (life.case.phase, life.case.gate_to) == (Phase.GATE, "improvement_plan")
    assert life.asked.choices == ("publish", "close")
    assert life.answer("publish").asked.assignee == "manager"


def test_a_closed_case_refuses_every_trigger() -> None:
    life = Life().open().answer("dispute_figures").answer("uphold")
    news = decision("2026-10", outcome="clear")
    for trigger in (
        PersonLeft(),
        PolicyEnded(),
        StageEnded(),
        CheckInDue(),
        PauseRequested("leave"),
        ResultsArrived(news, EvaluationId("e")),
    ):
        with pytest.raises(IllegalTransition):
            life.happen(trigger)


def test_an_open_case_is_not_opened_again() -> None:
    with pytest.raises(IllegalTransition):
        Life().open().open()


def test_a_trigger_that_is_not_due_is_refused() -> None:
    life = Life().open()
    for trigger in (
        DeadlinePassed(life.asked.id),
        Answered(life.asked.id),
        StageEnded(),
        CheckInDue(),
        ResultsArrived(decision("2026-10", outcome="clear") | {"rep_id": "another"}, EvaluationId("e")),
        FindingsUndone(decision("2026-09"), EvaluationId("e")),
    ):
        with pytest.raises(IllegalTransition):
            life.happen(trigger)


def test_an_answer_is_applied_before_any_other_trigger() -> None:
    life = Life().open()
    given = Answer(
        choice="coach",
        reason="we will work on the pipeline",
        answered_by=PersonId("manager"),
        authenticated_by="link",
        answered_at=life.now,
    )
    life.requests[life.asked.id] = life.asked.answered(given)
    for trigger in (PauseRequested("leave"), ResultsArrived(decision("2026-10"), EvaluationId("e"))):
        with pytest.raises(IllegalTransition):
            life.happen(trigger)


def test_of_two_answers_the_earlier_one_is_applied_first() -> None:
    life = running().wait_days(7)
    rep, check_in = life.standing("rep"), life.standing("check_in")
    for request, choice, minutes in ((rep, "acknowledge", 2), (check_in, "held", 1)):
        given = Answer(
            choice=choice,
            reason="we met and talked about it",
            answered_by=request.assignee,
            authenticated_by="link",
            answered_at=life.now + timedelta(minutes=minutes),
        )
        life.requests[request.id] = request.answered(given)
    assert what_is_due(life.case, life.context()) == Answered(check_in.id)


def test_only_a_flagging_decision_opens_a_case() -> None:
    clear = decision("2026-09", outcome="clear")
    with pytest.raises(IllegalTransition):
        Life().happen(Opened(clear, EvaluationId("e"), "coaching"))


def test_a_policys_end_closes_the_case() -> None:
    life = Life().open()
    assert what_is_due(life.case, life.context()) is None
    life.policy_ended = True
    life.settle()
    assert life.case.exit is Exit.POLICY_CLOSED


def test_the_test_cases_open_on_a_friday_afternoon_in_new_york() -> None:
    assert new_york("2026-10-02T15:00").astimezone(UTC) == FRIDAY
