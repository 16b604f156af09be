"""A link shows; a person acts, once. Everything else leaves the case as it was, and a trace in the record."""

from dataclasses import replace

import pytest

from functions.notify.record_response import Form, record_response, show
from functions.notify.screens import AlreadyAnswered, Asking, MovedOn, Recorded, Screen
from shared.domain.case import CaseStatus, Exit
from shared.domain.effect import Notice, NoticeKind, WakeWorkflow
from shared.domain.errors import Conflict
from shared.domain.event import Authentication, EventTag
from shared.domain.identifiers import PersonId, RequestId
from shared.domain.request import RequestStatus
from tests.fakes.builders import a_request
from tests.unit.notify.office import Office, the_case

REASON = "We talked it through this morning."


def a_form(screen: Screen, **changes: object) -> Form:
    fields: dict[str, object] = {
        "choice": "coach",
        "reason": REASON,
        "code": "",
        "shown": screen.shown if isinstance(screen, Asking) else "",
        "wants_code": False,
        "seen": isinstance(screen, Asking) and screen.others is not None,
    }
    return Form(**(fields | changes))  # type: ignore[arg-type]


def opened(office: Office, token: str) -> Asking:
    screen = show(token, "GET", office.responding)
    assert isinstance(screen, Asking)
    return screen


def answered(office: Office, token: str, **changes: object) -> Screen:
    screen = show(token, "GET", office.responding)
    return record_response(token, a_form(screen, **changes), office.responding)


def test_a_hundred_openings_change_nothing_and_leave_one_event() -> None:
    office = Office()
    token = office.link()
    before = office.store.case(office.case.id), office.store.request(office.request.id)
    for number in range(100):
        assert isinstance(show(token, "HEAD" if number % 2 else "GET", office.responding), Asking)
    assert (office.store.case(office.case.id), office.store.request(office.request.id)) == before
    assert len(office.events(EventTag.LINK_OPENED)) == 1
    assert office.store.effects == []


def test_an_answer_is_recorded_with_who_gave_it_and_wakes_the_case() -> None:
    office = Office()
    screen = answered(office, office.link())

    assert isinstance(screen, Recorded)
    assert screen.request.answer == "I will coach"
    answer = office.store.request(office.request.id).answer
    assert answer is not None
    assert (answer.choice, answer.reason, answer.answered_by) == ("coach", REASON, "M000001")
    (event,) = office.events(EventTag.REQUEST_ANSWERED)
    assert event.actor.authenticated_by is Authentication.LINK
    assert event.data["choice"] == "coach"
    assert "reason" not in event.data
    assert len(event.relied_on["shown"]) == 64
    wake, receipt = office.store.effects
    assert isinstance(wake, WakeWorkflow)
    assert isinstance(receipt, Notice)
    assert (receipt.notice, receipt.to) == (NoticeKind.RECEIPT, "M000001")


def test_the_reason_is_sealed_under_the_rep_it_speaks_of() -> None:
    office = Office()
    answered(office, office.link())
    chain = office.store.events(office.events(EventTag.REQUEST_ANSWERED)[0].subject)
    assert office.store.opened(chain[-1]) == {"reason": REASON}
    assert REASON.encode() not in chain[-1]


def test_the_same_answer_sent_twice_is_one_answer() -> None:
    office = Office()
    token = office.link()
    form = a_form(opened(office, token))
    first, second = (record_response(token, form, office.responding) for _ in range(2))
    assert isinstance(first, Recorded)
    assert isinstance(second, Recorded)
    assert len(office.events(EventTag.REQUEST_ANSWERED)) == 1
    assert EventTag.ANSWER_REFUSED not in office.store
    assert len(office.store.effects) == 2


def test_the_first_answer_wins_and_the_second_is_told_and_recorded() -> None:
    office = Office()
    token = office.link()
    form = a_form(opened(office, token))
    record_response(token, form, office.responding)

    late = record_response(token, replace(form, choice="dispute_figures"), office.responding)

    assert isinstance(late, AlreadyAnswered)
    assert late.too_late
    assert (late.request.answered_by, late.request.answer) == ("Mara Quist", "I will coach")
    answer = office.store.request(office.request.id).answer
    assert answer is not None
    assert answer.choice == "coach"
    (event,) = office.events(EventTag.ANSWER_REFUSED)
    assert event.data["reason"] == "used"


def test_an_answer_that_another_overtakes_at_the_same_moment_is_told_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office = Office()
    token = office.link()
    form = a_form(opened(office, token))
    commit, raced = office.store.commit, iter([True])

    def overtaken(change: object) -> str:
        if next(raced, False):
            monkeypatch.setattr(office.store, "commit", commit)
            record_response(token, replace(form, choice="dispute_figures"), office.responding)
            raise Conflict("the request moved")
        return commit(change)  # type: ignore[arg-type]

    monkeypatch.setattr(office.store, "commit", overtaken)
    screen = record_response(token, form, office.responding)

    assert isinstance(screen, AlreadyAnswered)
    assert len(office.events(EventTag.REQUEST_ANSWERED)) == 1
    assert len(office.events(EventTag.ANSWER_REFUSED)) == 1


