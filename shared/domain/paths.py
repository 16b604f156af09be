"""The path of every object that the product writes. Exports keep the name under which they were dropped."""

from datetime import UTC, datetime

from shared.domain.identifiers import BatchId, EvaluationId, PolicyRef

INCOMING = "incoming/"
MANIFEST_SUFFIX = ".manifest.json"
"""A manifest is named after its export, followed by this suffix."""


def is_manifest(key: str) -> bool:
    return key.endswith(MANIFEST_SUFFIX)


def facts(shard: int, period: str, batch_id: BatchId) -> str:
    return f"facts/shard={shard:04d}/period={period}/rev={batch_id}.jsonl.gz"


HANDOUTS = "handouts/"
"""The bucket deletes objects under this prefix after a day."""

STAGING = "staging/"
"""Temporary objects between the steps of reading a large export."""


def reading_plan(batch_id: BatchId, reading: str) -> str:
    """How a large export is cut into ranges. ``reading`` identifies all that their outcome depends on."""
    return f"{STAGING}{batch_id}/{reading}/plan.json"


def reading_ranges(batch_id: BatchId, reading: str) -> str:
    """The list of ranges over which the workflow maps."""
    return f"{STAGING}{batch_id}/{reading}/ranges.json"


def range_accepted(batch_id: BatchId, reading: str, number: int) -> str:
    return f"{STAGING}{batch_id}/{reading}/range={number:04d}.accepted.jsonl.gz"


def range_rejected(batch_id: BatchId, reading: str, number: int) -> str:
    return f"{STAGING}{batch_id}/{reading}/range={number:04d}.rejected.jsonl.gz"


def range_counts(batch_id: BatchId, reading: str, number: int) -> str:
    """Written last: where it exists, the range was read to its end."""
    return f"{STAGING}{batch_id}/{reading}/range={number:04d}.counts.json"


def line_roots(batch_id: BatchId) -> str:
    """The Merkle root over the lines of each file of the batch, from which the proof of a row is made."""
    return f"roots/{batch_id}.json"


def people(batch_id: BatchId) -> str:
    return f"directories/{batch_id}/all.jsonl.gz"


def people_shard(batch_id: BatchId, shard: int) -> str:
    return f"directories/{batch_id}/shard={shard:04d}.jsonl.gz"


def rejected(batch_id: BatchId, known_at: datetime) -> str:
    """``known_at`` is the batch's. Read again by a corrected profile, a batch rejects other rows."""
    return f"rejected/{batch_id}/{_moment(known_at)}.jsonl.gz"


def first_rejected(batch_id: BatchId, known_at: datetime) -> str:
    """The first rows of `rejected`: the mail shows only these, and the whole list may be very long."""
    return f"rejected/{batch_id}/{_moment(known_at)}.first.jsonl.gz"


def _moment(known_at: datetime) -> str:
    at = known_at.astimezone(UTC)
    return f"{at:%Y%m%dT%H%M%S}{at.microsecond // 1000:03d}Z"


def statistics(evaluation_id: EvaluationId, shard: int) -> str:
    return f"evaluations/{evaluation_id}/statistics/shard={shard:04d}.jsonl.gz"


def population(evaluation_id: EvaluationId) -> str:
    return f"evaluations/{evaluation_id}/population.jsonl.gz"


def shards(evaluation_id: EvaluationId) -> str:
    return f"evaluations/{evaluation_id}/shards.json"


def decisions(evaluation_id: EvaluationId, shard: int) -> str:
    return f"evaluations/{evaluation_id}/decisions/shard={shard:04d}.jsonl.gz"


def shard_flagged(evaluation_id: EvaluationId, shard: int) -> str:
    return f"evaluations/{evaluation_id}/flagged/shard={shard:04d}.jsonl.gz"


def shard_decided(evaluation_id: EvaluationId, shard: int) -> str:
    return f"evaluations/{evaluation_id}/decided/shard={shard:04d}.json"


def flagged(evaluation_id: EvaluationId) -> str:
    return f"evaluations/{evaluation_id}/flagged.json"


def policy(digest: str) -> str:
    return f"policies/{digest}.yaml"


def policy_version(ref: PolicyRef) -> str:
    """Contains the digest of a version at its first use. A version in use never changes."""
    return f"policies/{ref}.sha256"
