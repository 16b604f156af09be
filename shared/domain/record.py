"""The records of exports and evaluations that the table has, besides their events."""

from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import BatchId, EvaluationId, PolicyRef, RequestId

Place = tuple[datetime, datetime, BatchId]
"""Decides which of two batches is in force: the later drop wins, whatever the order of reading.

Of two drops in the same second, the one read later wins.
"""


class Batch(BaseModel):
    """One export, read once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: BatchId
    profile: str
    kind: Literal["attainment", "people"] | None
    """Null where no profile matches."""
    key: str
    """The object's key in the exports bucket; ``object_version`` is its version there."""
    object_version: str | None
    sha256: str
    bytes: int
    rows: int
    accepted: int
    rejected: int
    codes: dict[str, int]
    refused: str | None
    periods: tuple[str, ...]
    """The periods of its accepted rows, oldest first."""
    dropped_at: datetime
    """When the object was created in the bucket, by S3's ``LastModified``, in whole seconds."""
    known_at: datetime
    """When it was read. Its facts count as known from then on."""

    @property
    def place(self) -> Place:
        return self.dropped_at, self.known_at, self.id


class Arrived(NamedTuple):
    """An object version that is recorded, whether it was accepted or refused."""

    key: str
    object_version: str | None


class IssuedLink(NamedTuple):
    """A response link in the table. Only the mail has the token; the table has its SHA-256."""

    token_sha256: str
    request_id: RequestId
    expires_at: datetime


class UsedCode(NamedTuple):
    """A right one-time code, as the answer that it authenticates uses it up."""

    request_id: RequestId
    code_hash: str


class Revision(BaseModel):
    """The facts of one batch for one period. For each rep, the revision with the last place is in force."""

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
    """Everything that determines an evaluation's outcome, pinned by name and digest before it starts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: EvaluationId
    policy: PolicyRef
    policy_digest: str
    period: str
    directory: BatchId
    revisions: dict[str, tuple[BatchId, ...]]
    """By period of the window: the batches in force, with the latest drop last."""
    shards: int
    code_version: str
    opens_cases: bool
    """False for a past period: HR is told of its findings, and no case opens."""


class EvaluationRecord(BaseModel):
    """A finished evaluation."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: PlannedEvaluation
    completed_at: datetime
    outcomes: dict[str, int]
    decisions: dict[str, str]
    """Shard number to the SHA-256 of its decisions file."""
    unknown_reps: int = 0
    """How many people have facts of the period but are not in the directory. They are ignored."""
    decisions_root: str
    """The RFC 9162 Merkle root over all decision lines, in the order of the shards."""
