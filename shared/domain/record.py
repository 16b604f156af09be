"""What the product remembers of exports and evaluations, beside their events."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.domain.identifiers import BatchId, EvaluationId, PolicyRef


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
    known_at: datetime


class Revision(BaseModel):
    """A batch has facts of a period; rep by rep, the revision with the latest ``known_at`` is in force."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    period: str
    batch: BatchId
    known_at: datetime
    shards: dict[str, str]
    """Shard number, as four digits, to the SHA-256 of its facts file before compression."""


class PlannedEvaluation(BaseModel):
    """Everything that decides an evaluation's outcome, by name and digest, before it starts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: EvaluationId
    policy: PolicyRef
    policy_digest: str
    period: str
    directory: BatchId
    revisions: dict[str, tuple[BatchId, ...]]
    """By period of the window: the batches that were in force, the latest last."""
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
    decisions_root: str
    """RFC 9162 Merkle root over all decision lines, in the order of shards."""
