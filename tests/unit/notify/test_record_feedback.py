"""A mail that comes back moves the case on; the carrier may say so in any order, and it counts once."""

import json
from typing import Any

import pytest

from functions.notify.deliver import deliver
from functions.notify.handlers import feedback as feedback_handler
from functions.notify.notice_events import FOR_HR
from functions.notify.record_feedback import Feedback, feedback, record_feedback
from shared.domain.effect import Notice, NoticeKind, WakeWorkflow
from shared.domain.errors import NotYet
from shared.domain.event import EventTag
from shared.domain.person import HR_QUEUE
from shared.domain.request import Answer, RequestStatus
from tests.fakes.builders import MANAGER, NOON, a_request
from tests.unit.notify.office import Office, a_notice
from tests.unit.notify.test_handlers import CONTEXT


def ses_event(kind: str, notice: str = "notice-1", **about: str) -> dict[str, Any]:
    """As SES publishes it."""
    return {
        "eventType": kind,
        kind.lower(): about,
        "mail": {"messageId": "m-1", "destination": ["mara@example.com"], "tags": {"notice": [notice]}},
    }


BOUNCE = ses_event("Bounce", bounceType="Permanent", bounceSubType="General")


def mailed(kind: NoticeKind = NoticeKind.QUESTION, **request: Any) -> Office:
    office = Office(a_request(**request))
    office.queue(a_notice(kind, to=office.request.assignee))
    assert deliver("notice-1", office.delivering) == "sent"
    return office


def tell(office: Office, event: dict[str, Any]) -> None:
    said = feedback(event)
    assert said is not None
    record_feedback(said, office.store, office.clock)


def status(office: Office) -> RequestStatus:
    return office.store.request(office.request.id).status


def test_a_bounce_ends_the_question_and_wakes_the_case() -> None:
    office = mailed()
    tell(office, BOUNCE)
    assert status(office) is RequestStatus.BOUNCED
    assert isinstance(office.store.effects[-1], WakeWorkflow)
    (event,) = office.events(EventTag.NOTICE_BOUNCED)
    assert event.data["feedback"] == "bounce"
    assert event.data["detail"] == "permanent"
    assert "mara" not in str(event)


def test_a_complaint_and_a_refusal_count_as_out_of_reach_too() -> None:
    for event in (
        ses_event("Complaint", complaintFeedbackType="abuse"),
        ses_event("Reject", reason="Bad content"),
    ):
        office = mailed()
        tell(office, event)
        assert status(office) is RequestStatus.BOUNCED


def test_an_automatic_reply_from_a_holiday_ends_nothing() -> None:
    office = mailed()
    tell(office, ses_event("Bounce", bounceType="Transient", bounceSubType="General"))
    assert status(office) is RequestStatus.OPEN
    assert EventTag.NOTICE_BOUNCED not in office.store
    assert len(office.events(EventTag.NOTICE_REPORTED)) == 1


def test_a_mail_that_is_delayed_first_and_refused_then_has_bounced() -> None:
    office = mailed()
    for action, code in (("delayed", "4.4.7"), ("failed", "5.4.7")):
        event = ses_event("Bounce", bounceType="Transient")
        event["bounce"]["bouncedRecipients"] = [{"action": action, "status": code}]
        tell(office, event)
    assert status(office) is RequestStatus.BOUNCED
    assert office.events(EventTag.NOTICE_REPORTED)[0].data["status"] == "4.4.7"
    assert office.events(EventTag.NOTICE_BOUNCED)[0].data["status"] == "5.4.7"


def test_the_same_bounce_told_twice_counts_once() -> None:
    office = mailed()
    tell(office, BOUNCE)
    tell(office, BOUNCE)
    assert len(office.events(EventTag.NOTICE_BOUNCED)) == 1
    assert sum(isinstance(effect, WakeWorkflow) for effect in office.store.effects) == 1


@pytest.mark.parametrize("first", [0, 1])
def test_a_bounce_and_a_complaint_come_to_the_same_in_either_order(first: int) -> None:
    told = [BOUNCE, ses_event("Complaint", complaintFeedbackType="abuse")]
    office = mailed()
    tell(office, told[first])
    tell(office, told[1 - first])
    assert status(office) is RequestStatus.BOUNCED
    assert len(office.events(EventTag.NOTICE_BOUNCED)) == 2
    assert sum(isinstance(effect, WakeWorkflow) for effect in office.store.effects) == 1


DELIVERY = ses_event("Delivery", timestamp="2026-10-05T12:00:01.500Z")


def test_a_delivery_is_recorded_once_with_the_carriers_time_and_ends_nothing() -> None:
    office = mailed()
    tell(office, DELIVERY)
    tell(office, DELIVERY)
    (event,) = office.events(EventTag.NOTICE_DELIVERED)
    assert event.data == {
        "notice": "notice-1",
        "kind": "question",
        "to": "M000001",
        "request": office.request.id,
        "delivered_at": "2026-10-05T12:00:01.500Z",
    }
    assert status(office) is RequestStatus.OPEN
    assert not any(isinstance(effect, WakeWorkflow) for effect in office.store.effects)


