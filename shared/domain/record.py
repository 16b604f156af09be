"""What the product remembers of exports and evaluations, beside their events."""

from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import BatchId, EvaluationId, PolicyRef, RequestId

Place = tuple[datetime, datetime, BatchId]
"""Which of two batches is the later word: as they were dropped, whatever the order in which they were read;
of two dropped in one second, as they were read."""


class Batch(BaseModel):
    """One export, read once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: BatchId
    profile: str
    kind: Literal["attainment", "people"] | None
    """Null where no profile fits."""
    key: str
    """Where the bytes lie in the exports bucket, and under which version."""
    object_version: str | None
    sha256: str
    bytes: int
    rows: int
    accepted: int
    rejected: int
    codes: dict[str, int]
    refused: str | None
    periods: tuple[str, ...]
    """The periods that its accepted rows speak of, oldest first."""
    dropped_at: datetime
    """When its bytes came to lie in the bucket, by the bucket's own clock, in whole seconds."""
    known_at: datetime
    """When it was read: what it says was known from then on, and not before."""

    @property
    def place(self) -> Place:
        return self.dropped_at, self.known_at, self.id


class Arrived(NamedTuple):
    """The version of an object that became known, whatever became of it."""

    key: str
    object_version: str | None


class IssuedLink(NamedTuple):
    """A response link as the table has it: by the SHA-256 of its token, which only the mail holds."""

    token_sha256: str
    request_id: RequestId
    expires_at: datetime


class Revision(BaseModel):
    """A batch has facts of a period; rep by rep, the revision with the last place is in force."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    period: str
    batch: BatchId
    dropped_at: datetime
    known_at: datetime
    shards: dict[str, str]
    """Shard number, as four digits, to the SHA-256 of its facts file before compression."""

    @property
    def place(self) -> Place:
        return self.dropped_at, self.known_at, self.batch


class PlannedEvaluation(BaseModel):
    """Everything that decides an evaluation's outcome, by name and digest, before it starts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: EvaluationId
    policy: PolicyRef
    policy_digest: str
    period: str
    directory: BatchId
    revisions: dict[str, tuple[BatchId, ...]]
    """By period of the window: the batches that were in force, the one dropped last at the end."""
    shards: int
    code_version: str
    opens_cases: bool
    """False for a past period: its findings are told to HR, and open no case by themselves."""


class EvaluationRecord(BaseModel):
    """A finished evaluation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: PlannedEvaluation
    completed_at: datetime
    outcomes: dict[str, int]
    decisions: dict[str, str]
    """Shard number to the SHA-256 of its decisions file."""
    unknown_reps: int = 0
    """How many people have facts of the period and are not in the directory: they are ignored."""
    decisions_root: str
    """RFC 9162 Merkle root over all decision lines, in the order of shards."""
