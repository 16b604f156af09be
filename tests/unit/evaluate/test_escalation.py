"""Opening a case, and asking along the chain."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.domain.case import CaseStatus, Phase, Waiting
from shared.domain.effect import NoticeKind, StartWorkflow
from shared.domain.event import EventTag
from shared.domain.identifiers import PersonId
from shared.domain.person import HR_QUEUE
from shared.domain.request import RequestStatus
from tests.unit.evaluate.case_life import (
    Life,
    decision,
    directory,
    new_york,
    person,
)


def test_a_case_opens_with_a_question_to_the_manager_and_a_mail_to_hr() -> None:
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


def test_the_reps_figures_are_only_in_the_sealed_part_of_the_opening_event() -> None:
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
        ("hr_queue", HR_QUEUE, HR_QUEUE),
        ("hr_queue", HR_QUEUE, HR_QUEUE),
    ]
    assert life.told(NoticeKind.REMINDER) == ["manager", HR_QUEUE, HR_QUEUE]
    assert life.told(NoticeKind.ESCALATION) == ["director"]
    assert life.told(NoticeKind.HR_ESCALATION) == ["partner", HR_QUEUE]
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


def test_hr_is_told_once_of_the_seats_in_which_nobody_sits() -> None:
    life = Life(directory(person("rep", "nobody", "partner"))).open()
    assert life.told(NoticeKind.UNREACHABLE) == ["partner"]
    (told,) = [each for each in life.notices if each.notice is NoticeKind.UNREACHABLE]
    assert (told.parameters["because"], told.parameters["seat"]) == ("empty_seat", "manager, skip_level")
    life.pass_deadline()
    assert life.told(NoticeKind.UNREACHABLE) == ["partner"], "the question was past those seats before"


def test_if_the_hr_partners_seat_is_empty_the_hr_queue_is_asked_without_a_second_mail() -> None:
    life = Life(directory(person("rep", "manager"))).open().answer("request_exception")
    assert life.asked.assignee == HR_QUEUE
    assert life.told(NoticeKind.UNREACHABLE) == []


def test_if_all_seats_are_empty_the_hr_queue_owns_the_case() -> None:
    life = Life(directory(person("rep"))).open()
    assert life.case.owner == HR_QUEUE
    assert life.told(NoticeKind.CASE_OPENED) == [HR_QUEUE]


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


@pytest.mark.parametrize(("zone", "asked"), [(None, "manager"), ("Australia/Sydney", "deputy")])
def test_a_delegation_begins_in_the_time_zone_of_the_person_who_delegates(
    zone: str | None, asked: str
) -> None:
    # Friday afternoon in New York is Saturday in Sydney.
    away = person(
        "manager",
        "director",
        "partner",
        timezone=zone,
        delegate_id=PersonId("deputy"),
        delegate_from=date(2026, 10, 3),
    )
    assert Life(directory(away)).open().asked.assignee == asked


def test_nobody_is_asked_about_their_own_case() -> None:
    alone = person("rep", "rep", "rep")
    life = Life(directory(alone)).open()
    assert life.case.owner == HR_QUEUE
    stand_in = person("manager", "director", "partner", delegate_id=PersonId("rep"))
    assert Life(directory(stand_in)).open().asked.assignee == "manager"


def test_if_two_people_manage_each_other_the_question_still_reaches_the_hr_queue() -> None:
    # The rep's manager answers to the rep, so the manager's manager is the rep.
    life = Life(directory(person("rep", "manager"), person("manager", "rep"))).open()
    while life.asked.assignee != HR_QUEUE:
        life.pass_deadline()
    asked = [request.assignee for request in life.requests.values() if request.purpose == "stage_plan"]
    assert asked == ["manager", "manager", HR_QUEUE]
    assert life.case.owner == HR_QUEUE
    assert life.case.due_at > life.now


def test_a_deadline_is_counted_where_the_asked_person_lives() -> None:
    in_sydney = person("manager", "director", "partner", timezone="Australia/Sydney")
    life = Life(directory(in_sydney)).open()
    # Friday 15:00 in New York is Saturday 05:00 in Sydney: two business days later it is Tuesday there.
    assert life.asked.due_at == datetime(2026, 10, 6, 5, 0, tzinfo=ZoneInfo("Australia/Sydney"))


def test_after_a_bounce_the_next_person_is_asked_at_once_and_hr_is_told() -> None:
    life = Life().open()
    life.bounce(life.asked)
    assert life.asked.assignee == "director"
    assert life.told(NoticeKind.UNREACHABLE) == ["partner"]


def test_if_a_mail_to_the_hr_partner_bounces_the_hr_queue_is_told() -> None:
    life = Life().open().answer("request_exception")
    assert life.asked.assignee == "partner"
    life.bounce(life.asked)
    assert life.asked.assignee == HR_QUEUE
    assert life.told(NoticeKind.UNREACHABLE) == [HR_QUEUE]


def test_a_mail_that_bounces_from_the_hr_queue_is_not_sent_again_at_once() -> None:
    life = Life(directory(person("rep"))).open()
    life.bounce(life.asked)
    assert (life.asked.assignee, life.asked.status) == (HR_QUEUE, RequestStatus.OPEN)
    assert life.told(NoticeKind.HR_ESCALATION) == [HR_QUEUE]
    assert life.told(NoticeKind.REMINDER) == []
    life.pass_deadline()
    assert life.told(NoticeKind.REMINDER) == [HR_QUEUE]


def test_when_the_asked_manager_leaves_the_next_one_is_asked_at_once() -> None:
    life = Life().open()
    life.people = directory(person("manager", "director", "partner", active=False))
    life.settle()
    assert life.asked.assignee == "director"
    assert life.told(NoticeKind.UNREACHABLE) == ["partner"]


def test_a_new_manager_is_asked_in_place_of_the_old_one() -> None:
    life = Life().open()
    life.people = directory(
        person("manager", "director", "partner", active=False), person("rep", "deputy", "partner")
    )
    life.settle()
    assert (life.asked.seat, life.asked.assignee, life.asked.step) == ("manager", "deputy", 0)
