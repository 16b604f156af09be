"""A stranger's requests leave no trace in the record, and a dead link leaves a few."""

from collections import Counter

import pytest

from functions.notify.link import link_id, private_mark
from functions.notify.record_response import record_response, show
from functions.notify.screens import Asking, MovedOn, NoSuchLink
from shared.domain.event import EventTag
from shared.domain.request import RequestStatus
from tests.fakes.builders import a_request
from tests.unit.notify.office import Office, the_case
from tests.unit.notify.test_record_response import REASON, a_form


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("k" * 52, "unknown"),
        ("K-_9" * 10 + "abc", "unknown"),
        ("never-issued", "malformed"),
        ("", "malformed"),
        ("k" * 53, "malformed"),
        ("../../etc/passwd", "malformed"),
        ("é" * 9, "malformed"),
    ],
)
def test_a_wrong_link_says_nothing_and_is_counted_without_an_event(path: str, reason: str) -> None:
    office = Office()
    before = len(office.store.seen)
    for _ in range(100):
        assert show(path, "GET", office.responding) == NoSuchLink()
    assert record_response(path, a_form(NoSuchLink()), office.responding) == NoSuchLink()
    assert len(office.store.seen) == before
    assert office.counted == {reason: 101}


@pytest.mark.parametrize("end", ["", ".", ")", ">", "\n", "=", "/", "_", "-", "=3D", ").\u2026"])
def test_a_link_works_as_gateways_and_mail_programs_leave_it(end: str) -> None:
    office = Office()
    token = office.link()
    for path in (token + end, token.upper() + end):
        assert isinstance(show(path, "GET", office.responding), Asking)
    assert office.counted == {}


def test_a_link_of_an_earlier_release_in_mixed_case_still_works() -> None:
    office = Office()
    token = "aB3-_" * 8 + "xYz"
    office.links.links[token] = (office.request.id, office.request.due_at)
    assert isinstance(show(token, "GET", office.responding), Asking)
    assert isinstance(show(f"{token}.", "GET", office.responding), Asking)


def test_a_dead_link_leaves_five_events_and_one_mail_however_often_it_is_used() -> None:
    second = a_request(2, seat="skip_level", assignee="D000001", step=1)
    case = the_case(request_id=second.id, owner="D000001")
    office = Office(a_request(status=RequestStatus.EXPIRED), second, case=case)
    token, before = office.link(), len(office.store.seen)
    for number in range(50):
        for _ in range(2):
            form = a_form(MovedOn("", too_late=True), reason=f"{REASON} {number}")
            assert isinstance(show(token, "GET", office.responding), MovedOn)
            assert isinstance(record_response(token, form, office.responding), MovedOn)
    left = office.store.seen[before:]
    assert Counter(event.tag for event in left) == {EventTag.LINK_REFUSED: 1, EventTag.ANSWER_REFUSED: 4}
    assert len(office.store.effects) == 1
    assert office.counted["moved_on"] > 90


def test_the_marks_of_refused_words_cannot_be_guessed_from_the_record() -> None:
    office = Office(a_request(status=RequestStatus.EXPIRED))
    token = office.link()
    record_response(token, a_form(MovedOn("", too_late=True)), office.responding)
    (mark,) = [each for each in office.store._state.outcomes.values() if len(each) == 64]
    assert mark == private_mark(token, "moved_on", "coach", REASON)
    assert mark not in (private_mark(link_id(token), "moved_on", "coach", REASON), private_mark("", REASON))
