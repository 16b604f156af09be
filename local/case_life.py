"""Draws the states of a case by exploring them: it applies every answer and trigger to the real core.

`python -m local.case_life` writes the diagram into docs/explanation/case-life.md. A test fails where
it is out of date.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

from functions.evaluate.cases.escalation import step
from functions.evaluate.cases.triggers import (
    Answered,
    Context,
    DeadlinePassed,
    FindingsRestored,
    FindingsUndone,
    Opened,
    PauseRequested,
    ResultsArrived,
    StageEnded,
    Trigger,
)
from shared.domain.case import Case, CaseStatus
from shared.domain.decision_json import DecisionJson, Outcome, PeriodJson
from shared.domain.event import Actor, ActorKind
from shared.domain.identifiers import BatchId, CommandId, EvaluationId, PersonId, RequestId
from shared.domain.person import HR_QUEUE, Directory, Person
from shared.domain.policy import Policy, parse_policy
from shared.domain.request import Answer, Request

PAGE: Final = Path(__file__).resolve().parents[1] / "docs" / "explanation" / "case-life.md"
POLICY: Final = Path(__file__).resolve().parents[1] / "config" / "policies" / "field-sales.yaml"
_BEGIN, _END = "```mermaid\n", "```\n"
_START: Final = datetime(2026, 10, 2, 14, 0, tzinfo=UTC)

Edge = tuple[str, str, str]
Known = dict[RequestId, Request]


def edges(policy: Policy) -> list[Edge]:
    """Every transition as (from, reason, to), each once, in the order of discovery."""
    found: dict[Edge, None] = {}
    # The diagram skips check-ins. Missed ones would send every case to HR's gate, so a ladder without them is
    # drawn too.
    without_check_ins = tuple(stage.model_copy(update={"check_ins": None}) for stage in policy.ladder)
    for version in (policy, policy.model_copy(update={"ladder": without_check_ins})):
        found |= dict.fromkeys(_explored(version))
    return list(found)


def _explored(policy: Policy) -> list[Edge]:
    found: dict[Edge, None] = {}
    opened = [stage.stage for stage in policy.ladder]
    frontier: list[tuple[Case, Known, datetime]] = []
    for stage in opened:
        case, known = _step(
            None, Opened(_decision("open_case"), EvaluationId("e"), stage), policy, {}, _START
        )
        found["[*]", "opened" if stage == opened[0] else "opened after a relapse", _state(case)] = None
        frontier.append((case, known, _START))
    seen: set[tuple[Any, ...]] = set()
    while frontier:
        case, known, now = frontier.pop(0)
        key = (_state(case), case.phase, case.stage, case.refused, case.holds_waiting, bool(case.results))
        if case.status is CaseStatus.CLOSED or key in seen:
            continue
        seen.add(key)
        for label, trigger, answered, moment in _possible(case, known, now):
            then, knows = _step(case, trigger, policy, known | answered, moment)
            if _state(then) != _state(case):
                found[_state(case), label, _state(then)] = None
            frontier.append((then, knows, moment))
    return list(found)


def mermaid(found: Iterable[Edge]) -> str:
    """The transitions as a Mermaid state diagram. All reasons of an arrow are its label."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for origin, label, target in found:
        arrows.setdefault((origin, target), []).append(label)
    lines = ["stateDiagram-v2", *_names(arrows)]
    lines += [f"    {origin} --> {target}: {', '.join(why)}" for (origin, target), why in arrows.items()]
    return "\n".join(lines) + "\n"


def page(text: str, picture: str) -> str:
    """The page's text with the diagram replaced."""
    before, _, rest = text.partition(_BEGIN)
    return before + _BEGIN + picture + _END + rest.partition(_END)[2]


def main() -> int:
    text = PAGE.read_text()
    PAGE.write_text(page(text, mermaid(edges(parse_policy(POLICY.read_text(), POLICY.name)))))
    return 0


