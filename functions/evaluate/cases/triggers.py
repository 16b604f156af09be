"""What can happen to a case, and what it is judged by when it does."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.domain.case import HoldReason
from shared.domain.event import Actor
from shared.domain.identifiers import CommandId, EvaluationId, RequestId
from shared.domain.instruction import Instruction
from shared.domain.person import Directory
from shared.domain.policy import Policy
from shared.domain.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Everything that a step depends on beside the case and what happened to it.

    ``standing`` are the requests that ``case.standing`` names, as they are stored now.
    """

    policy: Policy
    policy_digest: str
    directory: Directory
    now: datetime
    command: CommandId
    actor: Actor
    standing: Mapping[RequestId, Request]
    instructions: Sequence[Instruction] = ()
    """What HR told the case to do; taken in by the step that they lead to."""
    policy_ended: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """An evaluation found that a case is due. ``stage`` is where it begins: further on after a relapse."""

    decision: Mapping[str, Any]
    evaluation_id: EvaluationId
    stage: str
    relapse: bool = False


@dataclass(frozen=True, slots=True)
class ResultsArrived:
    """An evaluation of a later period, or of the same one anew, has figures of the rep."""

    decision: Mapping[str, Any]
    evaluation_id: EvaluationId


@dataclass(frozen=True, slots=True)
class FindingsUndone:
    """The period that opened the case was evaluated anew, and opens none now."""

    decision: Mapping[str, Any]
    evaluation_id: EvaluationId


@dataclass(frozen=True, slots=True)
class FindingsHold:
    """Restated once more, the period that opened the case is as it should be for the case to go on."""

    decision: Mapping[str, Any]
    evaluation_id: EvaluationId


@dataclass(frozen=True, slots=True)
class Answered:
    request_id: RequestId


@dataclass(frozen=True, slots=True)
class DeadlinePassed:
    request_id: RequestId


@dataclass(frozen=True, slots=True)
class Bounced:
    """The mail that asked came back."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class SeatEmptied:
    """Whoever was asked has left."""

    request_id: RequestId


@dataclass(frozen=True, slots=True)
class OwnerLeft:
    """Whoever looked after the case while nobody was asked has left."""


@dataclass(frozen=True, slots=True)
class CheckInDue:
    pass


@dataclass(frozen=True, slots=True)
class StageEnded:
    """The stage's time is up."""


@dataclass(frozen=True, slots=True)
class HeldFor:
    """The clock is to stand still until HR lets the case go on."""

    reason: HoldReason


@dataclass(frozen=True, slots=True)
class PersonLeft:
    """The rep is no longer with the company."""


@dataclass(frozen=True, slots=True)
class PolicyEnded:
    """HR ends the policy; its open cases end with it."""


Occurrence = (
    Opened
    | ResultsArrived
    | FindingsUndone
    | FindingsHold
    | Answered
    | DeadlinePassed
    | Bounced
    | SeatEmptied
    | OwnerLeft
    | CheckInDue
    | StageEnded
    | HeldFor
    | PersonLeft
    | PolicyEnded
)
