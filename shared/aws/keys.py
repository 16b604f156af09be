"""Defines every key of the table. ``shared.domain.paths`` defines every path of an object."""

import hashlib

from shared.domain.identifiers import (
    BatchId,
    CaseId,
    EvaluationId,
    PersonId,
    RequestId,
    Subject,
    case_of_request,
)

# The table has the keys ``pk`` and ``sk``, both text, and three sparse indexes with keys of their own.
UNSEQUENCED_INDEX = "unsequenced"
"""Events without a global index in the ledger: ``unsequenced_pk`` / ``unsequenced_sk``."""
PENDING_INDEX = "pending"
"""Pending outbox rows and unsettled batches: ``pending_pk`` / ``pending_sk``."""
LISTING_INDEX = "listing"
"""Cases by status and due time, batches and evaluations by time: ``listing_pk`` / ``listing_sk``."""

Key = tuple[str, str]
"""``pk`` and ``sk``."""


def case(case_id: CaseId) -> Key:
    return f"CASE#{case_id}", "CASE"


def request(request_id: RequestId) -> Key:
    case_id, number = case_of_request(request_id)
    return f"CASE#{case_id}", f"REQUEST#{number:06d}"


def one_time_code(request_id: RequestId) -> Key:
    case_id, number = case_of_request(request_id)
    return f"CASE#{case_id}", f"CODE#{number:06d}"


INSTRUCTION = "INSTRUCTION#"


def instruction(case_id: CaseId, instruction_id: str) -> Key:
    return f"CASE#{case_id}", f"{INSTRUCTION}{instruction_id}"


def task_token(case_id: CaseId) -> Key:
    return f"CASE#{case_id}", "TASK"


def open_case(policy_name: str, rep_id: PersonId) -> Key:
    return f"OPEN#{policy_name}#{rep_id}", "OPEN"


def rep(rep_id: PersonId) -> str:
    return f"REP#{rep_id}"


def case_of_rep(rep_id: PersonId, opened_at: str, case_id: CaseId) -> Key:
    return rep(rep_id), f"CASE#{opened_at}#{case_id}"


def chain_head(subject: Subject) -> Key:
    return f"CHAIN#{subject}", "HEAD"


def chain_event(subject: Subject, sequence: int) -> Key:
    return f"CHAIN#{subject}", f"EVENT#{sequence:012d}"


def read_chain_event(key: Key) -> tuple[Subject, int]:
    """The inverse of `chain_event`: the subject and sequence in the key."""
    return Subject(key[0].removeprefix("CHAIN#")), int(key[1].removeprefix("EVENT#"))


def command(command_id: str) -> Key:
    return f"COMMAND#{command_id}", "COMMAND"


def outbox(effect_id: str) -> Key:
    return f"OUTBOX#{effect_id}", "OUTBOX"


def link(token_sha256: str) -> Key:
    return f"LINK#{token_sha256}", "LINK"


def subject_key(person_id: PersonId) -> Key:
    return f"KEY#{person_id}", "KEY"


def batch(batch_id: BatchId) -> Key:
    return f"BATCH#{batch_id}", "BATCH"


def unsettled(batch_id: BatchId) -> Key:
    return f"BATCH#{batch_id}", "UNSETTLED"


def arrival(object_key: str, object_version: str | None) -> Key:
    # A digest, because an object's key may be as long as a partition key can be.
    named = hashlib.sha256("\x1f".join((object_key, object_version or "")).encode()).hexdigest()
    return f"ARRIVAL#{named}", "ARRIVAL"


def sweep() -> Key:
    return "SWEEP", "PLACE"


def period(text: str) -> str:
    return f"PERIOD#{text}"


def revision(period_text: str, batch_id: BatchId) -> Key:
    return period(period_text), f"REVISION#{batch_id}"


def periods() -> Key:
    """The item with the set of all periods that have a revision."""
    return "PERIODS", "KNOWN"


def directory() -> Key:
    return "DIRECTORY", "CURRENT"


def planned(evaluation_id: EvaluationId) -> Key:
    return f"EVALUATION#{evaluation_id}", "PLAN"


def evaluation(evaluation_id: EvaluationId) -> Key:
    return f"EVALUATION#{evaluation_id}", "RECORD"


def ledger_head() -> Key:
    return "LEDGER", "HEAD"


# Partitions of the sparse indexes.
UNSEQUENCED = "UNSEQUENCED"
PENDING = "PENDING"
UNSETTLED = "UNSETTLED"
"""A partition of the pending index: batches whose evaluations are not all done."""
LISTED_BATCHES = "BATCHES"


def listed_cases(status: str) -> str:
    return f"CASES#{status}"


def listed_evaluations(policy_name: str) -> str:
    return f"EVALUATIONS#{policy_name}"


def effect_of(key: Key) -> str | None:
    """The effect id in an outbox row's key; None for any other key."""
    return key[0].removeprefix("OUTBOX#") if key[0].startswith("OUTBOX#") else None


def is_case_event(key: Key) -> bool:
    """Whether the key is that of a case's event."""
    return key[0].startswith("CHAIN#case/") and key[1].startswith("EVENT#")
