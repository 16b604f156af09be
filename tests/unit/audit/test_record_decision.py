"""HR answers what was put to HR: once, with a reason, and never for themselves."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.audit.api.answer_query import show_case
from functions.audit.api.record_decision import record_decision
from functions.audit.api.show_comparators import show_comparators
from functions.audit.caller import Caller, Group
from shared.domain.case import Case
from shared.domain.change import Change
from shared.domain.effect import Notice, NoticeKind, WakeWorkflow
from shared.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from shared.domain.event import Authentication, EventTag
from shared.domain.identifiers import CaseId, PersonId, RequestId
from shared.domain.person import HR_QUEUE, Directory
from shared.domain.request import RequestStatus
from tests.fakes.world import FakeDirectories
from tests.unit.audit.hr_desk import (
    ADMIN,
    AUDITOR,
    COMPENSATION,
    DECISION,
    DIRECTORY,
    NOW,
    OTHER_PARTNER,
    PARTNER,
    Desk,
    asked,
)

CASE = CaseId("case-r-1")
REQUEST = RequestId("case-r-1.1")
REASON = "The plan is fair and has dates in it."


@pytest.fixture
def desk() -> Desk:
    return Desk()


def decide(desk: Desk, caller: Caller = PARTNER, choice: str = "approve", reason: str = REASON) -> Any:
    return record_decision(desk.sources, caller, CASE, REQUEST, choice, reason)


def test_an_answer_is_recorded_and_wakes_the_case_and_sends_a_receipt(desk: Desk) -> None:
    desk.open("r-1", asked(CASE))
    assert decide(desk)["status"] == "answered"
    answer = desk.store.request(REQUEST).answer
    assert answer is not None
    assert (answer.choice, answer.reason, answer.answered_by) == ("approve", REASON, "hr-1")
    wake, receipt = desk.store.effects
    assert isinstance(wake, WakeWorkflow)
    assert isinstance(receipt, Notice)
    assert (receipt.notice, receipt.to) == (NoticeKind.RECEIPT, "hr-1")


def test_the_event_says_who_and_that_they_were_signed_in_and_seals_the_reason(desk: Desk) -> None:
    desk.open("r-1", asked(CASE))
    decide(desk)
    event = desk.store.seen[-1]
    assert event.tag is EventTag.REQUEST_ANSWERED
    assert (event.actor.id, event.actor.authenticated_by) == ("hr-1", Authentication.COGNITO)
    assert REASON not in str(event.data)
    assert event.private is not None
    assert event.private.key == "r-1" or event.private.commitment


def test_the_same_answer_sent_again_has_one_effect(desk: Desk) -> None:
    desk.open("r-1", asked(CASE))
    first = decide(desk)
    desk.clock.advance(minutes=1)
    assert decide(desk) == first
    assert desk.tags().count("request:answered") == 1
    assert EventTag.ANSWER_REFUSED not in desk.store


def test_a_second_answer_is_refused_with_the_time_of_the_first_and_recorded_once(desk: Desk) -> None:
    desk.open("r-1", asked(CASE))
    decide(desk)
    for _ in range(2):
        with pytest.raises(Conflict, match="already answered at 2026-10-05T14:00:00"):
            decide(desk, ADMIN, "send_back", "I see this differently, sorry.")
    assert desk.tags().count("answer:refused") == 1
    assert desk.store.request(REQUEST).version == 2
    with pytest.raises(Conflict, match="already answered"):
        decide(desk, ADMIN, "send_back", "What I said before, in other words.")
    assert desk.tags().count("answer:refused") == 2, "no words of somebody who came too late are lost"


def test_an_answer_that_loses_a_race_changes_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.open("r-1", asked(CASE))
    commit = desk.store.commit

    def overtaken(change: Change) -> str:
        monkeypatch.setattr(desk.store, "commit", commit)
        decide(desk, ADMIN)
        raise Conflict("the request moved")

    monkeypatch.setattr(desk.store, "commit", overtaken)
    with pytest.raises(Conflict, match="already answered"):
        decide(desk)
    answer = desk.store.request(REQUEST).answer
    assert answer is not None
    assert answer.answered_by == "hr-9"


def test_an_answer_after_the_deadline_is_refused(desk: Desk) -> None:
    desk.open("r-1", asked(CASE, due_at=NOW))
    with pytest.raises(Conflict, match="the time to answer ended"):
        decide(desk)
    assert desk.store.request(REQUEST).status is RequestStatus.OPEN
    assert desk.tags()[-1] == "answer:refused"


def test_a_question_that_was_withdrawn_takes_no_answer(desk: Desk) -> None:
    desk.open("r-1", asked(CASE, status=RequestStatus.WITHDRAWN))
    with pytest.raises(Conflict, match="withdrawn"):
        decide(desk)


@pytest.mark.parametrize("purpose", ["gate", "removal_approval"])
def test_whoever_proposed_a_step_does_not_approve_it(desk: Desk, purpose: str) -> None:
    desk.open("r-1", asked(CASE, purpose=purpose), proposed_by=PersonId("hr-1"))
    desk.evaluated(DECISION)
    with pytest.raises(Forbidden, match="two people"):
        decide(desk)
    seen = show_comparators(desk.sources, ADMIN, CASE)["compared"]
    assert record_decision(desk.sources, ADMIN, CASE, REQUEST, "approve", REASON, seen)["choice"] == "approve"


@pytest.mark.parametrize("who", ["proposed_by", "proposed_for"])
def test_nor_does_the_other_person_of_a_stand_ins_proposal(desk: Desk, who: str) -> None:
    both = {"proposed_by": PersonId("m-1"), "proposed_for": PersonId("m-1"), who: PersonId("hr-1")}
    desk.open("r-1", asked(CASE), **both)
    assert show_case(desk.sources, PARTNER, CASE)["requests"][0]["yours"] is False
    with pytest.raises(Forbidden, match="two people"):
        decide(desk)
    assert show_case(desk.sources, ADMIN, CASE)["requests"][0]["yours"] is True


def test_nor_does_whoever_stands_in_for_the_proposer_now(desk: Desk) -> None:
    proposer = replace(DIRECTORY.people[PersonId("m-1")], delegate_id=PersonId("hr-1"))
    people = Directory(DIRECTORY.version, {**DIRECTORY.people, proposer.id: proposer})
    desk.sources = replace(desk.sources, directories=FakeDirectories(people))
    desk.open("r-1", asked(CASE), proposed_by=PersonId("m-1"))
    with pytest.raises(Forbidden, match="two people"):
        decide(desk)


def test_nobody_decides_on_their_own_case(desk: Desk) -> None:
    desk.open("r-1", asked(CASE))
    rep = Caller("a-7", PersonId("r-1"), frozenset({Group.HR_ADMIN}))
    with pytest.raises(NotFound):
        decide(desk, rep)


def test_a_question_to_the_manager_is_not_hrs_to_answer(desk: Desk) -> None:
    desk.open("r-1", asked(CASE, seat="manager", assignee=PersonId("m-1")))
    with pytest.raises(Forbidden, match="only the manager"):
        decide(desk, ADMIN)


def test_only_the_asked_partner_may_answer(desk: Desk) -> None:
    desk.open("r-1", asked(CASE, assignee=PersonId("hr-2")))
    with pytest.raises(Forbidden, match="another HR partner"):
        decide(desk)


def test_any_partner_may_answer_for_the_queue(desk: Desk) -> None:
    desk.open("r-1", asked(CASE, seat="hr_queue", assignee=HR_QUEUE), owner=HR_QUEUE)
    assert decide(desk, OTHER_PARTNER)["status"] == "answered"


def test_an_account_without_a_person_decides_nothing(desk: Desk) -> None:
    desk.open("r-1", asked(CASE))
    with pytest.raises(Forbidden, match="no person"):
        decide(desk, Caller("a-8", None, frozenset({Group.HR_ADMIN})))


@pytest.mark.parametrize("caller", [AUDITOR, COMPENSATION])
def test_other_groups_decide_nothing(desk: Desk, caller: Caller) -> None:
    desk.open("r-1", asked(CASE))
    with pytest.raises(Forbidden):
        decide(desk, caller)


@pytest.mark.parametrize("reason", ["", "   ", "too short", " " * 50 + "x", "x" * 2001, "a\x00b" * 20])
def test_a_decision_without_a_typed_reason_is_refused(desk: Desk, reason: str) -> None:
    desk.open("r-1", asked(CASE))
    with pytest.raises(InvalidInput):
        decide(desk, reason=reason)


def test_only_what_is_offered_can_be_chosen(desk: Desk) -> None:
    desk.open("r-1", asked(CASE))
    with pytest.raises(InvalidInput, match="approve, send_back"):
        decide(desk, choice="fire")


def test_a_request_of_another_case_is_not_found(desk: Desk) -> None:
    desk.open("r-1", asked(CASE))
    other: Case = desk.open("r-2", asked(CaseId("case-r-2")))
    with pytest.raises(NotFound):
        record_decision(desk.sources, ADMIN, other.id, REQUEST, "approve", REASON)


def test_a_late_answer_is_not_taken_a_moment_after_the_deadline_either(desk: Desk) -> None:
    desk.open("r-1", asked(CASE))
    desk.clock.set(NOW + timedelta(days=2))
    with pytest.raises(Conflict):
        decide(desk)
