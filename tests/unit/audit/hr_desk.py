"""HR's desk in memory: two reps with cases, their partner, a second partner, an administrator, an auditor."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from functions.audit.caller import Caller, Group
from functions.audit.sources import Sources
from shared.account_ports import Account
from shared.domain import paths
from shared.domain.case import Case, CaseStatus, Waiting
from shared.domain.change import Change
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag
from shared.domain.identifiers import (
    BatchId,
    CaseId,
    CommandId,
    EvaluationId,
    PersonId,
    case_subject,
    evaluation_subject,
    request_id,
)
from shared.domain.person import Directory, Person
from shared.domain.policy import parse_policy, policy_digest
from shared.domain.record import EvaluationRecord, PlannedEvaluation
from shared.domain.request import Request, RequestStatus
from tests.fakes.accounts import FakeAccounts
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.world import FakeDirectories, FakeFiles, FakePolicies

NOW: Final = datetime(2026, 10, 5, 14, 0, tzinfo=UTC)
POLICY_TEXT: Final = b"""
policy: field-sales
version: 3
effective_from: 2026-01-01
title: Field sales performance
period: month
applies_to: {roles: [AE, SDR], regions: ["*"]}
eligibility: {min_tenure_days: 90, min_eligible_fraction: "0.5"}
rules:
  - {id: two-of-three, below: "0.70", count: 2, of_last: 3, opens: coaching, cite: "Policy 3.1"}
ladder:
  - stage: coaching
    length: 30d
    graduate: {at_least: "0.85", count: 2, of_next: 3}
    then: improvement_plan
  - {stage: improvement_plan, gate: hr_partner}
