"""Runs a case in memory through the pure core, as the use cases do, with the time set by the test."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo

from functions.evaluate.cases.escalation import step, what_is_due
from functions.evaluate.cases.step_draft import Step
from functions.evaluate.cases.triggers import Bounced, Context, Opened, ResultsArrived, Trigger
from shared.domain.case import Case
from shared.domain.decision_json import DecisionJson
from shared.domain.effect import Effect, Notice, NoticeKind
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag
from shared.domain.identifiers import BatchId, CommandId, EvaluationId, PersonId, RequestId
from shared.domain.instruction import Instruction
from shared.domain.person import Directory, Person
from shared.domain.policy import Policy, parse_policy
from shared.domain.request import Answer, Request, RequestStatus

FRIDAY = datetime(2026, 10, 2, 19, 0, tzinfo=UTC)
"""15:00 in New York."""

POLICY_TEXT = """
policy: field-sales
version: 1
effective_from: 2026-01-01
period: month
calendar: {timezone: America/New_York, country: US, subdivision: null}
applies_to: {roles: [AE], regions: ["*"]}
eligibility: {min_tenure_days: 90, min_eligible_fraction: "0.5", ramp: []}
rules:
  - {id: two-of-three, below: "0.70", count: 2, of_last: 3, opens: coaching}
ladder:
  - stage: coaching
    length: 30d
    ask:
      chain: [{to: manager, within: 2bd}, {to: manager, within: 1bd}, {to: skip_level, within: 2bd},
              {to: hr_partner, within: 3bd}, {to: hr_queue, within: 5bd}]
      answers: [coach, dispute_figures, request_exception]
    rep: {told: true, may: [acknowledge, rebut, dispute_figures]}
    check_ins: {every: 7d, by: manager}
    graduate: {at_least: "0.85", count: 2, of_next: 3}
    then: improvement_plan
  - stage: improvement_plan
    gate: hr_partner
    length: 60d
    ask:
      chain: [{to: manager, within: 2bd}, {to: manager, within: 1bd}, {to: skip_level, within: 2bd},
              {to: hr_partner, within: 3bd}, {to: hr_queue, within: 5bd}]
      answers: [agree_plan, dispute_figures, request_exception]
    rep: {told: true, may: [acknowledge, rebut, dispute_figures]}
    check_ins: {every: 7d, by: manager}
    graduate: {at_least: "0.85", count: 2, of_next: 3}
    then: final_review
  - stage: final_review
    adverse: removal
    ask:
      chain: [{to: manager, within: 3bd}, {to: skip_level, within: 3bd}, {to: hr_partner, within: 5bd},
              {to: hr_queue, within: 5bd}]
      answers: [propose_removal, extend_plan, request_exception]
    rep: {told: true, may: [acknowledge, rebut, dispute_figures]}
relapse: {within: 180d, enters: improvement_plan}
hold: {leave: pause, dispute: pause}
"""
POLICY = parse_policy(POLICY_TEXT, "field-sales")
SYSTEM = Actor(ActorKind.SYSTEM, "evaluate")


def person(person_id: str, manager: str | None = None, hr: str | None = None, **changes: Any) -> Person:
    made = Person(
        id=PersonId(person_id),
        name=person_id.title(),
        email=f"{person_id}@example.com",
        role="AE",
        region="EAST",
        hire_date=date(2020, 1, 1),
        manager_id=None if manager is None else PersonId(manager),
        hr_partner_id=None if hr is None else PersonId(hr),
        timezone=None,
        active=True,
        delegate_id=None,
        delegate_from=None,
        delegate_until=None,
    )
    return replace(made, **changes)


def directory(*changed: Person) -> Directory:
    people = [
        person("rep", "manager", "partner"),
        person("manager", "director", "partner"),
        person("director", None, "partner"),
        person("partner"),
        person("partner-2"),
        person("partner-3"),
        person("deputy", "director", "partner"),
    ]
    return Directory(BatchId("d" * 16), {one.id: one for one in [*people, *changed]})


def figures(period: str, attainment: str | None, leave_days: int = 0) -> dict[str, Any]:
    """One period's inputs of a decision: a quota of 1000 and credits to match."""
    known = attainment is not None
    credited = str(int(float(attainment or 0) * 1000))
    return {
        "period": period,
        "quota": "1000" if known else None,
        "credited": credited if known else None,
        "leave_days": leave_days if known else None,
        "eligible_fraction": "1.0000" if known else None,
        "ramp_share": "1" if known else None,
        "adjusted_quota": "1000" if known else None,
        "attainment": f"{attainment}00"[:6] if attainment is not None else None,
        "status": "assessable" if known else "missing",
    }


def decision(period: str, *inputs: Mapping[str, Any], outcome: str = "open_case") -> DecisionJson:
    opens = outcome == "open_case"
    finding = {"rule": "two-of-three", "observed": "2", "threshold": "2", "periods": ["2026-08", "2026-09"]}
    made = {
        "rep_id": "rep",
        "period": period,
        "policy": "field-sales@1",
        "outcome": outcome,
        "stage": "coaching" if opens else None,
        "reason": None,
        "findings": [finding] if opens else [],
        "inputs": [dict(entry) for entry in inputs or (figures(period, "0.5000"),)],
    }
    return cast(DecisionJson, made)


