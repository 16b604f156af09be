"""Types of ids, so that a rep's id is never mistaken for a case's, and functions that make or split ids."""

import hashlib
from typing import NewType

PersonId = NewType("PersonId", str)
"""A person of the directory: a rep, a manager, an HR partner. 1 to 128 characters."""

PolicyRef = NewType("PolicyRef", str)
"""A policy and its version, as in ``field-sales@3``."""

BatchId = NewType("BatchId", str)
"""The first 16 hex digits of the SHA-256 of an export's bytes."""

EvaluationId = NewType("EvaluationId", str)
CaseId = NewType("CaseId", str)
RequestId = NewType("RequestId", str)
NoticeId = NewType("NoticeId", str)
CommandId = NewType("CommandId", str)
"""Identifies a command. A second command with the same id returns the first one's result."""

Subject = NewType("Subject", str)
"""The subject of a chain of events: ``case/<id>``, ``batch/<id>``, ``evaluation/<id>``, ``person/<id>`` or
``system``.
"""


def derived_id(prefix: str, *parts: str) -> str:
    """A stable id: the prefix and 20 hex digits of the SHA-256 of the parts.

    The same parts always give the same id, so a retried step finds what its first try wrote. The parts are
    joined by a unit separator, which no id may contain, so ``("a", "bc")`` and ``("ab", "c")`` differ.
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
    return f"{prefix}-{digest[:20]}"


def shard_of(person_id: str, shards: int) -> int:
    """The shard of a person's facts and decisions. A hash assigns it, so that shards are of even size."""
    return int.from_bytes(hashlib.sha256(person_id.encode()).digest()[:8]) % shards


def batch_id(sha256_hex: str) -> BatchId:
    """The batch id of an export whose bytes have this SHA-256 (64 hex digits)."""
    return BatchId(sha256_hex[:16])


def policy_ref(name: str, version: int) -> PolicyRef:
    return PolicyRef(f"{name}@{version}")


def policy_name(ref: PolicyRef) -> str:
    """The name that all versions of a policy share: ``field-sales`` of ``field-sales@3``."""
    return ref.partition("@")[0]


def case_subject(case_id: CaseId) -> Subject:
    return Subject(f"case/{case_id}")


def person_subject(person: PersonId) -> Subject:
    return Subject(f"person/{person}")


def batch_subject(batch: BatchId) -> Subject:
    return Subject(f"batch/{batch}")


def evaluation_subject(evaluation: EvaluationId) -> Subject:
    return Subject(f"evaluation/{evaluation}")


def request_id(case_id: CaseId, number: int) -> RequestId:
    """The id of the case's ``number``-th request, from 1. It contains the case's id."""
    return RequestId(f"{case_id}.{number}")


def case_of_request(request: RequestId) -> tuple[CaseId, int]:
    """The case and number in a request's id. Raises ValueError for any other text."""
    case_id, dot, number = request.rpartition(".")
    if not dot or not case_id or not number.isdecimal():
        raise ValueError(f"{request!r} is not the id of a request")
    return CaseId(case_id), int(number)
