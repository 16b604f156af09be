"""What mail systems really send and do to links: each case has its files in ``tests/field_cases``."""

import re
from pathlib import Path
from typing import Any, Final

import pytest

from functions.audit.event_sentences import headline
from functions.notify.deliver import deliver
from functions.notify.handlers import feedback as feedback_handler
from functions.notify.handlers import respond as respond_handler
from shared.aws.mail import mime
from shared.domain.event import Event, EventTag
from shared.domain.request import RequestStatus
from shared.ports import Mail
from tests.unit.notify.office import Office, a_notice
from tests.unit.notify.test_handlers import CONTEXT, page_event
from tests.unit.notify.test_record_feedback import mailed, status

CASES: Final = Path(__file__).parents[2] / "field_cases"


def read(name: str) -> str:
    return (CASES / name).read_text(encoding="utf-8")


def reported(name: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Office, Event]:
    """What the report in the file makes of an open question, and the one event that it leaves."""
    office = mailed()
    before = len(office.store.seen)
    hear(office, read(name).replace("<notice id of an open question>", "notice-1"), monkeypatch)
    (event,) = office.store.seen[before:]
    return office, event


def hear(office: Office, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback_handler, "_dependencies", lambda: (office.store, office.clock))
    feedback_handler.handle({"Records": [{"Sns": {"Message": message}}]}, CONTEXT)


def said(event: Event) -> str:
    return headline(event, lambda person: person)


def test_a_reader_who_takes_a_mail_out_of_the_junk_folder_keeps_the_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    office, event = reported("36-complaint-that-is-none/ses-event.json", monkeypatch)
    assert status(office) is RequestStatus.OPEN
    assert event.tag is EventTag.NOTICE_REPORTED
    assert (event.data["feedback"], event.data["detail"]) == ("complaint", "not-spam")
    assert said(event) == "M000001 marked a mail as not spam: question."


def test_a_final_refusal_that_ses_calls_transient_ends_the_question(monkeypatch: pytest.MonkeyPatch) -> None:
    office, event = reported("37-transient-that-is-final/ses-event.json", monkeypatch)
    assert status(office) is RequestStatus.BOUNCED
    assert event.tag is EventTag.NOTICE_BOUNCED
    assert (event.data["detail"], event.data["status"]) == ("transient", "5.1.1")
    assert said(event) == "A mail to M000001 could not be delivered: question."


def test_an_automatic_reply_is_recorded_as_something_passing(monkeypatch: pytest.MonkeyPatch) -> None:
    office, event = reported("38-out-of-office-in-the-record/ses-event.json", monkeypatch)
    assert status(office) is RequestStatus.OPEN
    assert event.tag is EventTag.NOTICE_REPORTED
    assert said(event) == (
        "The mail service reported something passing about a mail to M000001, such as an automatic reply: "
        "question."
    )


@pytest.mark.parametrize(
    "message",
    [
        read("39-ses-says-hello/sns-message.txt"),
        "null",
        "[]",
        '"text"',
        '{"eventType": "Bounce", "mail": null, "bounce": null}',
    ],
)
def test_what_is_no_event_of_ses_is_logged_and_left(message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    office = mailed()
    before = len(office.store.seen)
    hear(office, message, monkeypatch)
    assert len(office.store.seen) == before


ENDS: Final = [".", ")", ">", "\n", "=", "/"]
"""The signs that the list of case 40 has, as the API hands them over."""


def test_a_link_as_gateways_leave_it_leads_to_its_page(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = read("40-links-as-gateways-leave-them/links.txt")
    assert all(end.replace("\n", "%0A") in listed for end in ENDS)
    office = Office()
    monkeypatch.setattr(respond_handler, "_dependencies", lambda: ("https://c.example", office.responding))
    token = office.link()
    for path in (token.lower(), token.upper(), *(token + end for end in ENDS)):
        assert respond_handler.handle(page_event(path), CONTEXT)["statusCode"] == 200
    wrong = respond_handler.handle(page_event(token[:-1]), CONTEXT)
    assert wrong["statusCode"] == 404
    assert "This link does not work" in wrong["body"]
    assert office.counted == {"malformed": 1}


def test_no_break_falls_into_a_link_of_the_default_address() -> None:
    (address,) = re.findall(r"https://\S+", read("41-link-cut-by-its-encoding/settings.txt"))
    office = Office()
    office.queue(a_notice())
    deliver("notice-1", office.delivering)
    (sent,) = office.mailer.sent
    texts: dict[str, Any] = {
        part: getattr(sent, part).replace("https://cases.example.com", address) for part in ("text", "html")
    }
    raw = mime(Mail(sent.notice_id, sent.to, sent.subject, **texts), "plumbline@example.com")
    assert len(f"{address}/r/{'k' * 52}") > 76
    assert raw.count(b"Content-Transfer-Encoding: base64") == 2
    assert b"quoted-printable" not in raw
