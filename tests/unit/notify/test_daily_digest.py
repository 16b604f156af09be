"""The daily mail to HR: to whom, once a day, and what it says."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from functions.notify.deliver import deliver
from functions.notify.digest_facts import MOST_LINES, digest_facts, looks_after
from functions.notify.queue_digests import queue_digests
from shared.domain.case import Case, CaseStatus, Waiting
from shared.domain.effect import Notice, NoticeKind
from shared.domain.identifiers import PersonId
from shared.domain.person import HR_QUEUE
from tests.fakes.builders import NOON
from tests.fakes.world import FakeDirectories
from tests.unit.notify.office import DIRECTORY, Office, the_case

PARTNER = PersonId("H001")


def queued(office: Office) -> list[Notice]:
    effects = [row.effect for row in office.store.pending()]
    return [each for each in effects if isinstance(each, Notice) and each.notice is NoticeKind.DAILY_DIGEST]


def test_it_is_queued_once_a_day_for_everybody_who_looks_after_a_case() -> None:
    office = Office()
    assert queue_digests(office.delivering.composing) == 1
    assert queue_digests(office.delivering.composing) == 1
    assert [notice.to for notice in queued(office)] == [PARTNER]
    office.clock.advance(days=1)
    queue_digests(office.delivering.composing)
    assert [notice.parameters["day"] for notice in queued(office)] == ["2026-10-05", "2026-10-06"]


def test_hrs_queue_hears_of_those_who_have_no_partner() -> None:
    office = Office(case=the_case(rep_id="L000001"))
    queue_digests(office.delivering.composing)
    assert [notice.to for notice in queued(office)] == [HR_QUEUE]


def test_nobody_in_hr_reads_of_their_own_case() -> None:
    people = dict(DIRECTORY.people)
    people[PARTNER] = replace(people[PARTNER], hr_partner_id=PARTNER)
    theirs = the_case(rep_id=PARTNER)
    assert looks_after(theirs, replace(DIRECTORY, people=people), NOON.date()) == HR_QUEUE


def test_whoever_stands_in_for_a_partner_gets_the_mail_of_those_days() -> None:
    people = dict(DIRECTORY.people)
    day = NOON.date()
    people[PARTNER] = replace(
        people[PARTNER], delegate_id=PersonId("D000001"), delegate_from=day, delegate_until=day
    )
    office = Office()
    office.directories = FakeDirectories(replace(DIRECTORY, people=people))
    queue_digests(office.delivering.composing)
    office.clock.advance(days=1)
    queue_digests(office.delivering.composing)
    assert [notice.to for notice in queued(office)] == ["D000001", PARTNER]
    first, _ = queued(office)
    deliver(first.id, office.delivering)
    assert "Open cases of your people: 1." in office.mailer.sent[0].text, "also if it is mailed a day late"


def test_nobody_reads_of_themselves_as_somebodys_delegate_either() -> None:
    people = dict(DIRECTORY.people)
    people[PARTNER] = replace(people[PARTNER], delegate_id=PersonId("R000004"))
    assert looks_after(the_case(), replace(DIRECTORY, people=people), NOON.date()) == PARTNER


@pytest.mark.parametrize(
    "office",
    [Office(directory=False), Office(case=the_case(status=CaseStatus.CLOSED))],
    ids=["people", "cases"],
)
def test_without_people_or_open_cases_nobody_is_mailed(office: Office) -> None:
    assert queue_digests(office.delivering.composing) == 0
    assert queued(office) == []


def test_it_names_whoever_has_the_case_and_until_when_in_the_readers_time() -> None:
    office = Office()
    queue_digests(office.delivering.composing)
    deliver(queued(office)[0].id, office.delivering)
    (mail,) = office.mailer.sent
    assert mail.to == ("dana@example.org",)
    assert "Open cases of your people: 1." in mail.text
    assert (
        "WAITING FOR AN ANSWER\n- Ines O'Duff <script> (coaching): Mara Quist, due Wednesday 7" in mail.text
    )
    assert "(Berlin time)" in mail.text
    assert "<script>" not in mail.html


def cases(number: int, **changes: Any) -> list[Case]:
    return [
        the_case(id=f"case-{each}", due_at=NOON + timedelta(hours=each), **changes) for each in range(number)
    ]


def test_what_hr_decides_comes_first_and_a_long_list_is_cut_with_its_count() -> None:
    many = [*cases(MOST_LINES + 3), *cases(1, waiting_for=Waiting.HR)]
    facts = digest_facts(PARTNER, NOON.date(), many, DIRECTORY, "UTC")
    assert facts.total == MOST_LINES + 4
    assert [(group.heading, len(group.lines), group.more) for group in facts.groups] == [
        ("Waiting for HR", 1, 0),
        ("Waiting for an answer", MOST_LINES, 3),
    ]