def test_a_used_link_says_who_answered_when_and_leaves_one_event() -> None:
    office = Office()
    token = office.link()
    answered(office, token)
    for _ in range(100):
        screen = show(token, "GET", office.responding)
    assert isinstance(screen, AlreadyAnswered)
    assert not screen.too_late
    assert screen.request.answered_at == "08:00 on Monday 5 October 2026 (New York time)"
    (event,) = office.events(EventTag.LINK_REFUSED)
    assert event.data["reason"] == "used"


def test_at_the_deadline_the_answer_comes_too_late_whether_or_not_anybody_noticed_yet() -> None:
    office = Office()
    token = office.link()
    form = a_form(opened(office, token))
    office.clock.set(office.request.due_at)

    screen = record_response(token, form, office.responding)

    assert isinstance(screen, MovedOn)
    assert screen.too_late
    assert office.store.request(office.request.id).status is RequestStatus.OPEN
    assert office.events(EventTag.ANSWER_REFUSED)[0].data["reason"] == "expired"


def test_a_link_that_was_passed_over_says_who_has_the_question_now_and_tells_them_of_late_words() -> None:
    second = a_request(2, seat="skip_level", assignee="D000001", step=1)
    case = the_case(request_id=second.id, owner="D000001")
    first = a_request(status=RequestStatus.EXPIRED)
    office = Office(first, second, case=case)
    token = office.link()

    shown = show(token, "GET", office.responding)
    late = record_response(token, a_form(shown), office.responding)

    assert isinstance(shown, MovedOn)
    assert shown.now == (
        "Rafael Jarl has the question now, until Wednesday 7 October 2026, 08:00 (New York time)."
    )
    assert isinstance(late, MovedOn)
    (told,) = office.store.effects
    assert isinstance(told, Notice)
    assert (told.notice, told.to) == (NoticeKind.LATE_ANSWER, "D000001")
    chain = office.store.events(office.events(EventTag.ANSWER_REFUSED)[0].subject)
    assert office.store.opened(chain[-1]) == {"choice": "coach", "reason": REASON}


def test_a_reminded_person_is_sent_to_the_newest_mail() -> None:
    again = a_request(2, step=1)
    office = Office(a_request(status=RequestStatus.EXPIRED), again, case=the_case(request_id=again.id))
    screen = show(office.link(), "GET", office.responding)
    assert isinstance(screen, MovedOn)
    assert "A newer mail asks you again. Please use its link" in screen.now


def test_the_link_of_a_closed_case_says_that_it_has_ended() -> None:
    office = Office()
    token = office.link()
    office.change(
        case=office.case.model_copy(
            update={"version": 2, "status": CaseStatus.CLOSED, "exit": Exit.LEFT_COMPANY}
        )
    )
    screen = show(token, "GET", office.responding)
    assert isinstance(screen, MovedOn)
    assert "has ended" in screen.now


def test_a_rep_is_not_told_who_is_asked_about_them() -> None:
    mine = a_request(assignee="R000004", seat="rep", purpose="rep", status=RequestStatus.EXPIRED)
    hers = a_request(2)
    office = Office(mine, hers, case=the_case(request_id=hers.id))
    screen = show(office.link(), "GET", office.responding)
    assert isinstance(screen, MovedOn)
    assert "Mara" not in screen.now


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"choice": ""}, "choice"),
        ({"choice": "promote"}, "choice"),
        ({"reason": "too short"}, "reason"),
        ({"reason": " " * 50}, "reason"),
        ({"reason": "x" * 2001}, "reason"),
        ({"reason": "a bell \x07 rings here"}, "reason"),
        ({"shown": "0" * 64}, "form"),
    ],
)
def test_what_is_not_whole_is_asked_again_and_changes_nothing(changes: dict[str, object], field: str) -> None:
    office = Office()
    screen = answered(office, office.link(), **changes)
    assert isinstance(screen, Asking)
    assert [problem.field for problem in screen.problems] == [field]
    assert office.store.request(office.request.id).status is RequestStatus.OPEN
    assert office.store.effects == []


def test_what_was_typed_is_still_there_when_something_has_to_be_mended() -> None:
    office = Office()
    screen = answered(office, office.link(), choice="", reason="A long story, told well.")
    assert isinstance(screen, Asking)
    assert screen.filled.reason == "A long story, told well."


def test_a_case_that_changed_since_the_page_was_opened_is_looked_at_again() -> None:
    office = Office()
    token = office.link()
    form = a_form(opened(office, token))
    office.change(case=office.case.model_copy(update={"version": 2, "stage": "final_review"}))
    screen = record_response(token, form, office.responding)
    assert isinstance(screen, Asking)
    assert [problem.field for problem in screen.problems] == ["form"]


def test_a_delegate_sees_in_whose_place_they_are_asked() -> None:
    office = Office(a_request(assignee=PersonId("D000001"), on_behalf_of=PersonId("M000001")))
    screen = opened(office, office.link())
    assert screen.request.on_behalf_of == "Mara Quist"
    assert office.request.id == RequestId("case-0123456789.1")
