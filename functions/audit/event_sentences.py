"""A case's events as the sentences of a story. Pure.

``name_of`` says who an id is; for a reader without names it is the identity.
"""

import re
from collections.abc import Mapping
from string import Formatter
from typing import Any, Final

from shared.domain.event import Actor, ActorKind, Authentication, Event, EventTag
from shared.domain.labels import label
from shared.domain.person import NameOf

# What is said where the event has all that the sentence names, and what is said otherwise.
_SAYS: Final[dict[EventTag, tuple[str, str]]] = {
    EventTag.EXPORT_RECEIVED: ("", "An export arrived."),
    EventTag.EXPORT_ACCEPTED: ("", "The export was taken."),
    EventTag.EXPORT_REFUSED: (
        "The export was refused: {code}. Nothing was changed.",
        "The export was refused.",
    ),
    EventTag.EXPORT_REPEATED: ("", "The same export came once more. Nothing was changed."),
    EventTag.FACTS_RECORDED: ("", "Its facts were recorded."),
    EventTag.DIRECTORY_RECORDED: ("", "A new directory of people is in force."),
    EventTag.EVALUATION_STARTED: ("An evaluation of {period} began.", "An evaluation began."),
    EventTag.EVALUATION_COMPLETED: (
        "The evaluation of {period} was completed.",
        "The evaluation was completed.",
    ),
    EventTag.EVALUATION_SKIPPED: ("No evaluation took place: {why}.", "No evaluation took place."),
    EventTag.CASE_OPENED: (
        "The case was opened for {period}, by the rules: {rules}.",
        "The case was opened.",
    ),
    EventTag.CASE_MARKED: (
        "Restated figures of {period} undid what opened the case: now it is {outcome}. HR is asked.",
        "Restated figures undid what opened the case. HR is asked to confirm.",
    ),
    EventTag.CASE_HELD: ("The case was put on hold: {reason}.", "The case was put on hold."),
    EventTag.LEAVE_REPORTED: ("", "HR reported a leave: the case is to stand still."),
    EventTag.OCCURRENCE_NOTED: ("", "The case took note of something that changes nothing in its course."),
    EventTag.CASE_RESUMED: ("", "The case goes on; the days on hold do not count."),
    EventTag.CASE_CLOSED: ("The case was closed: {exit}.", "The case was closed."),
    EventTag.OWNER_CHANGED: (
        "{to} has to act next; before, it was {from}.",
        "Somebody else has to act next.",
    ),
    EventTag.RESULTS_ARRIVED: ("Results of {periods} arrived.", "New results arrived."),
    EventTag.REQUEST_SENT: (
        "{assignee} ({seat}) was asked about the {purpose}, and has until {due_at}.",
        "A question was put.",
    ),
    EventTag.REQUEST_REMINDED: (
        "{assignee} ({seat}) was reminded, and has until {due_at}.",
        "A reminder was sent.",
    ),
    EventTag.REQUEST_ESCALATED: (
        "The question went on to {assignee} ({seat}), who has until {due_at}.",
        "The question went on to the next in the chain.",
    ),
    EventTag.REQUEST_ANSWERED: (
        "{assignee} ({seat}) had been asked about the {purpose}. The answer: {choice}.",
        "The question was answered.",
    ),
    EventTag.REQUEST_EXPIRED: (
        "The time to answer about the {purpose} ran out. Silence is not taken for consent.",
        "The time to answer ran out. Silence is not taken for consent.",
    ),
    EventTag.REQUEST_WITHDRAWN: (
        "The question about the {purpose} no longer stands.",
        "A question no longer stands.",
    ),
    EventTag.ANSWER_REFUSED: ("An answer was not taken: {why}.", "An answer was not taken."),
    EventTag.LINK_OPENED: ("", "The link was opened for the first time."),
    EventTag.LINK_REFUSED: ("A link was refused: {why}.", "A link was refused."),
    EventTag.NOTICE_QUEUED: ("", "A notice was prepared."),
    EventTag.NOTICE_SENT: ("A mail went to {to}: {kind}.", "A mail was sent."),
    EventTag.NOTICE_FAILED: ("A mail to {to} could not be sent: {kind}.", "A mail could not be sent."),
    EventTag.NOTICE_DELIVERED: (
        "The mail server of {to} took a mail: {kind}.",
        "The reader's mail server took a mail.",
    ),
    EventTag.NOTICE_BOUNCED: ("A mail to {to} came back: {kind}.", "A mail came back."),
    EventTag.STAGE_ENTERED: ("The stage “{stage}” was entered.", "A stage was entered."),
    EventTag.STAGE_GATED: (
        "HR was asked whether the stage “{to}” begins.",
        "HR was asked whether a stage begins.",
    ),
    EventTag.STAGE_APPROVED: ("HR let the stage “{to}” begin.", "HR let the stage begin."),
    EventTag.STAGE_SENT_BACK: (
        "HR did not let the stage “{to}” begin: {choice}.",
        "HR did not let the stage begin.",
    ),
    EventTag.STAGE_BEGUN: ("The stage “{stage}” runs until {ends_at}.", "The stage runs."),
    EventTag.STAGE_EXTENDED: (
        "The stage ends {days} days later, on {ends_at}, because of {because}.",
        "The stage ends later.",
    ),
    EventTag.STAGE_ENDED: ("The stage “{stage}” came to its end.", "The stage came to its end."),
    EventTag.REP_TOLD: ("", "The rep was told."),
    EventTag.WITHDRAWAL_DECIDED: (
        "HR decided about the withdrawal: {choice}.",
        "HR decided about the withdrawal.",
    ),
    EventTag.CHECK_IN_ASKED: ("{assignee} was asked about a check-in.", "A check-in was asked about."),
    EventTag.CHECK_IN_DONE: ("", "A check-in took place."),
    EventTag.CHECK_IN_MISSED: (
        "A check-in was missed ({because}). That is the company's miss, not the rep's.",
        "A check-in was missed. That is the company's miss, not the rep's.",
    ),
    EventTag.DISPUTE_RAISED: ("", "The figures were disputed. HR and the owner of the figures are asked."),
    EventTag.DISPUTE_DECIDED: (
        "HR decided about the disputed figures: {choice}.",
        "The dispute was decided.",
    ),
    EventTag.EXCEPTION_REQUESTED: ("", "An exception was asked for."),
    EventTag.EXCEPTION_DECIDED: ("HR decided about the exception: {choice}.", "The exception was decided."),
    EventTag.REP_ACKNOWLEDGED: ("", "The rep took note, which is not agreement."),
    EventTag.REP_REBUTTED: ("", "The rep answered with a statement of their own."),
    EventTag.REMOVAL_PROPOSED: ("", "Removal was proposed. It takes a second person, of HR, to approve it."),
    EventTag.REMOVAL_APPROVED: (
        "Removal, proposed by {proposed_by}, was approved by a second person.",
        "Removal was approved by a second person.",
    ),
    EventTag.REMOVAL_SENT_BACK: ("", "The proposal was sent back."),
    EventTag.WORKFLOW_STARTED: ("", "The deadlines were set going."),
    EventTag.WORKFLOW_RESTARTED: ("", "The deadlines were set going again after an interruption."),
    EventTag.KEY_ROTATED: ("", "The ledger's signing key was handed on."),
    EventTag.SUBJECT_SHREDDED: ("", "Personal data was erased; the seals stay valid."),
    EventTag.HOLD_PLACED: ("", "A legal hold was placed."),
    EventTag.HOLD_LIFTED: ("", "The legal hold was lifted."),
    EventTag.EVIDENCE_EXPORTED: ("", "Evidence was exported."),
    EventTag.RECORD_READ: ("", "The record was opened."),
    EventTag.CHECKPOINT_ANCHORED: ("", "A checkpoint was put into other hands."),
}

_PEOPLE: Final = frozenset(("assignee", "on_behalf_of", "owner", "by", "from", "proposed_by", "rep"))
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
_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d\.\d{3}Z")


def headline(event: Event, name_of: NameOf) -> str:
    """What happened, in a sentence or two, without what was typed."""
    full, plain = _SAYS[event.tag]
    data = {"why": event.data.get("reason") or event.data.get("because"), **event.data}
    named = [key for _, key, _, _ in Formatter().parse(full) if key]
    if not full or any(_missing(data, key) for key in named):
        return plain
    said = full.format_map({key: _text(key, data[key], name_of) for key in named})
    return said[0].upper() + said[1:]


def in_background(event: Event) -> bool:
    """Whether the event is of the machinery: kept and shown when asked for, not part of the story."""
    return event.tag in _BACKGROUND


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
    if found := _MOMENT.fullmatch(text):
        return f"{found[1]} {found[2]} UTC"
    if key in _LABELS:
        return label(_LABELS[key], text)
    named = name_of(text)
    return named if named != text or key in _PEOPLE else text.replace("_", " ")
