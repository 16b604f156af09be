"""A request: one question to one person in a case, with a deadline."""

from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import CaseId, PersonId, RequestId
from shared.domain.person import HR_QUEUE

Seat = Literal["manager", "skip_level", "hr_partner", "hr_queue", "rep"]
"""Where in the chain the asked person sits, whoever it is that sits there today."""


Purpose = Literal[
    "stage_plan",  # what shall be done in this stage
    "gate",  # shall the next stage begin
    "dispute",  # are the disputed figures wrong
    "exception",  # is an exception granted
    "withdrawal",  # is a case whose opening findings were undone withdrawn
    "leave",  # may a case on hold for leave go on
    "removal_proposal",
    "removal_approval",
    "check_in",  # was the check-in held
    "rep",  # what the rep has to say: acknowledge, rebut, dispute
]
"""What a request asks."""


ABOUT_REMOVAL: frozenset[Purpose] = frozenset({"removal_proposal", "removal_approval"})
"""Whoever answers these sees first who else is in a comparable position, and says so."""


class RequestStatus(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    """The deadline passed; the next in the chain was asked. Silence is never consent."""
    WITHDRAWN = "withdrawn"
    """The question no longer stands: the case closed, went on hold, or asked somebody else."""
    BOUNCED = "bounced"
    """The mail that carried it came back; the case goes on to the next in the chain at once."""


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
    purpose: Purpose
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

    @property
    def takes_a_sign_in(self) -> bool:
        """A shared mailbox is nobody: two steps towards a removal from there could be one person's."""
        return self.adverse and self.assignee == HR_QUEUE

    def answered(self, answer: Answer) -> Self:
        return self.model_copy(
            update={"status": RequestStatus.ANSWERED, "answer": answer, "version": self.version + 1}
        )

    def ended(self, status: RequestStatus) -> Self:
        return self.model_copy(update={"status": status, "version": self.version + 1})
