"""Records what SES reports about a mail: delivered, bounced, rejected, or complained about."""

from dataclasses import dataclass
from typing import Any, Final

from functions.notify.notice_events import forward_to_queue, noted, out_of_reach, sent_command
from shared.domain.effect import Notice
from shared.domain.errors import NotYet
from shared.domain.event import Actor, ActorKind, EventTag
from shared.domain.identifiers import CommandId, derived_id
from shared.ports import CaseStore, Clock
from shared.retry import retry_on_conflict

CARRIER: Final = Actor(ActorKind.SERVICE, "ses")


@dataclass(frozen=True, slots=True)
class Feedback:
    """One report of SES. ``final``: this reader cannot be reached by mail.

    ``detail`` is what SES itself says: the kind of bounce or complaint, or the time of delivery.
    """

    notice_id: str
    kind: str
    detail: str
    final: bool


def feedback(event: dict[str, Any]) -> Feedback | None:
    """What an SES event reports; None for an event that says nothing about a notice's delivery.

    A transient bounce is recorded and ends nothing: an out-of-office reply also arrives as one.
    """
    tags = event.get("mail", {}).get("tags", {}).get("notice", [])
    kind = str(event.get("eventType", "")).lower()
    if len(tags) != 1 or kind not in ("delivery", "bounce", "complaint", "reject"):
        return None
    about = event.get(kind, {})
    if kind == "delivery":
        return Feedback(str(tags[0]), kind, str(about.get("timestamp") or "unknown"), final=False)
    detail = about.get("bounceType") or about.get("complaintFeedbackType") or about.get("reason") or "unknown"
    return Feedback(str(tags[0]), kind, str(detail).lower(), kind != "bounce" or detail == "Permanent")


def record_feedback(said: Feedback, store: CaseStore, clock: Clock) -> None:
    """Record the report once. If the reader cannot be reached, end the question and wake the case.

    SES may report twice and in any order, and sooner than we have recorded the sending. Raises NotYet until
    the sending is recorded, so that SNS delivers the report again.
    """
    sent = store.outcome(sent_command(said.notice_id))
    if sent is None:
        raise NotYet(f"the sending of {said.notice_id} is not recorded yet")
    notice = Notice.model_validate_json(sent)
    command = CommandId(derived_id("feedback", said.notice_id, said.kind, said.detail))
    tag, data = EventTag.NOTICE_BOUNCED, {"feedback": said.kind, "detail": said.detail}
    if said.kind == "delivery":
        tag, data = EventTag.NOTICE_DELIVERED, {"delivered_at": said.detail}
    if said.final:
        forward_to_queue(notice, CARRIER, clock.now(), store)
    change = noted(tag, command, notice, CARRIER, clock.now(), data, {})
    retry_on_conflict(lambda: store.commit(out_of_reach(change, notice, store) if said.final else change))