"""
POLICY: Final = parse_policy(POLICY_TEXT.decode(), "field-sales.yaml")

PARTNER: Final = Caller("a-1", PersonId("hr-1"), frozenset({Group.HR_PARTNER}))
OTHER_PARTNER: Final = Caller("a-2", PersonId("hr-2"), frozenset({Group.HR_PARTNER}))
ADMIN: Final = Caller("a-3", PersonId("hr-9"), frozenset({Group.HR_ADMIN}))
COMPENSATION: Final = Caller("a-4", PersonId("co-1"), frozenset({Group.COMPENSATION}))
AUDITOR: Final = Caller("a-5", None, frozenset({Group.AUDITOR}))
STRANGER: Final = Caller("a-6", PersonId("m-1"), frozenset())


def accounts(*callers: Caller) -> FakeAccounts:
    """The accounts of these callers, as they stood when each signed in."""
    return FakeAccounts(
        **{
            caller.account: Account(True, caller.person_id, frozenset(map(str, caller.groups)))
            for caller in callers
        }
    )


DECISION: Final[dict[str, Any]] = {
    "rep_id": "r-1",
    "period": "2026-09",
    "policy": "field-sales@3",
    "outcome": "open_case",
    "stage": "coaching",
    "reason": None,
    "findings": [
        {"rule": "two-of-three", "observed": "2", "threshold": "2", "periods": ["2026-07", "2026-09"]}
    ],
    "inputs": [
        {
            "period": period,
            "quota": "1000",
            "credited": credited,
            "leave_days": leave_days,
            "eligible_fraction": fraction,
            "ramp_share": "1",
            "adjusted_quota": adjusted,
            "attainment": attainment,
            "status": status,
        }
        for period, credited, leave_days, fraction, adjusted, attainment, status in (
            ("2026-07", "512.5", 0, "1.0000", "1000", "0.5125", "assessable"),
            ("2026-08", "0", 28, "0.0968", None, None, "leave"),
            ("2026-09", "480", 6, "0.8000", "800", "0.6000", "assessable"),
        )
    ],
}


def person(person_id: str, name: str, manager: str | None = None, partner: str | None = None) -> Person:
    return Person(
        id=PersonId(person_id),
        name=name,
        email=f"{person_id}@example.com",
        role="AE" if person_id.startswith("r") else "HR",
        region="West" if person_id == "r-2" else "East",
        hire_date=date(2020, 1, 1),
        manager_id=None if manager is None else PersonId(manager),
        hr_partner_id=None if partner is None else PersonId(partner),
        timezone=None,
        active=True,
        delegate_id=None,
        delegate_from=None,
        delegate_until=None,
    )


PEOPLE: Final = (
    person("r-1", "Ada Rep", "m-1", "hr-1"),
    person("r-2", "Ben Rep", "m-1", "hr-2"),
    person("m-1", "Mia Manager"),
    person("hr-1", "Hal Partner"),
    person("hr-2", "Hope Partner"),
    person("hr-8", "Hedda Admin"),
    person("hr-9", "Hugo Admin"),
)
DIRECTORY: Final = Directory(BatchId("people-1"), {one.id: one for one in PEOPLE})


def decided(rep: str, credited: str = "480", **changes: Any) -> dict[str, Any]:
    """Such a decision about somebody else; ``credited`` is of the last period."""
    *before, last = DECISION["inputs"]
    inputs = [*before, last | {"credited": credited, "attainment": None}]
    return {**DECISION, "rep_id": rep, "inputs": inputs, **changes}


def asked(case_id: CaseId, number: int = 1, **changes: Any) -> Request:
    made: dict[str, Any] = {
        "id": request_id(case_id, number),
        "case_id": case_id,
        "version": 1,
        "stage": "coaching",
        "purpose": "gate",
        "seat": "hr_partner",
        "assignee": PersonId("hr-1"),
        "on_behalf_of": None,
        "step": 0,
        "choices": ("approve", "send_back"),
        "adverse": False,
        "asked_at": NOW - timedelta(days=1),
        "due_at": NOW + timedelta(days=2),
        "status": RequestStatus.OPEN,
    }
    return Request(**{**made, **changes})


@dataclass
class Desk:
    """The sources of answers, filled through the store as the product fills them."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(NOW))

    def __post_init__(self) -> None:
        self.store = FakeStore(self.clock)
        self.files = FakeFiles()
        self.sources = Sources(
            self.store,
            FakeDirectories(DIRECTORY),
            FakePolicies((POLICY, POLICY_TEXT)),
            self.files,
            self.clock,
        )

    def open(self, rep: str = "r-1", *requests: Request, **changes: Any) -> Case:
        """A case of the rep with its opening event, whose figures are sealed, and its requests."""
        case_id = CaseId(f"case-{rep}")
        made: dict[str, Any] = {
            "id": case_id,
            "version": 1,
            "rep_id": PersonId(rep),
            "policy": POLICY.ref,
            "policy_digest": policy_digest(POLICY_TEXT),
            "opened_at": NOW - timedelta(days=3),
            "opened_for": "2026-09",
            "evaluation_id": EvaluationId("evaluation-1"),
            "decision": DECISION,
            "status": CaseStatus.OPEN,
            "stage": "coaching",
            "stage_entered_at": NOW - timedelta(days=3),
            "waiting_for": Waiting.HR,
            "owner": PersonId("hr-1" if rep == "r-1" else "m-1"),
            "due_at": NOW + timedelta(days=2),
        }
        case = Case(**{**made, **changes})
        opened = EventDraft(
            tag=EventTag.CASE_OPENED,
            subject=case_subject(case.id),
            occurred_at=case.opened_at,
            actor=Actor(ActorKind.SYSTEM, "open_case"),
            command=CommandId(f"open-{case.id}"),
            relied_on={
                "policy": case.policy_digest,
                "evaluation": case.evaluation_id,
                "directory": DIRECTORY.version,
            },
            data={
                "stage": case.stage,
                "rep": case.rep_id,
                "policy": case.policy,
                "period": "2026-09",
                "evaluation": case.evaluation_id,
                "rules": ["two-of-three"],
                "relapse": False,
                "owner": case.owner,
            },
            private={"decision": DECISION},
            person=case.rep_id,
        )
        self.store.commit(
            Change(
                command=opened.command,
                result=case.id,
                events=(opened,),
                case=case,
                requests=requests,
            )
        )
        return case

    def evaluated(
        self,
        *decisions: Mapping[str, Any],
        evaluation_id: str = "evaluation-1",
        completed_at: datetime = NOW,
        **changes: Any,
    ) -> None:
        """An evaluation that found these people, and is finished."""
        made = {
            "id": EvaluationId(evaluation_id),
            "policy": POLICY.ref,
            "policy_digest": policy_digest(POLICY_TEXT),
            "period": "2026-09",
            "directory": DIRECTORY.version,
            "revisions": {},
            "shards": 1,
            "code_version": "1",
            "opens_cases": True,
        }
        plan = PlannedEvaluation(**{**made, **changes})
        record = EvaluationRecord(
            plan=plan, completed_at=completed_at, outcomes={}, decisions={}, decisions_root="00"
        )
        self.files.write(paths.flagged(plan.id), json.dumps(decisions).encode())
        command = CommandId(f"evaluated-{plan.id}")
        done = EventDraft(
            EventTag.EVALUATION_COMPLETED,
            evaluation_subject(plan.id),
            NOW,
            Actor(ActorKind.SYSTEM, "run"),
            command,
        )
        self.store.commit(
            Change(command=command, result="done", events=(done,), planned=plan, evaluation=record)
        )

    def tags(self) -> list[str]:
        """What happened, in order."""
        return [event.tag.value for event in self.store.seen]

    def close(self, case: Case) -> None:
        command = CommandId(f"close-{case.id}")
        closed = EventDraft(
            EventTag.CASE_CLOSED, case_subject(case.id), NOW, Actor(ActorKind.SYSTEM, "close"), command
        )
        self.store.commit(Change(command=command, result=case.id, events=(closed,), case=case))
