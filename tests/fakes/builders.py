"""Builders of valid objects. A test states only the fields that it is about."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.domain.case import Case, CaseStatus, Waiting
from shared.domain.effect import WakeWorkflow
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag
from shared.domain.identifiers import (
    BatchId,
    CaseId,
    CommandId,
    EvaluationId,
    PersonId,
    PolicyRef,
    case_subject,
    request_id,
)
from shared.domain.record import Batch, EvaluationRecord, PlannedEvaluation
from shared.domain.request import Request, RequestStatus

NOON = datetime(2026, 10, 5, 12, 0, tzinfo=UTC)
REP = PersonId("R000004")
MANAGER = PersonId("M000001")
CASE = CaseId("case-0123456789")


def a_case(**changes: Any) -> Case:
    fields: dict[str, Any] = {
        "id": CASE,
        "version": 1,
        "rep_id": REP,
        "policy": PolicyRef("field-sales@1"),
        "policy_digest": "ab" * 32,
        "opened_at": NOON,
        "opened_for": "2026-09",
        "evaluation_id": EvaluationId("evaluation-1"),
        "decision": {"outcome": "open_case", "findings": []},
        "status": CaseStatus.OPEN,
        "stage": "coaching",
        "stage_entered_at": NOON,
        "waiting_for": Waiting.ANSWER,
        "owner": MANAGER,
        "due_at": NOON + timedelta(days=2),
    }
    return Case.model_validate(fields | changes)


def a_request(number: int = 1, **changes: Any) -> Request:
    fields: dict[str, Any] = {
        "id": request_id(CASE, number),
        "case_id": CASE,
        "version": 1,
        "stage": "coaching",
        "purpose": "stage_plan",
        "seat": "manager",
        "assignee": MANAGER,
        "on_behalf_of": None,
        "step": 0,
        "choices": ("coach", "dispute_figures"),
        "adverse": False,
        "asked_at": NOON,
        "due_at": NOON + timedelta(days=2),
        "status": RequestStatus.OPEN,
    }
    return Request.model_validate(fields | changes)


def a_draft(tag: EventTag = EventTag.CASE_OPENED, **changes: Any) -> EventDraft:
    fields: dict[str, Any] = {
        "tag": tag,
        "subject": case_subject(CASE),
        "occurred_at": NOON,
        "actor": Actor(ActorKind.SYSTEM, "test"),
        "command": CommandId("command-1"),
    }
    return EventDraft(**(fields | changes))


def a_wake(effect_id: str = "wake-1") -> WakeWorkflow:
    return WakeWorkflow(id=effect_id, case_id=CASE)


def a_batch(content: str = "a", **changes: Any) -> Batch:
    fields: dict[str, Any] = {
        "id": BatchId(content * 16),
        "profile": "varicent-attainment",
        "kind": "attainment",
        "key": "incoming/varicent-attainment/2026-09.csv",
        "object_version": "v1",
        "sha256": content * 64,
        "bytes": 100,
        "rows": 2,
        "accepted": 2,
        "rejected": 0,
        "codes": {},
        "refused": None,
        "periods": ("2026-09",),
        "dropped_at": NOON,
        "known_at": NOON,
    }
    return Batch.model_validate(fields | changes)


def a_plan(evaluation_id: str = "evaluation-1", **changes: Any) -> PlannedEvaluation:
    fields: dict[str, Any] = {
        "id": EvaluationId(evaluation_id),
        "policy": PolicyRef("field-sales@1"),
        "policy_digest": "ab" * 32,
        "period": "2026-09",
        "directory": BatchId("d" * 16),
        "revisions": {"2026-09": (BatchId("a" * 16),)},
        "shards": 4,
        "code_version": "test",
        "opens_cases": True,
    }
    return PlannedEvaluation.model_validate(fields | changes)


def an_evaluation(plan: PlannedEvaluation | None = None, **changes: Any) -> EvaluationRecord:
    fields: dict[str, Any] = {
        "plan": plan or a_plan(),
        "completed_at": NOON,
        "outcomes": {"clear": 2},
        "decisions": {"0000": "cd" * 32},
        "decisions_root": "ef" * 32,
    }
    return EvaluationRecord.model_validate(fields | changes)
