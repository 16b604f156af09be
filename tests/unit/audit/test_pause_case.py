"""HR reports a leave; the case hears of it, once, and by whom."""

from typing import Any

import pytest

from functions.audit.api.answer_query import show_case
from functions.audit.api.pause_case import pause_case
from functions.audit.caller import Caller, Group
from shared.domain.case import CaseStatus, Exit, Pause
from shared.domain.effect import WakeWorkflow
from shared.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from shared.domain.event import EventTag
from shared.domain.identifiers import PersonId
from tests.unit.audit.hr_desk import ADMIN, COMPENSATION, NOW, OTHER_PARTNER, PARTNER, Desk

WHY = "Parental leave from the first of November."


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_reported_leave_waits_for_the_case_and_wakes_its_workflow(desk: Desk) -> None:
    case = desk.open()
    assert pause_case(desk.sources, PARTNER, case.id, WHY) == {"case_id": case.id, "status": "recorded"}
    [told] = desk.store.instructions(case.id)
    assert (told.kind, told.given_by) == ("hold_for_leave", PARTNER.person_id)
    assert any(isinstance(effect, WakeWorkflow) for effect in desk.store.effects)
    assert desk.store.case(case.id) == case


def test_the_case_shows_a_reported_leave_before_and_after_it_is_paused(desk: Desk) -> None:
    case = desk.open()
    assert show_case(desk.sources, PARTNER, case.id)["leave"] is None
    pause_case(desk.sources, PARTNER, case.id, WHY)
    assert show_case(desk.sources, PARTNER, case.id)["leave"] == "recorded"


@pytest.mark.parametrize(
    "changes",
    [
        {"hold": Pause(reason="leave", since=NOW, remaining_s=0)},
        {"hold": Pause(reason="dispute", since=NOW, remaining_s=0), "holds_waiting": ("leave",)},
    ],
)
def test_a_leave_that_pauses_the_case_or_waits_behind_another_hold_shows_as_held(
    desk: Desk, changes: dict[str, Any]
) -> None:
    case = desk.open("r-1", **changes)
    assert show_case(desk.sources, PARTNER, case.id)["leave"] == "held"


def test_the_reason_for_a_leave_is_sealed(desk: Desk) -> None:
    case = desk.open()
    pause_case(desk.sources, ADMIN, case.id, WHY)
    [event] = [each for each in desk.store.seen if each.tag is EventTag.LEAVE_REPORTED]
    assert event.data == {"by": ADMIN.person_id}
    assert event.private is not None


def test_a_leave_that_is_reported_twice_is_recorded_once(desk: Desk) -> None:
    case = desk.open()
    pause_case(desk.sources, PARTNER, case.id, WHY)
    pause_case(desk.sources, ADMIN, case.id, WHY + " Once more.")
    assert len(desk.store.instructions(case.id)) == 1


def test_a_case_that_is_already_paused_for_leave_is_left_alone(desk: Desk) -> None:
    case = desk.open(hold=Pause(reason="leave", since=NOW, remaining_s=0))
    assert pause_case(desk.sources, PARTNER, case.id, WHY)["status"] == "held"
    assert desk.store.instructions(case.id) == []


def test_a_closed_case_cannot_be_paused(desk: Desk) -> None:
    case = desk.open(status=CaseStatus.CLOSED, exit=Exit.GRADUATED, closed_at=NOW)
    with pytest.raises(Conflict):
        pause_case(desk.sources, PARTNER, case.id, WHY)


def test_only_hr_who_looks_after_the_rep_reports_a_leave_and_says_why(desk: Desk) -> None:
    case = desk.open()
    nobody = Caller("a-9", None, frozenset({Group.HR_ADMIN}))
    the_rep = Caller("a-8", PersonId("r-1"), frozenset({Group.HR_ADMIN}))
    for caller, refusal in (
        (COMPENSATION, Forbidden),
        (nobody, Forbidden),
        (OTHER_PARTNER, NotFound),
        (the_rep, NotFound),
    ):
        with pytest.raises(refusal):
            pause_case(desk.sources, caller, case.id, WHY)
    with pytest.raises(InvalidInput):
        pause_case(desk.sources, PARTNER, case.id, "leave")
    assert desk.store.instructions(case.id) == []
