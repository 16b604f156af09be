"""The turns of a case's workflow, with the whole use case on fakes."""

from datetime import timedelta

import pytest

from functions.evaluate.advance_case import LONGEST_WAIT_S, MOST_TURNS, advance_case, settle
from shared.domain.answering import answering
from shared.domain.case import CaseStatus, Exit, Phase
from shared.domain.effect import NoticeKind
from shared.domain.errors import Conflict, NotFound
from shared.domain.event import EventTag, moment, stamp
from shared.domain.identifiers import CaseId, PersonId
from shared.domain.request import Answer, RequestStatus
from tests.unit.evaluate.case_life import decision, figures
from tests.unit.evaluate.office import Office


@pytest.fixture
def office() -> Office:
    office = Office()
    office.evaluated("e-1", [decision("2026-09")])
    office.relay()
    return office


def test_a_new_case_waits_for_the_managers_answer_until_the_deadline(office: Office) -> None:
    told = office.advance()
    assert told["waiting_for"] == "answer"
    assert told["due_at"] == stamp(office.asked.due_at)
    assert told["wait_seconds"] == (office.asked.due_at - office.clock.now()).total_seconds()
    assert (told["case_id"], told["generation"], told["version"]) == (office.case.id, 1, 1)


def test_an_answer_is_applied_at_the_next_turn(office: Office) -> None:
    office.answer("coach")
    assert office.case.version == 1
    assert office.advance()["waiting_for"] == "results"
    assert office.case.phase is Phase.RUNNING
    assert office.mailed(NoticeKind.REP_TOLD) == 1


def test_a_repeated_turn_does_its_work_once(office: Office) -> None:
    office.answer("coach")
    first = office.advance()
    assert office.advance() == first
    assert office.mailed(NoticeKind.REP_TOLD) == 1


def test_after_a_missed_deadline_a_reminder_is_sent_with_a_new_deadline(office: Office) -> None:
    office.clock.set(office.asked.due_at)
    told = office.advance()
    assert told["waiting_for"] == "answer"
    assert moment(told["due_at"]) > office.clock.now()
    assert office.mailed(NoticeKind.REMINDER) == 1


def test_the_workflow_is_told_when_the_case_waits_for_hr(office: Office) -> None:
    office.answer("request_exception")
    assert office.advance()["waiting_for"] == "hr"


def test_the_workflow_of_a_closed_case_ends(office: Office) -> None:
    office.answer("request_exception")
    office.advance()
    office.answer("grant")
    assert office.advance()["waiting_for"] == "closed"
    assert office.case.exit is Exit.EXCEPTED


def test_a_case_that_nobody_knows_is_not_found(office: Office) -> None:
    with pytest.raises(NotFound):
        advance_case(CaseId("case-unknown"), 1, 0, office.work)


def test_an_answer_and_a_timeout_at_one_moment_end_in_one_outcome(office: Office) -> None:
    request, case = office.asked, office.case
    office.clock.set(request.due_at)
    late = Answer(
        choice="coach",
        reason="just in time",
        answered_by=PersonId("manager"),
        authenticated_by="link",
        answered_at=office.clock.now(),
    )
    office.advance()  # the timeout is first
    with pytest.raises(Conflict):
        office.store.commit(answering(case, request, late))
    assert office.store.request(request.id).status is RequestStatus.EXPIRED

    other = Office()
    other.evaluated("e-1", [decision("2026-09")])
    other.clock.set(other.asked.due_at)
    other.answer("coach")  # the answer is first
    other.advance()
    assert other.case.phase is Phase.RUNNING
    assert EventTag.REQUEST_EXPIRED not in other.store


