"""A case: the managed follow-up of one rep under one policy."""

from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import CaseId, EvaluationId, PersonId, PolicyRef, RequestId


class CaseStatus(StrEnum):
    OPEN = "open"
    CLOSED = "closed"


class Exit(StrEnum):
    """How a case ends."""

    GRADUATED = "graduated"
    WITHDRAWN = "withdrawn"
    EXCEPTED = "excepted"
    REMOVAL_APPROVED = "removal_approved"
    LEFT_COMPANY = "left_company"
    POLICY_CLOSED = "policy_closed"


class Waiting(StrEnum):
    """What an open case waits for; the workflow's wait states are named after these."""

    ANSWER = "answer"
    """Somebody in the chain was asked and has until ``due_at``."""
    RESULTS = "results"
    """The stage runs until ``due_at``; results of new periods arrive meanwhile."""
    HR = "hr"
    """HR decides: a gate, an exception, a dispute, a withdrawal, an approval."""


class Phase(StrEnum):
    """Where within its stage an open case is; a hold lies over it and leads back to it."""

    GATE = "gate"
    """HR is asked whether the next stage begins; ``stage`` is still the one before."""
    ASKING = "asking"
    """The stage's question goes along the chain; the stage's length does not run yet."""
    RUNNING = "running"
    """The stage runs until ``stage_ends_at``."""
    APPROVING = "approving"
    """Removal was proposed; HR is asked to approve it or send it back."""


HoldReason = Literal["dispute", "exception", "withdrawal", "leave"]


class PeriodResult(BaseModel):
    """One period's figure of the rep, after the case was opened; decimals as strings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    period: str
    status: str
    attainment: str | None
    """As printed, with 4 places."""
    exact: str | None = None
    """The attainment as a fraction, ``1025/2000``: what a bar is compared with, before any rounding."""
    evaluation_id: EvaluationId
    arrived_at: datetime | None = None
    days_returned: int = 0
    """Days of leave in it that were added to the stage's end."""


class Hold(BaseModel):
    """HR decides something first; ``remaining_s`` seconds of the stage were left (0 where none ran)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: HoldReason
    since: datetime
    remaining_s: int
    paused: bool = True
    """Whether the stage's clock stands still meanwhile; the policy says so."""


class Case(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: CaseId
    version: int
    rep_id: PersonId
    policy: PolicyRef
    policy_digest: str
    opened_at: datetime
    opened_for: str
    """The period whose evaluation opened it."""
    evaluation_id: EvaluationId
    decision: dict[str, Any]
    """The opening decision with its findings and inputs, as the decisions file has it."""
    status: CaseStatus
    exit: Exit | None = None
    stage: str
    stage_entered_at: datetime
    stage_ends_at: datetime | None = None
    waiting_for: Waiting
    owner: PersonId
    """Who has to act next; always somebody while the case is open."""
    due_at: datetime
    """By when; the workflow wakes then."""
    request_id: RequestId | None = None
    """The question that stands, if one does."""
    requests_made: int = 0
    """Counts every request of the case, so that each has its own stable id."""
    generation: int = 1
    """Which execution of the case workflow carries it: ``<case>-<generation>``."""
    carried_since: datetime | None = None
    """When that execution took over; null for the first one, which began with the case."""
    results: tuple[PeriodResult, ...] = ()
    hold: Hold | None = None
    marked: str | None = None
    """Why the opening findings no longer hold, where a restatement undid them."""
    restated: dict[str, Any] | None = None
    """The opening period's decision as last restated, where it undid the findings. It stays when HR keeps the
    case, so that HR is not asked again about the very same figures.
    """
    phase: Phase = Phase.ASKING
    standing: tuple[RequestId, ...] = ()
    """Every request whose outcome the case has not taken in yet; ``request_id`` is one of them."""
    holds_waiting: tuple[HoldReason, ...] = ()
    """Holds that arose during another one, in the order in which they get their turn."""
    refused: tuple[str, ...] = ()
    """Choices that HR refused in this stage; the question is asked again without them."""
    proposed_by: PersonId | None = None
    """Who chose what this stage does, or proposed removal: not the one who approves it."""
    check_in_at: datetime | None = None
    """When the next check-in is asked for."""
    check_ins_missed: int = 0
    """The company's own misses; they hold up an adverse step."""
    gate_to: str | None = None
    """The stage that HR is asked to let begin."""
    rep_told: bool = False
    closed_at: datetime | None = None
