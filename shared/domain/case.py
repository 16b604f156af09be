"""A case: the managed follow-up of one rep under one policy."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, GetPydanticSchema

from shared.domain.decision_json import DecisionJson
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
    """HR decides: about a gate, an exception, a dispute, a withdrawal, a leave or an approval."""


class Phase(StrEnum):
    """Where within its stage an open case is. A paused case keeps its phase and continues in it."""

    GATE = "gate"
    """HR is asked whether the next stage begins; ``stage`` is still the previous one."""
    ASKING = "asking"
    """The stage's question goes along the chain; the stage's length does not run yet."""
    RUNNING = "running"
    """The stage runs until ``stage_ends_at``."""
    APPROVING = "approving"
    """Removal was proposed; HR is asked to approve it or send it back."""


PauseReason = Literal["dispute", "exception", "withdrawal", "leave"]

StoredDecision = Annotated[DecisionJson, GetPydanticSchema(lambda _source, handler: handler(dict[str, Any]))]
"""A decision as it was read. Validating its members could change the bytes of a stored case."""


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


class Pause(BaseModel):
    """The case waits for a decision of HR. ``remaining_s``: seconds left of the stage, 0 where none ran.

    A legal hold is something else: it keeps a person's record from being erased.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: PauseReason
    since: datetime
    remaining_s: int
    paused: bool = True
    """Whether the stage's clock is stopped during the pause; the policy decides that."""


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
    decision: StoredDecision
    """The decision that opened the case, with its findings and inputs, as in the decisions file."""
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
    """The main request, while there is one."""
    requests_made: int = 0
    """How many requests the case has made, so that each gets its own stable id."""
    generation: int = 1
    """Which execution of the case workflow runs it: ``<case>-<generation>``."""
    carried_since: datetime | None = None
    """When that execution took over; null for the first, which started with the case."""
    results: tuple[PeriodResult, ...] = ()
    hold: Pause | None = None
    """The pause in force. The name is that of the stored item and of the ledger's events."""
    marked: str | None = None
    """Why the opening findings no longer stand, where a restatement undid them."""
    restated: StoredDecision | None = None
    """The restated decision that undid the opening findings.

    It stays when HR keeps the case, so that HR is not asked again about the same figures.
    """
    phase: Phase = Phase.ASKING
    standing: tuple[RequestId, ...] = ()
    """Every request whose outcome is not applied yet; ``request_id`` is one of them."""
    holds_waiting: tuple[PauseReason, ...] = ()
    """Reasons to pause that arose during another pause, in the order in which they will be decided."""
    refused: tuple[str, ...] = ()
    """Choices that HR refused in this stage; the question is asked again without them."""
    proposed_by: PersonId | None = None
    """Who chose what this stage does, or proposed removal. The same person may not approve it."""
    proposed_for: PersonId | None = None
    """The other person named in the question that ``proposed_by`` answered, where a delegate was asked in
    somebody's place. Neither of the two may approve it.
    """
    check_in_at: datetime | None = None
    """When the next check-in is asked for."""
    check_ins_missed: int = 0
    """Misses of the company, not of the rep. They delay an adverse stage until HR agrees."""
    gate_to: str | None = None
    """The stage that HR is asked to start."""
    rep_told: bool = False
    closed_at: datetime | None = None