@pytest.mark.parametrize("first", [0, 1])
def test_a_mail_that_was_taken_and_then_came_back_has_bounced_in_whatever_order_that_is_told(
    first: int,
) -> None:
    told = [DELIVERY, BOUNCE]
    office = mailed()
    tell(office, told[first])
    tell(office, told[1 - first])
    assert status(office) is RequestStatus.BOUNCED
    assert len(office.events(EventTag.NOTICE_DELIVERED)) == len(office.events(EventTag.NOTICE_BOUNCED)) == 1


def test_an_address_that_the_carrier_keeps_back_counts_as_out_of_reach() -> None:
    office = mailed()
    tell(office, ses_event("Bounce", bounceType="Permanent", bounceSubType="OnAccountSuppressionList"))
    assert status(office) is RequestStatus.BOUNCED


def test_an_answer_that_came_before_the_bounce_stands() -> None:
    office = mailed()
    answer = Answer(
        choice="coach",
        reason="We talked about it.",
        answered_by=MANAGER,
        authenticated_by="link",
        answered_at=NOON,
    )
    office.change(requests=(office.request.answered(answer),))
    tell(office, BOUNCE)
    assert status(office) is RequestStatus.ANSWERED
    assert len(office.events(EventTag.NOTICE_BOUNCED)) == 1


def test_a_carrier_that_is_quicker_than_our_record_is_heard_again_later() -> None:
    office = Office()
    with pytest.raises(NotYet):
        tell(office, BOUNCE)


def test_a_receipt_that_comes_back_is_recorded_and_ends_no_question() -> None:
    office = mailed(NoticeKind.CASE_OPENED)
    tell(office, BOUNCE)
    assert status(office) is RequestStatus.OPEN
    assert len(office.events(EventTag.NOTICE_BOUNCED)) == 1


@pytest.mark.parametrize("kind", sorted(FOR_HR))
def test_what_an_hr_partner_was_to_be_told_goes_to_hrs_queue_once_if_it_comes_back(kind: NoticeKind) -> None:
    office = mailed(kind)
    tell(office, BOUNCE)
    tell(office, ses_event("Complaint", complaintFeedbackType="abuse"))
    tell(office, BOUNCE)
    (forwarded,) = {effect.id: effect for effect in office.store.effects if effect.id != "notice-1"}.values()
    assert isinstance(forwarded, Notice)
    assert (forwarded.notice, forwarded.to) == (kind, HR_QUEUE)
    assert deliver(forwarded.id, office.delivering) == "sent"
    assert [mail.to for mail in office.mailer.sent][1:] == [("hr@example.com",)]


def test_what_hrs_queue_itself_sends_back_goes_no_further() -> None:
    office = mailed(NoticeKind.CASE_OPENED, assignee=HR_QUEUE, seat="hr_queue")
    tell(office, BOUNCE)
    assert [effect.id for effect in office.store.effects] == ["notice-1"]


def test_the_queue_is_asked_until_its_deadline_whatever_comes_back() -> None:
    office = mailed(assignee=HR_QUEUE, seat="hr_queue")
    tell(office, BOUNCE)
    assert status(office) is RequestStatus.OPEN


@pytest.mark.parametrize(
    "event",
    [
        ses_event("DeliveryDelay"),
        ses_event("Open"),
        {"eventType": "Bounce", "bounce": {}, "mail": {}},
        {"eventType": "Bounce", "bounce": {}, "mail": {"tags": {"notice": ["a", "b"]}}},
        {},
        None,
        "text",
        [1],
        {"eventType": "Bounce", "mail": None, "bounce": None},
        {"eventType": "Bounce", "mail": {"tags": None}, "bounce": None},
    ],
)
def test_what_says_nothing_of_a_notice_is_let_be(event: object) -> None:
    assert feedback(event) is None


@pytest.mark.parametrize("kind", ["Bounce", "Complaint", "Reject", "Delivery"])
def test_a_report_about_a_notice_without_details_is_recorded_all_the_same(kind: str) -> None:
    office = mailed()
    tell(office, ses_event(kind) | {kind.lower(): None})
    tags = (EventTag.NOTICE_BOUNCED, EventTag.NOTICE_REPORTED, EventTag.NOTICE_DELIVERED)
    assert sum(len(office.events(tag)) for tag in tags) == 1


def test_the_handler_takes_what_sns_brings(monkeypatch: pytest.MonkeyPatch) -> None:
    office = mailed()
    monkeypatch.setattr(feedback_handler, "_dependencies", lambda: (office.store, office.clock))
    messages = [BOUNCE, ses_event("Open")]
    feedback_handler.handle(
        {"Records": [{"Sns": {"Message": json.dumps(each)}} for each in messages]}, CONTEXT
    )
    assert status(office) is RequestStatus.BOUNCED


def test_a_bounce_is_told_by_the_carriers_own_words() -> None:
    assert feedback(BOUNCE) == Feedback("notice-1", "bounce", "permanent", final=True)
