"""One case, the people around it, and everything that mails and pages need, in memory."""

import json
from collections import Counter
from collections.abc import Mapping
from typing import Any

from functions.notify.deliver import Delivering
from functions.notify.link_events import Responding
from functions.notify.mail_facts import Addresses, Composing
from functions.notify.relay_item import Relaying
from shared.domain import paths
from shared.domain.case import Case
from shared.domain.change import Change
from shared.domain.effect import Effect, Notice, NoticeKind
from shared.domain.event import EventTag
from shared.domain.identifiers import BatchId, CommandId, NoticeId, PersonId
from shared.domain.person import Directory
from shared.domain.policy import Policy, parse_policy, policy_digest
from shared.domain.request import Request
from tests.fakes.builders import NOON, a_case, a_draft, a_plan, a_request
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.world import (
    FakeDirectories,
    FakeFiles,
    FakeLinks,
    FakeMailer,
    FakePolicies,
    FakeTaskTokens,
    FakeTopic,
    FakeWorkflow,
)

POLICY_TEXT = """
policy: field-sales
version: 1
effective_from: 2026-01-01
title: Field sales performance
period: month
calendar: {timezone: America/New_York, country: US}
applies_to: {roles: ["*"], regions: ["*"]}
eligibility: {min_tenure_days: 90, min_eligible_fraction: "0.5"}
rules:
  - {id: two-of-three, below: "0.70", count: 2, of_last: 3, opens: coaching, cite: "Policy 3.1"}
  - {id: trailing-three, trailing_below: "0.60", of_last: 3, opens: coaching, cite: "Policy 3.2"}
  - {id: bottom-decile, peer_rank_below: "0.10", group_by: [role, region], min_group: 20, opens: coaching}
ladder:
  - stage: coaching
    length: 30d
    ask:
      chain: [{to: manager, within: 2bd}, {to: hr_partner, within: 3bd}, {to: hr_queue, within: 5bd}]
      answers: [coach, dispute_figures, request_exception]
      agenda: ["What held you up in September?", "Which two deals can still close this month?"]
    graduate: {at_least: "0.85", count: 2, of_next: 3}
    then: final_review
  - stage: final_review
    adverse: removal
"""
DECISION: dict[str, Any] = {
    "rep_id": "R000004",
    "period": "2026-09",
    "policy": "field-sales@1",
    "outcome": "open_case",
    "stage": "coaching",
    "reason": None,
    "findings": [
        {"rule": "two-of-three", "observed": "2", "threshold": "2", "periods": ["2026-07", "2026-09"]}
    ],
    "inputs": [
        {
            "period": "2026-07",
            "quota": "1000",
            "credited": "512.5",
            "leave_days": 0,
            "eligible_fraction": "1.0000",
            "ramp_share": "1",
            "adjusted_quota": "1000",
            "attainment": "0.5125",
            "status": "assessable",
        },
        {
            "period": "2026-08",
            "quota": "7777",
            "credited": "333",
            "leave_days": 21,
            "eligible_fraction": "0.3226",
            "ramp_share": None,
            "adjusted_quota": None,
            "attainment": None,
            "status": "leave",
        },
        {
            "period": "2026-09",
            "quota": "120000",
            "credited": "83995.2",
            "leave_days": 0,
            "eligible_fraction": "1.0000",
            "ramp_share": "1",
            "adjusted_quota": "120000",
            "attainment": "0.7000",
            "status": "assessable",
        },
    ],
}
"""Two of three months below 70 %, the last of them so narrowly that rounding would hide it; one on leave."""

_PEOPLE = (
    ("R000004", "Ines O'Duff <script>", "ines@example.com", "M000001", "H001", "America/Los_Angeles", "true"),
    ("M000001", "Mara Quist", "mara@example.com", "D000001", "H001", "America/New_York", "true"),
    ("D000001", "Rafael Jarl", "rafael@example.com", None, "H001", None, "true"),
    ("R000005", "Ola Kvist", "ola@example.com", "M000001", "H001", None, "true"),
    ("R000006", "Pia Ström", "pia@example.com", "D000001", "H002", None, "true"),
    ("H001", "Dana Zeman", "dana@example.org", None, None, "Europe/Berlin", "true"),
    ("L000001", "Gone Away", "gone@example.com", None, None, None, "false"),
)
DIRECTORY = Directory.from_rows(
    BatchId("d" * 16),
    [
        {
            "person_id": person_id,
            "name": name,
            "email": email,
            "role": "AE",
            "region": "West",
            "hire_date": "2020-01-01",
            "manager_id": manager,
            "hr_partner_id": hr,
            "timezone": zone,
            "active": active,
            "delegate_id": None,
            "delegate_from": None,
            "delegate_until": None,
        }
        for person_id, name, email, manager, hr, zone, active in _PEOPLE
    ],
)


