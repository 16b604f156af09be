"""The two Lambdas as AWS calls them: what they are handed, and what they hand back."""

import base64
import json
import logging
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlencode

import pytest

from functions.notify.handlers import relay as relay_handler
from functions.notify.handlers import respond as respond_handler
from shared.domain.effect import NoticeKind, WakeWorkflow
from shared.domain.event import EventTag
from shared.domain.identifiers import PersonId, case_subject
from shared.domain.request import RequestStatus
from tests.fakes.builders import CASE
from tests.unit.notify.office import Office, a_notice
from tests.unit.notify.test_respond import FORM, filled

CONTEXT: Any = SimpleNamespace(
    function_name="test",
    memory_limit_in_mb=128,
    invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:test",
    aws_request_id="request-1",
    get_remaining_time_in_millis=lambda: 100_000,
)


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    office = Office()
    monkeypatch.setattr(relay_handler, "_dependencies", lambda: office.relaying)
    monkeypatch.setattr(
        respond_handler, "_dependencies", lambda: ("https://cases.example.com", office.responding)
    )
    return office


def rung(pk: str, sk: str, number: int = 1, name: str = "INSERT", **image: dict[str, str]) -> dict[str, Any]:
    """A record of the table's stream, as Lambda hands it over."""
    return {
        "eventID": f"e-{number}",
        "eventName": name,
        "eventSource": "aws:dynamodb",
        "dynamodb": {
            "Keys": {"pk": {"S": pk}, "sk": {"S": sk}},
            "NewImage": {"pk": {"S": pk}, "sk": {"S": sk}, **image},
            "SequenceNumber": str(number),
            "StreamViewType": "NEW_IMAGE",
        },
    }


def effect_row(effect_id: str, number: int = 1, name: str = "INSERT") -> dict[str, Any]:
    return rung(f"OUTBOX#{effect_id}", "OUTBOX", number, name)


def test_a_new_outbox_row_rings_and_is_delivered(office: Office) -> None:
    office.queue(a_notice())
    answer = relay_handler.handle({"Records": [effect_row("notice-1")]}, CONTEXT)
    assert answer == {"batchItemFailures": []}
    assert len(office.mailer) == 1


def test_the_same_record_twice_mails_once(office: Office) -> None:
    office.queue(a_notice())
    records = [effect_row("notice-1", 1), effect_row("notice-1", 2)]
    assert relay_handler.handle({"Records": records}, CONTEXT) == {"batchItemFailures": []}
    assert len(office.mailer) == 1


def test_what_failed_is_handed_back_to_the_stream_and_the_rest_is_done(office: Office) -> None:
    office.queue(a_notice(), WakeWorkflow(id="wake-1", case_id=CASE))
    office.mailer.down = True
    answer = relay_handler.handle({"Records": [effect_row("notice-1", 1), effect_row("wake-1", 2)]}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert [row.effect.id for row in office.store.pending()] == ["notice-1"]


def test_a_batch_that_failed_as_a_whole_is_handed_back_too(office: Office) -> None:
    office.queue(a_notice())
    office.mailer.down = True
    answer = relay_handler.handle({"Records": [effect_row("notice-1", 7)]}, CONTEXT)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "7"}]}


def test_an_attempt_that_is_counted_rings_nothing(office: Office) -> None:
    office.queue(a_notice())
    relay_handler.handle({"Records": [effect_row("notice-1", name="MODIFY")]}, CONTEXT)
    assert len(office.mailer) == 0


def test_events_of_cases_go_to_the_topic_and_others_do_not(office: Office) -> None:
    (event,) = office.store.events(case_subject(CASE))
    body = {"B": base64.b64encode(event).decode()}
    records = [
        rung(f"CHAIN#case/{CASE}", "EVENT#000000000001", 1, body=body),
        rung(f"CHAIN#case/{CASE}", "HEAD", 2),
        rung("CHAIN#batch/b", "EVENT#000000000001", 3, body=body),
        rung(f"CASE#{CASE}", "CASE", 4),
    ]
    assert relay_handler.handle({"Records": records}, CONTEXT) == {"batchItemFailures": []}
    assert office.topic.published == [event]


def test_the_schedule_sweeps_up_what_the_stream_left(office: Office) -> None:
    office.queue(a_notice(NoticeKind.CASE_OPENED, to=PersonId("H001")))
    office.clock.advance(minutes=5)
    assert relay_handler.handle({"source": "aws.events"}, CONTEXT) == {"sent": 1}


def test_the_ring_of_a_working_day_queues_the_digests(office: Office) -> None:
    assert relay_handler.handle({"task": "digest"}, CONTEXT) == {"digests": 1}


def page_event(token: str, method: str = "GET", body: str = "", encoded: bool = False) -> dict[str, Any]:
    return {
        "version": "2.0",
        "routeKey": "ANY /r/{token}",
        "rawPath": f"/r/{token}",
        "headers": {"Content-Type": FORM["content-type"], "Sec-Fetch-Site": "same-origin"},
        "requestContext": {"http": {"method": method, "path": f"/r/{token}"}},
        "pathParameters": {"token": token},
        "body": base64.b64encode(body.encode()).decode() if encoded else body,
        "isBase64Encoded": encoded,
    }


@pytest.mark.parametrize("encoded", [False, True])
def test_a_page_is_shown_and_its_form_taken_however_its_body_comes(office: Office, encoded: bool) -> None:
    token = office.link()
    page = respond_handler.handle(page_event(token), CONTEXT)
    assert page["statusCode"] == 200
    assert page["headers"]["content-type"] == "text/html; charset=utf-8"
    body = urlencode(filled(SimpleNamespace(body=page["body"])))  # type: ignore[arg-type]
    answer = respond_handler.handle(page_event(token, "POST", body, encoded), CONTEXT)
    assert answer["statusCode"] == 200
    assert office.store.request(office.request.id).status is RequestStatus.ANSWERED


def test_a_path_without_a_token_is_a_wrong_link(office: Office) -> None:
    event = page_event("") | {"pathParameters": None}
    assert respond_handler.handle(event, CONTEXT)["statusCode"] == 404


def test_no_token_and_no_word_of_anybody_is_logged(
    office: Office, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = office.link()
    page = respond_handler.handle(page_event(token), CONTEXT)
    words = filled(SimpleNamespace(body=page["body"]), reason="Something private here")  # type: ignore[arg-type]
    respond_handler.handle(page_event(token, "POST", urlencode(words)), CONTEXT)
    office.queue(a_notice(NoticeKind.CASE_OPENED, to=PersonId("H001")))
    office.mailer.down = True
    relay_handler.handle({"Records": [effect_row("notice-1")]}, CONTEXT)
    logged = "".join(capsys.readouterr()) + caplog.text
    assert office.events(EventTag.REQUEST_ANSWERED)
    for secret in (f'"{token}"', f"/r/{token}", "private", "Ines", "dana@example.org"):
        assert secret not in logged
    assert all(json.loads(line) for line in logged.splitlines() if line.startswith("{"))
