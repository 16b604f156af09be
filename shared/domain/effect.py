"""What a change of a case asks of the world: rows of the outbox, carried out by the relay after the commit.

Each is carried out at least once and has a stable id, so that doing it again is recognised.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.identifiers import CaseId, NoticeId, PersonId, RequestId


class NoticeKind(StrEnum):
    """The mails there are; each has a folder of the same name in ``functions/notify/templates``."""

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
    """The owner of the figures is told of people in them whom the directory does not have."""
    DIRECTORY_FAULTS = "directory_faults"
    """HR is told where the directory leaves nobody to ask: circles of managers, no HR partner."""
    STRUCTURAL = "structural"
    PAST_FINDINGS = "past_findings"
    ONE_TIME_CODE = "one_time_code"
    GATE = "gate"
    """HR decides whether the next stage begins."""
    DISPUTE = "dispute"
    """HR decides whether disputed figures are wrong."""
    FIGURES_DISPUTED = "figures_disputed"
    """The owner of the figures is told of a dispute; nothing to answer."""
    EXCEPTION = "exception"
    """HR decides whether an exception is granted."""
    WITHDRAWAL = "withdrawal"
    """HR confirms that a case whose opening findings were undone is withdrawn."""
    LEAVE_REVIEW = "leave_review"
    """HR says when a case on hold for leave goes on."""
    REMOVAL_APPROVAL = "removal_approval"
    """HR approves a proposed removal, or sends it back."""
    CHECK_IN_DUE = "check_in_due"
    REBUTTAL = "rebuttal"
    """HR is told that the rep made a statement of their own; nothing to answer."""
    DAILY_DIGEST = "daily_digest"
    """Each working day, to HR: the open cases of somebody's people. Parameter ``day``."""
    CHECKPOINT_ANCHOR = "checkpoint_anchor"
    """Each day, to whoever keeps anchors. Parameters ``address``, ``checkpoint``: the file's text."""
    UNREACHABLE = "unreachable"
    """HR is told that somebody could not be asked: a mail bounced, or a seat fell empty."""


class Notice(BaseModel):
    """One logical mail. ``parameters`` are ids and codes; names and figures are looked up when it is sent."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["notice"] = "notice"
    id: NoticeId
    notice: NoticeKind
    to: PersonId | None
    """Null where the address is one of the settings': the owner of a source."""
    case_id: CaseId | None = None
    request_id: RequestId | None = None
    parameters: dict[str, str] = {}


class StartWorkflow(BaseModel):
    """Start the execution ``<case>-<generation>``; one that runs already is left alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["start_workflow"] = "start_workflow"
    id: str
    case_id: CaseId
    generation: int


class WakeWorkflow(BaseModel):
    """Tell the waiting execution that the case changed; one that waits for nothing is left alone."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["wake_workflow"] = "wake_workflow"
    id: str
    case_id: CaseId


Effect = Annotated[Notice | StartWorkflow | WakeWorkflow, Field(discriminator="kind")]
