"""Whose link answers: that of a person who is still there. A shared mailbox is nobody."""

from dataclasses import replace
from typing import Any, get_args

import pytest

from functions.notify import response_page
from functions.notify.deliver import deliver
from functions.notify.record_response import record_response, show
from functions.notify.screens import MovedOn, Recorded, SignIn
from shared.domain.effect import Notice, NoticeKind
from shared.domain.event import EventTag
from shared.domain.identifiers import PersonId
from shared.domain.person import HR_QUEUE
from shared.domain.request import Answer, Purpose, RequestStatus
from tests.fakes.builders import NOON, a_request
from tests.unit.notify.office import DECISION, Office, a_notice, about, the_case
from tests.unit.notify.test_record_response import a_form, answered


class TestHrsSharedMailbox:
    """Anybody who reads the mailbox can open its links, so a link leads to the sign-in and nowhere else."""

    def office(self, purpose: str, adverse: bool = False) -> Office:
        asked: dict[str, Any] = {"purpose": purpose, "adverse": adverse, "choices": ("approve", "send_back")}
        return Office(a_request(assignee=HR_QUEUE, seat="hr_queue", **asked))

    @pytest.mark.parametrize("purpose", [one for one in get_args(Purpose) if one != "rep"])
    def test_whatever_it_is_asked_its_link_takes_no_answer(self, purpose: str) -> None:
        office = self.office(purpose, adverse=purpose.startswith("removal"))
        token, code = office.link(), office.links.issue_code(office.request.id, office.request.due_at)
        shown = show(token, "GET", office.responding)
        assert isinstance(shown, SignIn)
        assert not shown.refused
        form = a_form(shown, choice="approve")
        for changed in (form, replace(form, code=code), replace(form, wants_code=True)):
            screen = record_response(token, changed, office.responding)
            assert isinstance(screen, SignIn)
            assert screen.refused
        assert office.store.request(office.request.id).status is RequestStatus.OPEN
        assert not any(isinstance(each, Notice) for each in office.store.effects), "no code was mailed"
        (refused,) = office.events(EventTag.ANSWER_REFUSED)
        assert refused.data["reason"] == "sign_in_missing"

    def test_its_page_shows_no_figure_no_earlier_answer_and_nobody_else(self) -> None:
        office = self.office("removal_approval", adverse=True)
        office.found(DECISION, about("R000005", "1"))
        said = a_request(
            2,
            status=RequestStatus.ANSWERED,
            answer=Answer(
                choice="coach",
                reason="Two deals are booked twice.",
                answered_by=PersonId("M000001"),
                authenticated_by="link",
                answered_at=NOON,
            ),
        )
        office.change(requests=(said,))
        responding = replace(office.responding, console_url="https://console.example.com/")
        page = response_page.page(show(office.link(), "GET", responding))
        assert page.status == 200
        for figure in ("51.25", "83,995", "What was found", "booked twice", "Ola Kvist", "<form"):
            assert figure not in page.html
        assert 'href="https://console.example.com/#/cases/case-0123456789"' in page.html

    def test_without_a_known_console_the_page_has_no_link_to_it(self) -> None:
        office = self.office("exception")
        html = response_page.page(show(office.link(), "GET", office.responding)).html
        assert "Please sign in to the console" in html
        assert "href" not in html


def test_a_mail_to_the_shared_mailbox_says_that_deciding_takes_a_sign_in() -> None:
    office = Office(a_request(purpose="exception", assignee=HR_QUEUE, seat="hr_queue"))
    office.queue(a_notice(NoticeKind.EXCEPTION, to=HR_QUEUE))
    assert deliver("notice-1", office.delivering) == "sent"
    (mail,) = office.mailer.sent
    for text in (mail.text, mail.html):
        assert "Sign in and decide" in text
        assert "This mailbox is shared" in text
        assert "See the case and decide" not in text


@pytest.mark.parametrize("who", ["L000001", "X000001"])
def test_nobody_answers_who_left_or_whom_the_directory_does_not_know(who: str) -> None:
    request = a_request(assignee=PersonId(who))
    office = Office(request, case=the_case(standing=(request.id,)))
    token = office.link()
    screen = show(token, "GET", office.responding)
    assert isinstance(screen, MovedOn)
    assert screen.now == "The question is going to the next person now."
    late = record_response(token, a_form(screen), office.responding)
    assert isinstance(late, MovedOn)
    assert "you can no longer answer this question" in response_page.page(late).html
    assert office.store.request(request.id).status is RequestStatus.OPEN
    assert [event.data["reason"] for event in office.events(EventTag.ANSWER_REFUSED)] == ["not_in_company"]


def test_the_rep_may_speak_for_themself_though_the_directory_does_not_have_them() -> None:
    request = a_request(purpose="rep", seat="rep", assignee=PersonId("X000001"), choices=("rebut",))
    office = Office(request, case=the_case(rep_id=PersonId("X000001")))
    assert isinstance(answered(office, office.link(), choice="rebut"), Recorded)


def test_the_old_link_of_a_check_in_says_who_has_it_now() -> None:
    old = a_request(purpose="check_in", status=RequestStatus.WITHDRAWN)
    new = a_request(2, purpose="check_in", assignee=PersonId("D000001"))
    office = Office(old, new, case=the_case(request_id=None, standing=(new.id,)))
    screen = show(office.link(), "GET", office.responding)
    assert isinstance(screen, MovedOn)
    assert screen.now.startswith("Rafael Jarl has the question now, until")
