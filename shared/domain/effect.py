"""Effects: what the relay does after a change is committed. They are rows of the outbox.

Each effect is carried out at least once. Its stable id shows that it was carried out before.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.identifiers import CaseId, CommandId, NoticeId, PersonId, RequestId, derived_id


class NoticeKind(StrEnum):
    """The kinds of mail. Each has a folder of the same name in ``functions/notify/templates``."""

    QUESTION = "question"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    HR_ESCALATION = "hr_escalation"
    RECEIPT = "receipt"
    CASE_OPENED = "case_opened"
    REP_TOLD = "rep_told"
    STAGE_ENTERED = "stage_entered"
    RESULTS = "results"
    CASE_CLOSED = "case_closed"
    LATE_ANSWER = "late_answer"
    EXPORT_REFUSED = "export_refused"
    EXPORT_REJECTS = "export_rejects"
    EVALUATION_SKIPPED = "evaluation_skipped"
    UNKNOWN_REPS = "unknown_reps"
    """Tells the owner of the figures about people in them whom the directory lacks."""
    DIRECTORY_FAULTS = "directory_faults"
    """Tells HR where the directory leaves nobody to ask: circles of managers, no HR partner."""
    STRUCTURAL = "structural"
    PAST_FINDINGS = "past_findings"
    ONE_TIME_CODE = "one_time_code"
    GATE = "gate"
    """Asks HR whether the next stage begins."""
    DISPUTE = "dispute"
    """Asks HR whether disputed figures are wrong."""
    FIGURES_DISPUTED = "figures_disputed"
    """Tells the owner of the figures about a dispute. Nothing to answer."""
    EXCEPTION = "exception"
    """Asks HR whether to grant an exception."""
    WITHDRAWAL = "withdrawal"
    """Asks HR to confirm the withdrawal of a case that restated figures no longer support."""
    LEAVE_REVIEW = "leave_review"
    """Asks HR whether a case that is paused for leave can continue."""
    REMOVAL_APPROVAL = "removal_approval"
    """Asks HR to approve a proposed removal or send it back."""
    CHECK_IN_DUE = "check_in_due"
    REBUTTAL = "rebuttal"
    """Tells HR that the rep disagreed in a statement of their own. Nothing to answer."""
    DAILY_DIGEST = "daily_digest"
    """Lists the open cases of their people to HR on each working day. Parameter ``day``."""
    CHECKPOINT_ANCHOR = "checkpoint_anchor"
    """Sends the day's checkpoint to an anchor address. Parameters ``address``, ``checkpoint`` (its file)."""
    UNREACHABLE = "unreachable"
    """Tells HR that a person could not be asked: a mail bounced, or a seat is empty."""


class Notice(BaseModel):
    """One logical mail. ``parameters`` are ids and codes; names and figures are looked up when it is sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["notice"] = "notice"
    id: NoticeId
    notice: NoticeKind
    to: PersonId | None
    """None where the address comes from the settings: the owner of a source, or an anchor address."""
    case_id: CaseId | None = None
    request_id: RequestId | None = None
    parameters: dict[str, str] = {}


def sent_command(notice_id: str) -> CommandId:
    """The command under which ``notice:sent`` is recorded: its outcome shows that the mail has left.

    Its result is the notice.
    """
    return CommandId(derived_id("sent", notice_id))


class StartWorkflow(BaseModel):
    """Start the execution ``<case>-<generation>``, unless it runs already."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["start_workflow"] = "start_workflow"
    id: str
    case_id: CaseId
    generation: int


class WakeWorkflow(BaseModel):
    """Wake the waiting execution because the case changed. Nothing happens if none waits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["wake_workflow"] = "wake_workflow"
    id: str
    case_id: CaseId


Effect = Annotated[Notice | StartWorkflow | WakeWorkflow, Field(discriminator="kind")]
