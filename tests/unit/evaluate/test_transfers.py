"""A question follows its seat: when the rep or a holder changes seats, the next look asks the new holder."""

import csv
from dataclasses import replace
from datetime import date, timedelta
from io import StringIO

from functions.evaluate.cases.escalation import what_is_due
from functions.evaluate.cases.triggers import OwnerMoved, SeatEmptied, SeatMoved
from functions.notify.link_events import Responding
from functions.notify.record_response import Form, record_response, show
from functions.notify.screens import MovedOn
from shared.domain.effect import NoticeKind
from shared.domain.event import EventTag
from shared.domain.identifiers import BatchId, PersonId, RequestId
from shared.domain.person import HR_QUEUE, Directory
from shared.domain.request import RequestStatus
from tests.fakes.world import FakeLinks
from tests.unit.evaluate.case_life import Life, decision, directory, person, running
from tests.unit.evaluate.office import Office

HEADER = "person_id,manager_id,hr_partner_id,role"
BEFORE = "R-1,M-1,H-1,AE M-2,D-1,H-1,MGR M-1,D-1,H-1,MGR D-1,,H-1,DIR H-1,,,HRP"
AFTER = BEFORE.replace("R-1,M-1", "R-1,M-2")
"""A rep moves from one manager to another while the first one has the question."""


def people(rows: str, version: str) -> Directory:
    """Such people, all of them with the company."""
    read = csv.DictReader(StringIO("\n".join([HEADER, *rows.split()])))
    made = [
        person(row["person_id"], row["manager_id"] or None, row["hr_partner_id"] or None, role=row["role"])
        for row in read
    ]
    return Directory(BatchId(version), {one.id: one for one in made})


def moved(life: Life, *changed: str, **fields: str | None) -> Life:
    """These people have other seats from now on, and the case is looked at."""
    known = dict(life.people.people)
    for name in changed:
        known[PersonId(name)] = replace(known[PersonId(name)], **fields)  # type: ignore[arg-type]  # ids
    life.people = replace(life.people, people=known)
    return life


def withdrawn(life: Life) -> list[str | None]:
    events = [event for event in life.events if event.tag is EventTag.REQUEST_WITHDRAWN]
    return [event.data.get("because") for event in events]


def test_after_a_transfer_the_new_manager_has_the_question_and_the_old_link_says_so() -> None:
    office = Office(people(BEFORE, "b" * 16))
    links = FakeLinks()
    responding = Responding(
        store=office.store,
        links=links,
        directories=office.directories,
        policies=office.policies,
        files=office.files,
        clock=office.clock,
        count=lambda reason: None,
    )
    office.evaluated("evaluation-1", [{**decision("2026-09"), "rep_id": "R-1"}])
    assert office.asked.assignee == "M-1"
    first = office.asked
    token = links.issue(first.id, first.due_at).ljust(43, "x")
    links.links[token] = (first.id, first.due_at)

    office.directories.directories.append(people(AFTER, "c" * 16))
    assert office.reconcile().moved == 1

    assert (office.asked.assignee, office.asked.seat) == ("M-2", "manager")
    assert office.case.owner == "M-2"
    assert office.store.request(first.id).status is RequestStatus.WITHDRAWN
    assert office.reconcile().moved == 0, "the question moves once"
    page = show(token, "GET", responding)
    assert isinstance(page, MovedOn)
    assert page.now.startswith("M-2 has the question now")
    form = Form("coach", "I talked to the rep at length.", "", "", False, False)
    assert isinstance(record_response(token, form, responding), MovedOn)
    assert office.store.request(first.id).answer is None
    assert office.asked.answer is None


def test_the_record_says_that_the_question_moved_and_hr_is_not_alarmed() -> None:
    life = moved(Life().open(), "rep", manager_id="deputy")
    assert what_is_due(life.case, life.context()) == SeatMoved(life.asked.id)
    life.settle()
    assert withdrawn(life) == ["moved"]
    assert life.events[-2].tag is EventTag.REQUEST_ESCALATED
    assert life.told(NoticeKind.UNREACHABLE) == []
    assert life.told(NoticeKind.QUESTION) == ["manager", "deputy"]


