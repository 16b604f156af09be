"""Records what SES reports about a mail: delivered, bounced, rejected, or complained about."""

import re
from dataclasses import dataclass
from typing import Any, Final

from functions.notify.notice_events import forward_to_queue, noted, out_of_reach
from shared.domain.effect import Notice, sent_command
from shared.domain.errors import NotYet
from shared.domain.event import Actor, ActorKind, EventTag
from shared.domain.identifiers import CommandId, derived_id
from shared.ports import CaseStore, Clock
from shared.retry import retry_on_conflict

CARRIER: Final = Actor(ActorKind.SERVICE, "ses")
_STATUS: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}", re.ASCII)
"""An enhanced mail system status code (RFC 3463)."""
_NOT_SPAM: Final = "not-spam"
"""The type of a complaint (RFC 5965) by which a reader takes a mail out of the junk folder."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """One report of SES. ``final``: this reader cannot be reached by mail.

    ``detail`` is what SES itself says: the kind of bounce or complaint, or the time of delivery.
    ``status`` is the status code of the reader's mail system, if SES reports one.
    """

    notice_id: str
    kind: str
    detail: str
    final: bool
    status: str | None = None


def feedback(event: object) -> Feedback | None:
    """What an SES event reports; None for anything that says nothing about a notice's delivery."""
    tags = _object(_object(_object(event).get("mail")).get("tags")).get("notice")
    kind = str(_object(event).get("eventType", "")).lower()
    if not isinstance(tags, list) or len(tags) != 1:
        return None
    notice_id, about = str(tags[0]), _object(_object(event).get(kind))
    match kind:
        case "delivery":
            return Feedback(notice_id, kind, str(about.get("timestamp") or "unknown"), final=False)
        case "bounce":
            return _bounce(notice_id, about)
        case "complaint":
            detail = str(about.get("complaintFeedbackType") or "unknown").lower()
            return Feedback(notice_id, kind, detail, final=detail != _NOT_SPAM)
        case "reject":
            return Feedback(notice_id, kind, str(about.get("reason") or "unknown").lower(), final=True)
        case _:
            return None


def record_feedback(said: Feedback, store: CaseStore, clock: Clock) -> None:
    """Record the report once. If the reader cannot be reached, end the question and wake the case.

    SES may report twice and in any order, and sooner than we have recorded the sending. Raises NotYet until
    the sending is recorded, so that SNS delivers the report again.
    """
    sent = store.outcome(sent_command(said.notice_id))
    if sent is None:
        raise NotYet(f"the sending of {said.notice_id} is not recorded yet")
    notice = Notice.model_validate_json(sent)
    # A mail that was delayed at first may be refused for good later, under the same detail.
    parts = (said.kind, said.detail) if said.status is None else (said.kind, said.detail, said.status)
    command = CommandId(derived_id("feedback", said.notice_id, *parts))
    if said.final:
        forward_to_queue(notice, CARRIER, clock.now(), store)
    change = noted(_tag(said), command, notice, CARRIER, clock.now(), _data(said), {})
    retry_on_conflict(lambda: store.commit(out_of_reach(change, notice, store) if said.final else change))


def _bounce(notice_id: str, about: dict[str, Any]) -> Feedback:
    """A bounce is final if SES or the reader's mail system says so.

    SES calls some final refusals transient. An automatic reply also arrives as a transient bounce, but it has
    no status.
    """
    detail = str(about.get("bounceType") or "unknown").lower()
    listed = about.get("bouncedRecipients")
    # Each mail has one recipient.
    recipient = _object(listed[0]) if isinstance(listed, list) and listed else {}
    code = str(recipient.get("status") or "")
    status = code if _STATUS.fullmatch(code) else None
    failed = recipient.get("action") == "failed" and status is not None and status.startswith("5.")
    return Feedback(notice_id, "bounce", detail, detail == "permanent" or failed, status)


def _tag(said: Feedback) -> EventTag:
    if said.kind == "delivery":
        return EventTag.NOTICE_DELIVERED
    return EventTag.NOTICE_BOUNCED if said.final else EventTag.NOTICE_REPORTED


def _data(said: Feedback) -> dict[str, str]:
    if said.kind == "delivery":
        return {"delivered_at": said.detail}
    status = {} if said.status is None else {"status": said.status}
    return {"feedback": said.kind, "detail": said.detail} | status


def _object(value: object) -> dict[str, Any]:
    """The value if it is a JSON object, otherwise an empty one: SES sends null where nothing is known."""
    return value if isinstance(value, dict) else {}
