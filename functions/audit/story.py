"""A case's events as the sentences of a story. Pure.

``name_of`` says who an id is; for a reader without names it is the identity.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from shared.domain.event import Actor, ActorKind, Authentication, Event

NameOf = Callable[[str], str]

_SAYS: Final[dict[str, str]] = {
    "case:opened": "The case was opened.",
    "case:marked": "A restatement undid the findings that opened the case; HR is asked to confirm.",
    "case:held": "The clock was stopped.",
    "case:resumed": "The clock runs again; the days between do not count.",
    "case:closed": "The case was closed.",
    "owner:changed": "Somebody else has to act next.",
    "results:arrived": "New results arrived.",
    "request:sent": "A question was put.",
    "request:reminded": "A reminder was sent.",
    "request:escalated": "Without an answer in time, the question went on to the next.",
    "request:answered": "The question was answered.",
    "request:expired": "The time to answer ran out. Silence was not taken for consent.",
    "answer:refused": "An answer was not taken.",
    "link:opened": "The link was opened for the first time.",
    "link:refused": "A link was refused.",
    "notice:queued": "A notice was prepared.",
    "notice:sent": "A notice was sent.",
    "notice:failed": "A notice could not be sent.",
    "notice:bounced": "A notice came back.",
    "stage:entered": "A stage began.",
    "stage:gated": "HR was asked to release the next stage.",
    "stage:approved": "HR released the stage.",
    "dispute:raised": "The figures were disputed.",
    "dispute:decided": "The dispute was decided.",
    "exception:requested": "An exception was asked for.",
    "exception:decided": "The exception was decided.",
    "check_in:done": "A check-in took place.",
    "check_in:missed": "A check-in was missed. This is the company's miss, not the rep's.",
    "rep:acknowledged": "The rep took note, which is not agreement.",
    "rep:rebutted": "The rep answered with a statement of their own.",
    "removal:proposed": "Removal was proposed.",
    "removal:approved": "Removal was approved by a second person.",
    "removal:sent_back": "The proposal was sent back.",
    "workflow:started": "The deadlines were set going.",
    "workflow:restarted": "The deadlines were set going again after an interruption.",
    "subject:shredded": "The rep's personal data was erased; the seals stay valid.",
    "hold:placed": "A legal hold was placed.",
    "hold:lifted": "The legal hold was lifted.",
    "evidence:exported": "Evidence was exported.",
    "record:read": "The record was opened.",
}

_PEOPLE: Final = ("assignee", "on_behalf_of", "owner", "to", "answered_by", "proposer", "approver")
_BACKGROUND: Final = frozenset(
    ("record:read", "link:opened", "notice:queued", "notice:sent", "workflow:started", "workflow:restarted")
)


def headline(event: Event, name_of: NameOf) -> str:
    """What happened, in a sentence or two, without what was typed."""
    said = _SAYS.get(event.tag.value, event.tag.value.replace("_", " ").replace(":", " ") + ".")
    details = _details(event.data, name_of)
    return f"{said} {details}" if details else said


def in_background(event: Event) -> bool:
    """Whether the event is of the machinery: kept and shown when asked for, not part of the story."""
    return event.tag.value in _BACKGROUND


def who(actor: Actor, name_of: NameOf) -> str:
    """The actor with how they were known to be who they say."""
    if actor.kind in (ActorKind.SYSTEM, ActorKind.SERVICE):
        return "Plumbline" if actor.kind is ActorKind.SYSTEM else actor.id
    how = {
        Authentication.LINK: "by personal link",
        Authentication.LINK_AND_CODE: "by personal link and one-time code",
        Authentication.COGNITO: "signed in",
        Authentication.IAM: "by an account of the cloud",
    }.get(actor.authenticated_by, "not authenticated")
    return f"{name_of(actor.id)} ({how})"


def _details(data: Mapping[str, Any], name_of: NameOf) -> str:
    parts = []
    for key in sorted(data):
        value = data[key]
        if key.endswith("_id") or not isinstance(value, str | int) or isinstance(value, bool) or value == "":
            continue
        text = name_of(str(value)) if key in _PEOPLE else str(value).replace("_", " ")
        parts.append(f"{key.replace('_', ' ')}: {text}")
    return "; ".join(parts)
