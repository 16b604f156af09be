"""Each event of a case as a sentence that HR, counsel and a court can read. Pure.

``name_of`` turns a person's id into a name; for a reader who may not see names it returns the id.
"""

import re
from collections.abc import Mapping
from string import Formatter
from typing import Any, Final

from shared.domain.event import Actor, ActorKind, Authentication, Event, EventTag
from shared.domain.labels import label
from shared.domain.person import NameOf

# By tag: the sentence for an event that has every member named in it, and the sentence for any other event.
_SENTENCES: Final[dict[EventTag, tuple[str, str]]] = {
    EventTag.EXPORT_RECEIVED: ("", "An export arrived."),
    EventTag.EXPORT_ACCEPTED: ("", "The export was accepted."),
    EventTag.EXPORT_REFUSED: (
        "The export was refused: {code}. No data was changed.",
        "The export was refused.",
    ),
    EventTag.EXPORT_REPEATED: ("", "The same export arrived again. No data was changed."),
    EventTag.FACTS_RECORDED: ("", "The figures in the export were recorded."),
    EventTag.DIRECTORY_RECORDED: ("", "A directory of people was recorded."),
    EventTag.EVALUATION_STARTED: ("An evaluation of {period} began.", "An evaluation began."),
    EventTag.EVALUATION_COMPLETED: (
        "The evaluation of {period} was completed.",
        "The evaluation was completed.",
    ),
    EventTag.EVALUATION_SKIPPED: ("No evaluation was made: {why}.", "No evaluation was made."),
    EventTag.CASE_OPENED: (
        "The case was opened for {period} under these rules: {rules}.",
        "The case was opened.",
    ),
    EventTag.CASE_MARKED: (
        "Restated figures of {period} changed the outcome to {outcome}. HR is asked whether to "
        "withdraw the case.",
        "Restated figures changed the outcome. HR is asked whether to withdraw the case.",
    ),
    EventTag.CASE_HELD: ("The case was put on hold: {reason}.", "The case was put on hold."),
    EventTag.LEAVE_REPORTED: ("", "HR reported that the rep is on leave. The case is to be paused."),
    EventTag.OCCURRENCE_NOTED: ("", "Recorded; no effect on the case."),
    EventTag.CASE_RESUMED: ("", "The case was resumed. The days on hold do not count."),
    EventTag.CASE_CLOSED: ("The case was closed: {exit}.", "The case was closed."),
    EventTag.OWNER_CHANGED: (
        "{to} must act next, instead of {from}.",
        "Another person must act next.",
    ),
    EventTag.RESULTS_ARRIVED: ("Results of {periods} arrived.", "New results arrived."),
    EventTag.REQUEST_SENT: (
        "{assignee} ({seat}) was asked about the {purpose} and must answer by {due_at}.",
        "A question was asked.",
    ),
    EventTag.REQUEST_REMINDED: (
        "{assignee} ({seat}) was reminded and must answer by {due_at}.",
        "A reminder was sent.",
    ),
    EventTag.REQUEST_ESCALATED: (
        "The question was passed on to {assignee} ({seat}), who must answer by {due_at}.",
        "The question was passed on to the next person in the chain.",
    ),
    EventTag.REQUEST_ANSWERED: (
        "The question about the {purpose}, asked of {assignee} ({seat}), was answered: {choice}.",
        "The question was answered.",
    ),
    EventTag.REQUEST_EXPIRED: (
        "Nobody answered the question about the {purpose} in time. Silence does not count as consent.",
        "Nobody answered in time. Silence does not count as consent.",
    ),
    EventTag.REQUEST_WITHDRAWN: (
        "The question about the {purpose} was withdrawn.",
        "A question was withdrawn.",
    ),
    EventTag.ANSWER_REFUSED: ("An answer was refused: {why}.", "An answer was refused."),
    EventTag.LINK_OPENED: ("", "The link was opened for the first time."),
    EventTag.LINK_REFUSED: ("A link was refused: {why}.", "A link was refused."),
    EventTag.NOTICE_QUEUED: ("", "A notice was prepared."),
    EventTag.NOTICE_SENT: ("A mail was sent to {to}: {kind}.", "A mail was sent."),
    EventTag.NOTICE_FAILED: ("A mail to {to} could not be sent: {kind}.", "A mail could not be sent."),
    EventTag.NOTICE_DELIVERED: (
        "The mail server of {to} accepted a mail: {kind}.",
        "The recipient's mail server accepted a mail.",
    ),
    EventTag.NOTICE_BOUNCED: (
        "A mail to {to} could not be delivered: {kind}.",
        "A mail could not be delivered.",
    ),
    EventTag.NOTICE_REPORTED: (
        "The mail service reported something passing about a mail to {to}, such as an automatic reply: "
        "{kind}.",
        "The mail service reported something passing about a mail, such as an automatic reply.",
    ),
    EventTag.STAGE_ENTERED: ("The case entered the stage “{stage}”.", "The case entered a stage."),
    EventTag.STAGE_GATED: (
        "HR was asked whether the stage “{to}” may begin.",
        "HR was asked whether a stage may begin.",
    ),
    EventTag.STAGE_APPROVED: ("HR approved the stage “{to}”.", "HR approved the stage."),
    EventTag.STAGE_SENT_BACK: (
        "HR did not approve the stage “{to}”: {choice}.",
        "HR did not approve the stage.",
    ),
    EventTag.STAGE_BEGUN: ("The stage “{stage}” began. It ends on {ends_at}.", "The stage began."),
    EventTag.STAGE_EXTENDED: (
        "The stage was extended by {days} days, to {ends_at}. Reason: {because}.",
        "The stage was extended.",
    ),
    EventTag.STAGE_ENDED: ("The stage “{stage}” ended.", "The stage ended."),
    EventTag.REP_TOLD: ("", "The rep was informed."),
    EventTag.WITHDRAWAL_DECIDED: (
        "HR decided whether to withdraw the case: {choice}.",
        "HR decided whether to withdraw the case.",
    ),
    EventTag.CHECK_IN_ASKED: ("{assignee} was asked to hold a check-in.", "A check-in was requested."),
    EventTag.CHECK_IN_DONE: ("", "A check-in was held."),
    EventTag.CHECK_IN_MISSED: (
        "A check-in was missed ({because}). The company missed it, not the rep.",
        "A check-in was missed. The company missed it, not the rep.",
    ),
    EventTag.DISPUTE_RAISED: ("", "The figures were disputed. HR and the owner of the figures are informed."),
    EventTag.DISPUTE_DECIDED: (
        "HR decided about the disputed figures: {choice}.",
        "HR decided about the disputed figures.",
    ),
    EventTag.EXCEPTION_REQUESTED: ("", "An exception was requested."),
    EventTag.EXCEPTION_DECIDED: (
        "HR decided about the exception: {choice}.",
        "HR decided about the exception.",
    ),
    EventTag.REP_ACKNOWLEDGED: ("", "The rep acknowledged the notice. This is not agreement."),
    EventTag.REP_REBUTTED: ("", "The rep made a statement."),
    EventTag.REMOVAL_PROPOSED: ("", "Removal was proposed. A second person, from HR, must approve it."),
    EventTag.REMOVAL_APPROVED: (
        "A second person approved the removal that {proposed_by} had proposed.",
        "A second person approved the removal.",
    ),
    EventTag.REMOVAL_SENT_BACK: ("", "HR sent the proposal back."),
    EventTag.WORKFLOW_STARTED: ("", "The workflow that watches the deadlines was started."),
    EventTag.WORKFLOW_RESTARTED: (
        "",
        "The workflow that watches the deadlines was restarted after an interruption.",
    ),
    EventTag.KEY_ROTATED: ("", "The signing key of the ledger was replaced."),
    EventTag.SUBJECT_SHREDDED: ("", "Personal data was erased. All hashes and signatures stay valid."),
    EventTag.HOLD_PLACED: ("", "A legal hold was placed."),
    EventTag.HOLD_LIFTED: ("", "The legal hold was lifted."),
    EventTag.EVIDENCE_EXPORTED: ("", "Evidence was exported."),
    EventTag.RECORD_READ: ("", "A person opened the record."),
    EventTag.CHECKPOINT_ANCHORED: ("", "A checkpoint was sent to an outside holder."),
}

