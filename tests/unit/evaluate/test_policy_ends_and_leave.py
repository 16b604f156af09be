"""What HR tells a case without being asked: a leave, and the end of the policy."""

import pytest

from shared.domain.case import CaseStatus, Exit, Pause
from shared.domain.change import Change
from shared.domain.event import EventTag
from shared.domain.identifiers import CommandId, PersonId
from shared.domain.instruction import Instruction
from tests.unit.evaluate.case_life import decision
from tests.unit.evaluate.office import Office


@pytest.fixture
def office() -> Office:
    office = Office()
    office.evaluated("e-1", [decision("2026-09")])
    return office


def report_leave(office: Office, name: str = "leave-1") -> None:
    instruction = Instruction(
        id=name,
        case_id=office.case.id,
        kind="hold_for_leave",
        given_by=PersonId("partner"),
        given_at=office.clock.now(),
    )
    office.store.commit(Change(command=CommandId(name), result="", events=(), instruction=instruction))


def paused(office: Office) -> Pause:
    assert office.case.hold is not None
    return office.case.hold


def test_a_reported_leave_pauses_the_case_at_its_next_step(office: Office) -> None:
    report_leave(office)
    assert office.advance()["waiting_for"] == "hr"
    assert paused(office).reason == "leave"
    assert office.asked.purpose == "leave"
    assert office.store.instructions(office.case.id) == []


def test_the_reconciler_also_applies_a_reported_leave(office: Office) -> None:
    office.relay()
    report_leave(office)
    office.reconcile()
    assert paused(office).reason == "leave"


def test_an_answer_already_given_is_applied_before_the_leave(office: Office) -> None:
    office.answer("coach")
    report_leave(office)
    office.advance()
    assert paused(office).reason == "leave"
    assert paused(office).remaining_s > 0  # the stage had begun


def test_a_leave_reported_twice_pauses_the_case_once(office: Office) -> None:
    for name in ("leave-1", "leave-2"):
        report_leave(office, name)
        office.advance()
    assert [event.tag for event in office.store.seen].count(EventTag.CASE_HELD) == 1
    assert office.store.instructions(office.case.id) == []
    assert office.store.seen[-1].tag is EventTag.OCCURRENCE_NOTED


def test_a_leave_reported_during_another_pause_is_recorded_and_decided_next(office: Office) -> None:
    office.answer("dispute_figures")
    office.advance()
    assert paused(office).reason == "dispute"
    report_leave(office)
    office.advance()
    assert (paused(office).reason, office.case.holds_waiting) == ("dispute", ("leave",))
    noted = office.store.seen[-1]
    assert (noted.tag, noted.data["what"]) == (EventTag.OCCURRENCE_NOTED, "held_for")


def test_the_end_of_a_policy_ends_its_cases_and_opens_no_more(office: Office) -> None:
    office.policies.over.add("field-sales")
    office.reconcile()
    assert (office.case.status, office.case.exit) == (CaseStatus.CLOSED, Exit.POLICY_CLOSED)
    assert office.evaluated("e-2", [decision("2026-10")]) == {"opened": 0, "fed": 0}


def test_a_policy_that_goes_on_ends_nothing(office: Office) -> None:
    office.policies.over.add("another-policy")
    office.reconcile()
    assert office.case.status is CaseStatus.OPEN
