"""The triggers of a case step, and the context in which the step is decided."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.domain.case import PauseReason
from shared.domain.decision_json import DecisionJson
from shared.domain.event import Actor
from shared.domain.identifiers import CommandId, EvaluationId, RequestId
from shared.domain.instruction import Instruction
from shared.domain.person import Directory
from shared.domain.policy import Policy
from shared.domain.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything that a step depends on, besides the case and the trigger.

    ``standing`` are the requests that ``case.standing`` names, as they are stored now.
    """

    policy: Policy
    policy_digest: str
    policy_json: str
    """The digest of the policy as canonical JSON, which a reader of the evidence judges the case by."""
    directory: Directory
    now: datetime
    command: CommandId
    actor: Actor
    standing: Mapping[RequestId, Request]
    instructions: Sequence[Instruction] = ()
    """What HR told the case to do. The step that follows from an instruction marks it as carried out."""
    policy_ended: bool = False
    unmailed: Collection[RequestId] = ()
    """The overdue requests among ``standing`` whose mail has not left."""


@dataclass(frozen=True, slots=True)
class Opened:
    """An evaluation calls for a case. ``stage`` is where it begins; after a relapse that is a later stage."""

    decision: DecisionJson
    evaluation_id: EvaluationId
    stage: str
    relapse: bool = False


@dataclass(frozen=True, slots=True)
class ResultsArrived:
    """An evaluation has new figures of the rep, for a later period or for a restated one."""

    decision: DecisionJson
    evaluation_id: EvaluationId


@dataclass(frozen=True, slots=True)
class FindingsUndone:
    """The period that opened the case was restated, and its decision opens no case now."""

    decision: DecisionJson
    evaluation_id: EvaluationId


@dataclass(frozen=True, slots=True)
class FindingsRestored:
    """The period that opened the case was restated again, and its decision opens a case once more."""

    decision: DecisionJson
    evaluation_id: EvaluationId


@dataclass(frozen=True, slots=True)
class Answered:
    request_id: RequestId


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    request_id: RequestId


@dataclass(frozen=True, slots=True)
class MailNotSent:
    """The deadline passed, but the mail with the request had not left. So nobody was silent."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class Bounced:
    """The mail that carried the request came back."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class SeatEmptied:
    """The assignee of an open request has left the company."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class SeatMoved:
    """Another person holds the seat of an open request now, because the rep or the holder moved."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class OwnerLeft:
    """The owner of a case without a main request has left the company."""


@dataclass(frozen=True, slots=True)
class OwnerMoved:
    """Another person is responsible for a case without a main request now."""


@dataclass(frozen=True, slots=True)
class CheckInDue:
    pass


@dataclass(frozen=True, slots=True)
class StageEnded:
    """The stage's time is up."""


@dataclass(frozen=True, slots=True)
class PauseRequested:
    """HR asks to pause the case until HR resumes it."""

    reason: PauseReason


@dataclass(frozen=True, slots=True)
class PersonLeft:
    """The rep has left the company."""


@dataclass(frozen=True, slots=True)
class PolicyEnded:
    """HR has ended the policy; its open cases end with it."""


Trigger = (
    Opened
    | ResultsArrived
    | FindingsUndone
    | FindingsRestored
    | Answered
    | DeadlinePassed
    | MailNotSent
    | Bounced
    | SeatEmptied
    | SeatMoved
    | OwnerLeft
    | OwnerMoved
    | CheckInDue
    | StageEnded
    | PauseRequested
    | PersonLeft
    | PolicyEnded
)

LEDGER_NAMES: Final[Mapping[type[Trigger], str]] = {
    Opened: "opened",
    ResultsArrived: "results_arrived",
    FindingsUndone: "findings_undone",
    FindingsRestored: "findings_hold",
    Answered: "answered",
    DeadlinePassed: "deadline_passed",
    MailNotSent: "mail_not_sent",
    Bounced: "bounced",
    SeatEmptied: "seat_emptied",
    SeatMoved: "seat_moved",
    OwnerLeft: "owner_left",
    OwnerMoved: "owner_moved",
    CheckInDue: "check_in_due",
    StageEnded: "stage_ended",
    PauseRequested: "held_for",
    PersonLeft: "person_left",
    PolicyEnded: "policy_ended",
}
"""How ``occurrence:noted`` events name a trigger. The names are in ledgers, so they outlive the classes'."""
