"""A mail that passes a question on says who was silent, who could not be reached, and who was never asked."""

from pathlib import Path
from typing import Any, Final

import pytest

from functions.notify.deliver import deliver
from shared.domain.effect import NoticeKind
from shared.domain.person import HR_QUEUE, Directory
from shared.domain.request import Request, RequestStatus
from tests.fakes.builders import a_request
from tests.unit.notify.office import DIRECTORY, Office, a_notice, the_case

SEQUENCE: Final = Path(__file__).parents[2] / "field_cases/55-words-about-a-removed-mailbox/sequence.txt"
STANDING: Final = a_request(4, assignee=HR_QUEUE, seat="hr_queue", step=3)


def passed_on(*before: Request, without_rep: bool = False, **parameters: str) -> str:
    """The text of the mail that passes the question on to HR's queue after these requests."""
    office = Office(*before, STANDING, case=the_case(request_id=STANDING.id, owner=HR_QUEUE))
    if without_rep:
        people = {one: person for one, person in DIRECTORY.people.items() if one != "R000004"}
        office.directories.directories = [Directory(DIRECTORY.version, people)]
    office.queue(
        a_notice(NoticeKind.HR_ESCALATION, to=HR_QUEUE, request_id=STANDING.id, parameters=parameters)
    )
    assert deliver("notice-1", office.delivering) == "sent"
    (mail,) = office.mailer.sent
    assert mail.html.count("The question now goes to HR") == 1
    return mail.text


def test_words_about_a_rep_whom_the_directory_lacks_blame_nobody() -> None:
    assert "the rep is missing" in SEQUENCE.read_text(encoding="utf-8")
    text = passed_on(
        a_request(status=RequestStatus.EXPIRED),
        without_rep=True,
        because="rep_not_in_directory",
        seat="manager, skip_level, hr_partner",
    )
    assert "Mara Quist (manager) did not answer in time." in text
    assert (
        "Nobody was asked as manager’s manager and HR partner, because R000004 is not in the directory of "
        "people."
    ) in text
    assert "Rafael" not in text


def test_an_empty_seat_is_named_beside_those_who_did_not_answer() -> None:
    text = passed_on(
        a_request(status=RequestStatus.EXPIRED),
        a_request(2, step=1, status=RequestStatus.EXPIRED),
        because="empty_seat",
        seat="skip_level",
    )
    assert text.count("Mara Quist (manager) did not answer in time.") == 1
    assert "Nobody was asked as manager’s manager, because nobody is in that role." in text


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (RequestStatus.BOUNCED, "Mara Quist (manager) could not be reached by mail."),
        (RequestStatus.WITHDRAWN, "The question to Mara Quist (manager) was withdrawn."),
    ],
)
def test_a_person_who_was_not_reached_was_not_silent(status: RequestStatus, words: str) -> None:
    text = passed_on(a_request(status=status))
    assert words in text
    assert "in time" not in text


def test_nobody_is_blamed_where_nobody_was_asked_before() -> None:
    others: list[dict[str, Any]] = [{"purpose": "rep", "seat": "rep"}, {"stage": "final_review"}]
    for changes in others:
        text = passed_on(a_request(status=RequestStatus.EXPIRED, **changes))
        assert "in time" not in text
        assert "The question now goes to HR." in text
