"""A request: one question to one person in a case, with a deadline."""

from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import CaseId, PersonId, RequestId

Seat = Literal["manager", "skip_level", "hr_partner", "hr_queue", "rep"]
"""Where in the chain the asked person sits, whoever it is that sits there today."""


class RequestStatus(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    """The deadline passed; the next in the chain was asked. Silence is never consent."""
    WITHDRAWN = "withdrawn"
    """The question no longer stands: the case closed, went on hold, or asked somebody else."""


class Answer(BaseModel):
    """What a person chose, and the reason in their own words."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)

    choice: str
    reason: str
    answered_by: PersonId
    authenticated_by: Literal["link", "link+code", "cognito"]
    answered_at: datetime


class Request(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: RequestId
    case_id: CaseId
    version: int
    """1 when new; every stored change adds one, and a change is refused where another came first."""
    stage: str
    purpose: str
    """What is asked: ``stage_plan``, ``gate``, ``removal_proposal``, ``removal_approval``, ``withdrawal``, …"""
    seat: Seat
    assignee: PersonId
    on_behalf_of: PersonId | None
    """Whose seat it is, where a delegate is asked instead."""
    step: int
    """Position in the stage's chain, from 0."""
    choices: tuple[str, ...]
    adverse: bool
    """Whether the answer may cost somebody their job, so that a link alone is not enough."""
    asked_at: datetime
    due_at: datetime
    status: RequestStatus
    answer: Answer | None = None

    def answered(self, answer: Answer) -> Self:
        return self.model_copy(
            update={"status": RequestStatus.ANSWERED, "answer": answer, "version": self.version + 1}
        )

    def ended(self, status: RequestStatus) -> Self:
        return self.model_copy(update={"status": status, "version": self.version + 1})
