"""A case: the managed follow-up of one rep under one policy."""

from datetime import datetime
from enum import StrEnum
from typing import Any

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


class PeriodResult(BaseModel):
    """One period's figure of the rep, after the case was opened; decimals as strings."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    period: str
    status: str
    attainment: str | None
    evaluation_id: EvaluationId


class Hold(BaseModel):
    """The clock stands still: ``remaining_s`` seconds are left of the wait that was interrupted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reason: str
    since: datetime
    remaining_s: int


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
    results: tuple[PeriodResult, ...] = ()
    hold: Hold | None = None
    marked: str | None = None
    """Why the opening findings no longer hold, where a restatement undid them."""