_NOT_SPAM: Final = ("{to} marked a mail as not spam: {kind}.", "A reader marked a mail as not spam.")
_SPAM: Final = ("{to} marked a mail as spam: {kind}.", "A reader marked a mail as spam.")
_MAIL_NOT_SENT: Final = (
    "The question about the {purpose} was withdrawn, because its mail had not left by the deadline. "
    "Nobody was silent.",
    "A question was withdrawn, because its mail had not left by the deadline. Nobody was silent.",
)
_PEOPLE: Final = frozenset(
    ("assignee", "on_behalf_of", "owner", "by", "from", "proposed_by", "in_place_of", "rep")
)
_BACKGROUND: Final = frozenset(
    (
        EventTag.RECORD_READ,
        EventTag.LINK_OPENED,
        EventTag.NOTICE_QUEUED,
        EventTag.NOTICE_SENT,
        EventTag.NOTICE_DELIVERED,
        EventTag.OWNER_CHANGED,
        EventTag.OCCURRENCE_NOTED,
        EventTag.WORKFLOW_STARTED,
        EventTag.WORKFLOW_RESTARTED,
        EventTag.EVIDENCE_EXPORTED,
    )
)
_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d\.\d{3}Z")


def headline(event: Event, name_of: NameOf) -> str:
    """What happened, in a sentence or two, without any typed text."""
    full, plain = _sentences(event)
    data = {"why": event.data.get("reason") or event.data.get("because"), **event.data}
    named = [key for _, key, _, _ in Formatter().parse(full) if key]
    if not full or any(_missing(data, key) for key in named):
        return plain
    said = full.format_map({key: _text(key, data[key], name_of) for key in named})
    return said[0].upper() + said[1:]


