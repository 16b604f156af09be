"""The response page's door: what cannot be read is refused, and what fails says when to try again."""

import base64
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from functions.notify.handlers import respond as respond_handler
from shared.domain.errors import Conflict, IntegrityError, NotFound, NotYet, PlumblineError, Throttled
from shared.domain.request import RequestStatus
from tests.unit.notify.office import Office
from tests.unit.notify.test_handlers import CONTEXT, page_event
from tests.unit.notify.test_respond import filled, get

DENIED: Any = {"Error": {"Code": "AccessDeniedException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
THROTTLED: Any = {"Error": {"Code": "ThrottlingException"}, "ResponseMetadata": {"HTTPStatusCode": 400}}


@pytest.fixture
def office(monkeypatch: pytest.MonkeyPatch) -> Office:
    office = Office()
    monkeypatch.setattr(
        respond_handler, "_dependencies", lambda: ("https://cases.example.com", office.responding)
    )
    return office


def answered(office: Office) -> bool:
    return office.store.request(office.request.id).status is RequestStatus.ANSWERED


@pytest.mark.parametrize(
    ("body", "encoded", "status"),
    [
        ("A", True, 400),
        (base64.b64encode(b"reason=\xff").decode(), True, 400),
        ("reason=\ud800", False, 400),
        ("reason=" + "x" * 70_000, False, 413),
        (base64.b64encode(b"x" * 70_000).decode(), True, 413),
        ("reason=%ed%a0%80", False, 400),
        ("&" * 10_000, False, 400),
    ],
)
def test_a_body_that_is_no_form_is_refused(office: Office, body: str, encoded: bool, status: int) -> None:
    event = page_event(office.link(), "POST", body) | {"isBase64Encoded": encoded}
    assert respond_handler.handle(event, CONTEXT)["statusCode"] == status
    assert not answered(office)


@pytest.mark.parametrize("token", ["x" * 129, "x" * 6000, "\x00", "\ud800", "é" * 3000, "..", "%00"])
def test_what_is_no_token_is_a_wrong_link(office: Office, token: str) -> None:
    for method in ("GET", "HEAD"):
        assert respond_handler.handle(page_event(token, method), CONTEXT)["statusCode"] == 404
    form = urlencode({"choice": "coach", "reason": "We talked it through."})
    assert respond_handler.handle(page_event(token, "POST", form), CONTEXT)["statusCode"] == 404


@pytest.mark.parametrize(
    ("fault", "status", "after"),
    [
        (Conflict("somebody else was first"), 409, "1"),
        (Throttled("slow down"), 503, "5"),
        (NotYet("not yet"), 503, "5"),
        (ClientError(THROTTLED, "Decrypt"), 503, "5"),
        (EndpointConnectionError(endpoint_url="https://kms.example"), 503, "5"),
    ],
)
def test_a_fault_that_passes_says_that_nothing_was_recorded(
    office: Office, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int, after: str
) -> None:
    token = office.link()
    form = urlencode(filled(get(office, token)))

    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(office.store, "commit", fail)
    answer = respond_handler.handle(page_event(token, "POST", form), CONTEXT)
    assert (answer["statusCode"], answer["headers"]["retry-after"]) == (status, after)
    assert "Nothing of yours was recorded" in answer["body"]
    assert "kms" not in answer["body"]
    assert not answered(office)


def test_a_link_to_a_question_that_is_no_longer_kept_is_a_wrong_link(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        raise NotFound("there is no request")

    monkeypatch.setattr(office.store, "request", gone)
    answer = respond_handler.handle(page_event(office.link()), CONTEXT)
    assert (answer["statusCode"], "This link does not work" in answer["body"]) == (404, True)


@pytest.mark.parametrize("fault", [IntegrityError("other bytes"), ClientError(DENIED, "PutItem")])
def test_a_fault_of_ours_raises_the_alarm(
    office: Office, monkeypatch: pytest.MonkeyPatch, fault: PlumblineError
) -> None:
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr(office.store, "commit", fail)
    with pytest.raises(type(fault)):
        respond_handler.handle(page_event(office.link()), CONTEXT)