def _possible(case: Case, known: Known, now: datetime) -> Iterator[tuple[str, Trigger, Known, datetime]]:
    """Everything that may happen to the case: label, trigger, changed requests, and time."""
    for request_id in case.standing:
        request = known[request_id]
        if request.purpose == "check_in":
            continue
        for choice in request.choices:
            if request.purpose != "rep" or choice == "dispute_figures":
                label = f"rep says {choice}" if request.purpose == "rep" else choice
                yield label, Answered(request_id), {request_id: _answered(request, choice, now)}, now
        if request_id == case.request_id:
            yield "silence", DeadlinePassed(request_id), {}, request.due_at
    if case.request_id is None and case.stage_ends_at is not None:
        yield "time is up", StageEnded(), {}, case.stage_ends_at
    if case.hold is not None and case.hold.reason == "withdrawal":
        yield "findings restored", FindingsRestored(_decision("open_case"), EvaluationId("anew")), {}, now
    if case.hold is None:
        yield "leave reported", PauseRequested("leave"), {}, now
        if case.marked is None:
            undone = FindingsUndone(_decision("clear"), EvaluationId("again"))
            yield "findings undone", undone, {}, now
        for label, attainment in (("good results", "0.95"), ("poor results", "0.50")):
            news = _decision("clear", "2026-11", attainment)
            yield label, ResultsArrived(news, EvaluationId(label)), {}, now


def _step(
    case: Case | None, trigger: Trigger, policy: Policy, known: Known, now: datetime
) -> tuple[Case, Known]:
    standing = () if case is None else case.standing
    context = Context(
        policy=policy,
        policy_digest="0" * 64,
        policy_json="0" * 64,
        directory=_people(),
        now=now,
        command=CommandId("picture"),
        actor=Actor(ActorKind.SYSTEM, "picture"),
        standing={request: known[request] for request in standing},
    )
    done = step(case, trigger, context)
    return done.case, known | {request.id: request for request in done.requests}


def _state(case: Case) -> str:
    if case.exit is not None:
        return case.exit.value
    return case.phase.value if case.hold is None else f"paused_{case.hold.reason}"


def _names(arrows: dict[tuple[str, str], list[str]]) -> Iterator[str]:
    """The labels of the states."""
    spoken = {
        "asking": "the chain is asked the stage’s question",
        "running": "the stage runs",
        "gate": "HR is asked whether the next stage begins",
        "approving": "HR is asked to approve a removal",
        "paused_dispute": "paused: HR decides a dispute",
        "paused_exception": "paused: HR decides about an exception",
        "paused_withdrawal": "paused: HR confirms a withdrawal",
        "paused_leave": "paused: the rep is on leave",
    }
    used = {state for arrow in arrows for state in arrow}
    return (f"    {state}: {name}" for state, name in spoken.items() if state in used)


def _answered(request: Request, choice: str, now: datetime) -> Request:
    by = PersonId("partner-2") if request.assignee == HR_QUEUE else request.assignee
    answer = Answer(
        choice=choice,
        reason="for the picture",
        answered_by=by,
        authenticated_by="cognito" if request.assignee == HR_QUEUE else "link+code",
        answered_at=now,
    )
    return request.answered(answer)


def _people() -> Directory:
    plain = Person(
        PersonId("rep"), "Rep", "rep@example.com", "AE", "EAST", date(2020, 1, 1), PersonId("manager"),
        PersonId("partner"), None, True, None, None, None,
    )  # fmt: skip
    people = [
        plain,
        replace(plain, id=PersonId("manager"), manager_id=PersonId("director")),
        replace(plain, id=PersonId("director"), manager_id=None),
        replace(plain, id=PersonId("partner"), manager_id=None, hr_partner_id=None),
    ]
    return Directory(BatchId("0" * 16), {person.id: person for person in people})


def _decision(outcome: Outcome, period: str = "2026-09", attainment: str = "0.5") -> DecisionJson:
    """A decision. For a later period it has the two periods that a graduation needs."""
    months = ["2026-09"] if period == "2026-09" else ["2026-10", "2026-11"]
    inputs: list[PeriodJson] = [
        {
            "period": month, "quota": "1000", "credited": str(int(float(attainment) * 1000)), "leave_days": 0,
            "eligible_fraction": "1.0000", "ramp_share": "1", "adjusted_quota": "1000",
            "attainment": attainment, "status": "assessable",
        }
        for month in months
    ]  # fmt: skip
    return {
        "rep_id": "rep", "period": period, "policy": "picture@1", "outcome": outcome, "stage": None,
        "reason": None, "findings": [], "inputs": inputs,
    }  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