def _sentences(event: Event) -> tuple[str, str]:
    """As ``_SENTENCES``, except for events whose data says more than their tag."""
    match event.tag, event.data.get("feedback"), event.data.get("detail"):
        case EventTag.NOTICE_BOUNCED | EventTag.NOTICE_REPORTED, "complaint", "not-spam":
            return _NOT_SPAM
        case EventTag.NOTICE_BOUNCED, "complaint", _:
            return _SPAM
        case EventTag.NOTICE_BOUNCED, "bounce", "transient" | "undetermined" if "status" not in event.data:
            # Release 0.1 recorded a passing report under the tag of a final one.
            return _SENTENCES[EventTag.NOTICE_REPORTED]
        case EventTag.REQUEST_WITHDRAWN, _, _ if event.data.get("because") == "mail_not_sent":
            return _MAIL_NOT_SENT
        case _:
            return _SENTENCES[event.tag]


def in_background(event: Event) -> bool:
    """Whether the event records machinery and no step of the case: pages show it only on request."""
    return event.tag in _BACKGROUND


def actor_in_words(actor: Actor, name_of: NameOf) -> str:
    """The actor, and how they were authenticated."""
    if actor.kind in (ActorKind.SYSTEM, ActorKind.SERVICE):
        return "Plumbline" if actor.kind is ActorKind.SYSTEM else actor.id
    how = {
        Authentication.LINK: "by personal link",
        Authentication.LINK_AND_CODE: "by personal link and one-time code",
        Authentication.COGNITO: "signed in",
        Authentication.IAM: "by a cloud account",
    }.get(actor.authenticated_by, "not authenticated")
    return f"{name_of(actor.id)} ({how})"


def _missing(data: Mapping[str, Any], key: str) -> bool:
    return data.get(key) in (None, "", [])


_LABELS: Final[Mapping[str, str]] = {
    "choice": "answer",
    "exit": "exit",
    "outcome": "outcome",
    "purpose": "question_topic",
    "seat": "seat",
    "stage": "stage",
}
"""The kind of label for each named value that has one."""


def _text(key: str, value: Any, name_of: NameOf) -> str:
    if isinstance(value, list):
        return ", ".join(_text(key, one, name_of) for one in value)
    text = str(value)
    if found := _TIME.fullmatch(text):
        return f"{found[1]} {found[2]} UTC"
    if key in _LABELS:
        return label(_LABELS[key], text)
    named = name_of(text)
    return named if named != text or key in _PEOPLE else text.replace("_", " ")