def test_a_timeout_decided_on_an_old_version_gives_way_to_the_answer(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    unanswered = office.asked
    office.clock.set(unanswered.due_at)
    office.answer("coach")
    current = office.store.request
    stale = [unanswered]
    monkeypatch.setattr(
        office.store, "request", lambda request_id: stale.pop() if stale else current(request_id)
    )
    assert office.advance()["waiting_for"] == "results"
    assert EventTag.REQUEST_EXPIRED not in office.store


def test_after_repeated_conflicts_the_workflow_tries_again_later(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.clock.set(office.asked.due_at)

    def lost(change: object) -> str:
        raise Conflict("somebody else was first")

    monkeypatch.setattr(office.store, "commit", lost)
    with pytest.raises(Conflict):
        settle(office.case, office.work)


def test_everything_that_fell_due_during_an_outage_is_done_in_one_turn(office: Office) -> None:
    office.answer("coach")
    office.advance()
    office.clock.advance(days=40)
    told = office.advance()
    assert (told["waiting_for"], office.case.phase) == ("hr", Phase.GATE)
    assert moment(told["due_at"]) > office.clock.now()


def test_after_enough_turns_or_half_a_year_a_successor_takes_over(office: Office) -> None:
    told = office.advance(turn=MOST_TURNS)
    assert (told["waiting_for"], told["generation"]) == ("continue", 2)
    assert EventTag.WORKFLOW_RESTARTED in office.store
    assert office.advance(generation=1)["waiting_for"] == "closed"
    assert office.advance(generation=2)["waiting_for"] == "answer"
    office.clock.advance(days=181)
    assert office.advance()["waiting_for"] == "continue"
    assert office.advance(turn=1)["waiting_for"] == "answer"


def test_no_wait_is_longer_than_a_workflow_may_live(office: Office) -> None:
    far = office.case.model_copy(update={"version": 2, "due_at": office.clock.now() + timedelta(days=4000)})
    office.store._state.cases[far.id] = far
    assert office.advance()["wait_seconds"] == LONGEST_WAIT_S


# Going to sleep.


def test_a_workflow_that_goes_to_sleep_leaves_its_token(office: Office) -> None:
    assert office.wait("token-1")
    assert office.tokens.tokens == {office.case.id: "token-1"}
    assert office.workflow.woken == []


def test_a_workflow_does_not_sleep_if_an_answer_came_before_its_token_was_stored(office: Office) -> None:
    version = office.advance()["version"]
    office.answer("coach")  # its wake finds no token yet
    office.relay()
    assert not office.wait("token-1", version=version)
    assert office.workflow.woken == ["token-1"]
    assert office.tokens.tokens == {}


def test_an_answer_after_the_token_was_stored_wakes_the_workflow(office: Office) -> None:
    office.wait("token-1")
    office.answer("coach")
    office.relay()
    assert office.workflow.woken == ["token-1"]


def test_a_case_that_changed_meanwhile_is_looked_at_again(office: Office) -> None:
    version = office.advance()["version"]
    office.evaluated("e-2", [decision("2026-10", figures("2026-10", "0.9"), outcome="clear")])
    assert not office.wait("token-1", version=version)
    assert office.workflow.woken == ["token-1"]


def test_a_replaced_execution_does_not_take_the_place_of_its_successors_token(office: Office) -> None:
    office.advance(turn=MOST_TURNS)
    office.wait("token-of-2")
    assert not office.wait("token-of-1", generation=1)
    assert office.tokens.tokens == {office.case.id: "token-of-2"}
    assert office.workflow.woken == ["token-of-1"]


def test_a_whole_life_on_the_store_from_coaching_to_graduation(office: Office) -> None:
    office.clock.set(office.asked.due_at)
    office.advance()
    office.clock.set(office.asked.due_at)
    office.advance()
    assert office.asked.assignee == "director"
    office.answer("coach")
    office.advance()
    october = decision("2026-10", figures("2026-10", "0.4"), outcome="clear")
    office.evaluated("e-2", [october])
    while office.case.phase is Phase.RUNNING:
        office.clock.set(office.case.due_at)
        office.advance()
    assert office.asked.purpose == "gate"
    office.answer("publish", known_by="cognito")
    office.advance()
    office.answer("agree_plan")
    office.advance()
    good = decision(
        "2026-12",
        figures("2026-10", "0.4"),
        figures("2026-11", "0.9"),
        figures("2026-12", "0.9"),
        outcome="clear",
    )
    office.evaluated("e-3", [good])
    assert office.advance()["waiting_for"] == "closed"
    assert (office.case.status, office.case.exit) == (CaseStatus.CLOSED, Exit.GRADUATED)