def about(rep: str, credited: str) -> dict[str, Any]:
    """The same finding about somebody else, who was credited so much in the last period."""
    *before, last = DECISION["inputs"]
    return {**DECISION, "rep_id": rep, "inputs": [*before, {**last, "credited": credited}]}


def policy() -> Policy:
    return parse_policy(POLICY_TEXT, "field-sales.yaml")


def the_case(**changes: Any) -> Case:
    fields: dict[str, Any] = {
        "decision": DECISION,
        "request_id": "case-0123456789.1",
        "policy_digest": policy_digest(POLICY_TEXT.encode()),
    }
    return a_case(**(fields | changes))


class Office:
    """``Office()`` has one open case whose manager was asked; requests and people may be given."""

    def __init__(self, *requests: Request, case: Case | None = None, directory: bool = True) -> None:
        self.clock = FakeClock(NOON)
        self.store = FakeStore(self.clock)
        self.links = FakeLinks(self.store.codes)
        self.reported: list[tuple[str, str]] = []
        self.counted: Counter[str] = Counter()
        self.mailer = FakeMailer()
        self.tokens = FakeTaskTokens()
        self.workflow = FakeWorkflow()
        self.files = FakeFiles()
        self.topic = FakeTopic()
        self.directories = FakeDirectories(*([DIRECTORY] if directory else []))
        self.policies = FakePolicies((policy(), POLICY_TEXT.encode()))
        self.case = case or the_case()
        self.request = requests[0] if requests else a_request()
        self._commit("opened", case=self.case, requests=requests or (self.request,))
        self.found(DECISION)

    def found(self, *decisions: Mapping[str, Any]) -> None:
        """The evaluation that opened the case found these people; in place of what it found before."""
        plan = a_plan(self.case.evaluation_id)
        self.store.commit(Change(command=CommandId("planned"), result="", events=(), planned=plan))
        self.files.files[paths.flagged(plan.id)] = json.dumps(decisions).encode()

    @property
    def responding(self) -> Responding:
        return Responding(
            store=self.store,
            links=self.links,
            directories=self.directories,
            policies=self.policies,
            files=self.files,
            clock=self.clock,
            count=lambda reason: self.counted.update([reason]),
        )

    @property
    def delivering(self) -> Delivering:
        addresses = Addresses(
            "https://cases.example.com",
            "hr@example.com",
            "figures@example.com",
            {"sap-attainment": "sap@example.com"},
            "https://console.example.com/",
        )
        composing = Composing(
            self.store,
            self.links,
            self.directories,
            self.policies,
            self.files,
            self.clock,
            addresses,
        )
        return Delivering(composing, self.store, self.mailer, self.workflow, self.tokens, self._report)

    @property
    def relaying(self) -> Relaying:
        return Relaying(self.delivering, self.topic)

    def _report(self, effect_id: str, error: Exception) -> None:
        self.reported.append((effect_id, type(error).__name__))

    def queue(self, *effects: Effect) -> None:
        self._commit("queued-" + "-".join(effect.id for effect in effects), effects=effects)

    def change(self, **fields: Any) -> None:
        self._commit(f"changed-{len(self.store.seen)}", **fields)

    def link(self) -> str:
        """A fresh link to the request, as a mail would carry it."""
        return self.links.issue(self.request.id, self.request.due_at)

    def events(self, tag: EventTag) -> list[Any]:
        return [event for event in self.store.seen if event.tag == tag]

    def _commit(self, command: str, **fields: Any) -> None:
        draft = a_draft(command=CommandId(command))
        self.store.commit(Change(command=CommandId(command), result="done", events=(draft,), **fields))


def a_notice(kind: NoticeKind = NoticeKind.QUESTION, **changes: Any) -> Notice:
    fields: dict[str, Any] = {
        "id": NoticeId("notice-1"),
        "notice": kind,
        "to": PersonId("M000001"),
        "case_id": "case-0123456789",
        "request_id": "case-0123456789.1",
        "parameters": {},
    }
    return Notice.model_validate(fields | changes)