class Life:
    """``case`` is how it stands; ``events``, ``notices`` and ``requests`` are everything that came of it."""

    def __init__(
        self, people: Directory | None = None, policy: Policy = POLICY, now: datetime = FRIDAY
    ) -> None:
        self.people = people or directory()
        self.policy = policy
        self.now = now
        self.state: Case | None = None
        self.requests: dict[RequestId, Request] = {}
        self.events: list[EventDraft] = []
        self.effects: list[Effect] = []
        self.steps = 0
        self.instructions: tuple[Instruction, ...] = ()
        self.policy_ended = False
        self.mails_leave = True

    @property
    def case(self) -> Case:
        assert self.state is not None
        return self.state

    @property
    def asked(self) -> Request:
        """The question that stands."""
        assert self.case.request_id is not None
        return self.requests[self.case.request_id]

    @property
    def notices(self) -> list[Notice]:
        return [effect for effect in self.effects if isinstance(effect, Notice)]

    def __contains__(self, tag: EventTag) -> bool:
        return any(event.tag is tag for event in self.events)

    def told(self, kind: NoticeKind) -> list[str | None]:
        """Who was mailed a notice of this kind."""
        return [notice.to for notice in self.notices if notice.notice is kind]

    def standing(self, purpose: str) -> Request:
        return next(self.requests[one] for one in self.case.standing if self.requests[one].purpose == purpose)

    def context(self) -> Context:
        self.steps += 1
        standing = () if self.state is None else self.state.standing
        return Context(
            policy=self.policy,
            policy_digest="ab" * 32,
            policy_json="cd" * 32,
            directory=self.people,
            now=self.now,
            command=CommandId(f"command-{self.steps}"),
            actor=SYSTEM,
            standing={one: self.requests[one] for one in standing},
            instructions=self.instructions,
            policy_ended=self.policy_ended,
            unmailed=() if self.mails_leave else standing,
        )

    def happen(self, trigger: Trigger) -> Step:
        done = step(self.state, trigger, self.context())
        self.state = done.case
        self.requests |= {request.id: request for request in done.requests}
        assert done.events, f"{trigger} leaves no trace"
        self.events += done.events
        self.effects += done.effects
        self.instructions = tuple(one for one in self.instructions if one not in done.carried_out)
        return done

    def report_leave(self) -> "Life":
        """HR says that the rep is on leave, and the case hears of it."""
        told = Instruction(
            id=f"leave-{self.steps}",
            case_id=self.case.id,
            kind="hold_for_leave",
            given_by=PersonId("partner"),
            given_at=self.now,
        )
        self.instructions = (*self.instructions, told)
        return self.settle()

    def open(self, stage: str = "coaching", period: str = "2026-09") -> "Life":
        self.happen(Opened(decision(period), EvaluationId(f"evaluation-{period}"), stage))
        return self

    def settle(self) -> "Life":
        """Everything that is due now happens."""
        while (trigger := what_is_due(self.case, self.context())) is not None:
            self.happen(trigger)
        return self

    def wait(self, until: datetime) -> "Life":
        """Time passes, and what falls due on the way happens when it does."""
        while self.case.status == "open" and self.case.due_at <= until:
            self.now = max(self.now, self.case.due_at)
            self.settle()
        self.now = until
        return self

    def wait_days(self, days: int) -> "Life":
        return self.wait(self.now + timedelta(days=days))

    def pass_deadline(self) -> "Life":
        """Nobody answers the question that stands."""
        return self.wait(self.asked.due_at)

    def answer(
        self,
        choice: str,
        by: str | None = None,
        known_by: Literal["link", "link+code", "cognito"] = "link",
        request: Request | None = None,
    ) -> "Life":
        request = request or self.asked
        given = Answer(
            choice=choice,
            reason="because of the pipeline",
            answered_by=PersonId(by or request.assignee),
            authenticated_by=known_by,
            answered_at=self.now,
        )
        self.requests[request.id] = request.answered(given)
        return self.settle()

    def bounce(self, request: Request) -> "Life":
        self.requests[request.id] = request.ended(RequestStatus.BOUNCED)
        assert what_is_due(self.case, self.context()) == Bounced(request.id)
        return self.settle()

    def results(self, period: str, *inputs: Mapping[str, Any], evaluation: str = "") -> "Life":
        news = decision(period, *inputs, outcome="clear")
        self.happen(ResultsArrived(news, EvaluationId(evaluation or f"evaluation-{period}")))
        return self


def new_york(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("America/New_York"))


def running() -> Life:
    return Life().open().answer("coach")


def at_the_gate() -> Life:
    life = running()
    return life.wait_days(31)


def in_final_review() -> Life:
    life = at_the_gate().answer("publish").answer("agree_plan")
    life.results("2026-10", figures("2026-10", "0.4000"))
    while life.case.stage != "final_review":
        if life.case.request_id is not None:
            life.answer("publish", by="partner-2", known_by="cognito")
        else:
            life.wait(life.case.due_at)
    return life
