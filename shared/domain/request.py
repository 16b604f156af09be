"""A request: one question to one person in a case, with a deadline."""

from datetime import datetime
from enum import StrEnum
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import CaseId, PersonId, RequestId
from shared.domain.person import HR_QUEUE

Seat = Literal["manager", "skip_level", "hr_partner", "hr_queue", "rep"]
"""The role of the asked person in the chain. The directory says who has the role today."""


Purpose = Literal[
    "stage_plan",  # what should be done in this stage
    "gate",  # should the next stage begin
    "dispute",  # are the disputed figures wrong
    "exception",  # is an exception granted
    "withdrawal",  # is the case withdrawn, after restated figures undid its findings
    "leave",  # is a case that is paused for leave resumed
    "removal_proposal",
    "removal_approval",
    "check_in",  # was the check-in held
    "rep",  # the rep's response: acknowledge, rebut, dispute
]
"""What a request asks."""


TWO_PERSON: frozenset[Purpose] = frozenset({"gate", "dispute", "exception", "removal_approval"})
"""A second person decides these: never whoever proposed the step, nor a stand-in of theirs."""
ABOUT_REMOVAL: frozenset[Purpose] = frozenset({"removal_proposal", "removal_approval"})
"""Before answering these, a person sees who is in a comparable position and confirms having read it."""


class RequestStatus(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    EXPIRED = "expired"
    """The deadline passed; the next in the chain was asked. Silence is never consent."""
    WITHDRAWN = "withdrawn"
    """The question no longer stands: the case was closed or paused, or somebody else was asked."""
    BOUNCED = "bounced"
    """The mail that carried it came back; the next in the chain is asked at once."""


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
    """1 when new. Every stored change adds one, and a change to an older version is refused."""
    stage: str
    purpose: Purpose
    seat: Seat
    assignee: PersonId
    on_behalf_of: PersonId | None
    """The holder of the seat, where a delegate is asked instead."""
    step: int
    """Position in the stage's chain, from 0."""
    choices: tuple[str, ...]
    adverse: bool
    """Whether the answer may lead to a removal. Then a link alone does not authenticate the answer."""
    asked_at: datetime
    due_at: datetime
    status: RequestStatus
    answer: Answer | None = None

    @property
    def takes_a_sign_in(self) -> bool:
        """A shared mailbox is not a person, so its link only leads to the sign-in, whatever is asked."""
        return self.assignee == HR_QUEUE

    def answered(self, answer: Answer) -> Self:
        return self.model_copy(
            update={"status": RequestStatus.ANSWERED, "answer": answer, "version": self.version + 1}
        )

    def ended(self, status: RequestStatus) -> Self:
        return self.model_copy(update={"status": status, "version": self.version + 1})