def test_a_deadline_that_passes_with_the_transfer_is_nobodys_silence() -> None:
    life = Life().open()
    life.now = life.asked.due_at + timedelta(minutes=1)
    moved(life, "rep", manager_id="deputy").settle()
    assert life.asked.assignee == "deputy"
    assert EventTag.REQUEST_EXPIRED not in life


def test_the_skip_levels_question_moves_with_the_managers_manager() -> None:
    life = Life().open().pass_deadline().pass_deadline()
    assert life.asked.seat == "skip_level"
    moved(life, "manager", manager_id="deputy").settle()
    assert (life.asked.seat, life.asked.assignee) == ("skip_level", "deputy")


def test_hrs_question_moves_with_the_hr_partner() -> None:
    life = running().wait_days(31)
    assert (life.asked.purpose, life.asked.assignee) == ("gate", "partner")
    moved(life, "rep", hr_partner_id="partner-2").settle()
    assert (life.asked.purpose, life.asked.assignee) == ("gate", "partner-2")


def test_a_question_whose_seat_is_empty_after_the_move_goes_to_the_next_seat() -> None:
    life = moved(Life().open(), "rep", manager_id=None).settle()
    assert life.asked.assignee == "partner", "without a manager there is no skip level either"


def test_a_check_in_moves_too_and_counts_as_no_miss() -> None:
    life = running().wait_days(7)
    first = life.standing("check_in")
    moved(life, "rep", manager_id="deputy").settle()
    assert life.standing("check_in").assignee == "deputy"
    assert life.requests[first.id].status is RequestStatus.WITHDRAWN
    assert life.case.check_ins_missed == 0
    moved(life, "rep", manager_id=None).settle()
    assert life.case.check_ins_missed == 1
    assert life.told(NoticeKind.UNREACHABLE) == ["partner"]


def test_while_a_stage_runs_the_case_itself_goes_to_the_new_manager() -> None:
    life = moved(running(), "rep", manager_id="deputy")
    assert what_is_due(life.case, life.context()) == OwnerMoved()
    assert life.settle().case.owner == "deputy"
    assert what_is_due(life.case, life.context()) is None


def test_somebody_who_left_is_reported_as_gone_and_not_as_moved() -> None:
    life = moved(Life().open(), "rep", manager_id="deputy")
    moved(life, "manager", active=False)  # type: ignore[arg-type]  # a flag
    assert what_is_due(life.case, life.context()) == SeatEmptied(life.asked.id)


def test_an_answer_that_was_given_before_the_move_counts() -> None:
    life = moved(Life().open(), "rep", manager_id="deputy").answer("coach")
    assert life.case.stage_ends_at is not None
    assert life.case.proposed_by == "manager"


def test_a_delegate_keeps_the_question_when_the_delegation_ends_and_the_holder_when_one_begins() -> None:
    away = person(
        "manager", "director", "partner", delegate_id=PersonId("deputy"), delegate_until=date(2026, 10, 2)
    )
    life = Life(directory(away)).open()
    assert (life.asked.assignee, life.asked.on_behalf_of) == ("deputy", "manager")
    life.now += timedelta(days=1)
    asked = life.settle().asked
    assert asked.assignee == "deputy"

    later = Life().open()
    moved(later, "manager", delegate_id="deputy").settle()
    assert later.asked.assignee == "manager"


def test_a_stand_ins_question_moves_when_the_rep_leaves_the_team() -> None:
    away = person("manager", "director", "partner", delegate_id=PersonId("deputy"))
    life = Life(directory(away)).open()
    moved(life, "rep", manager_id="director").settle()
    assert (life.asked.assignee, life.asked.on_behalf_of) == ("director", None)


def test_the_hr_queue_keeps_its_question_whoever_moves() -> None:
    life = Life().open()
    while life.asked.assignee != HR_QUEUE:
        life.pass_deadline()
    asked: RequestId = life.asked.id
    moved(life, "rep", manager_id="deputy", hr_partner_id="partner-2").settle()
    assert life.asked.id == asked
