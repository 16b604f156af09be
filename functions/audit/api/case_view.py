"""A case as HR reads it: the owner and deadline, the figures with their arithmetic, the questions. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

from functions.audit.caller import Caller
from functions.audit.event_sentences import actor_in_words, headline, in_background
from functions.audit.hr_figures import period_in_words
from functions.audit.rights import bar_to_deciding
from shared.domain.attainment import bars_of, in_line_with
from shared.domain.case import Case, CaseStatus
from shared.domain.decision_json import DecisionJson, PeriodJson
from shared.domain.event import Event, stamp
from shared.domain.figure_text import (
    attainment_of,
    bar_of,
    finding_in_words,
    goal_in_words,
    percent,
    rule_of,
)
from shared.domain.identifiers import PersonId
from shared.domain.instruction import Instruction
from shared.domain.kept_state import MEMBER
from shared.domain.person import HR_QUEUE, HR_QUEUE_NAME, Directory, NameOf
from shared.domain.policy import Policy
from shared.domain.proposing import proposers
from shared.domain.request import ABOUT_REMOVAL, Request, RequestStatus

View = dict[str, Any]


def person_view(person_id: PersonId | None, directory: Directory) -> View | None:
    """An id and a name. The name is null for a person who is no longer in the directory."""
    if person_id is None:
        return None
    if person_id == HR_QUEUE:
        return {"id": HR_QUEUE, "name": HR_QUEUE_NAME}
    person = directory.person(person_id)
    return {"id": person_id, "name": None if person is None else person.name}


def row_view(case: Case, directory: Directory, now: datetime) -> View:
    """A case as one row of the list."""
    rep = directory.person(case.rep_id)
    return {
        "id": case.id,
        "rep": person_view(case.rep_id, directory),
        "role": None if rep is None else rep.role,
        "region": None if rep is None else rep.region,
        "manager": person_view(None if rep is None else rep.manager_id, directory),
        "hr_partner": person_view(None if rep is None else rep.hr_partner_id, directory),
        "policy": case.policy,
        "status": case.status.value,
        "exit": None if case.exit is None else case.exit.value,
        "stage": case.stage,
        "waiting_for": case.waiting_for.value if case.status is CaseStatus.OPEN else None,
        "owner": person_view(case.owner, directory) if case.status is CaseStatus.OPEN else None,
        "due_at": stamp(case.due_at) if case.status is CaseStatus.OPEN else None,
        "overdue": overdue(case, now),
        "opened_at": stamp(case.opened_at),
        "opened_for": case.opened_for,
        "marked": case.marked,
        "on_hold": None if case.hold is None else case.hold.reason,
    }


def overdue(case: Case, now: datetime) -> bool:
    return case.status is CaseStatus.OPEN and case.due_at <= now


def case_view(
    case: Case,
    requests: Sequence[Request],
    instructions: Sequence[Instruction],
    policy: Policy,
    directory: Directory,
    caller: Caller,
    now: datetime,
) -> View:
    """The whole case without its events."""
    stage = next((stage for stage in policy.ladder if stage.stage == case.stage), None)
    goal = None if stage is None else stage.graduate
    bar = bar_of(policy, case.decision["findings"])
    barred = proposers(case, policy, directory, now)
    return row_view(case, directory, now) | {
        "as_of": stamp(now),
        "version": case.version,
        "policy_title": policy.title,
        "policy_digest": case.policy_digest,
        "evaluation_id": case.evaluation_id,
        "stage_entered_at": stamp(case.stage_entered_at),
        "stage_ends_at": None if case.stage_ends_at is None else stamp(case.stage_ends_at),
        "ladder": [rung.stage for rung in policy.ladder],
        "goal": None if goal is None else goal_in_words(goal, policy),
        "bar": bar,
        "bar_says": None if bar is None else percent(bar),
        "findings": _findings(case.decision, policy),
        "periods": _periods(case, policy),
        "restated": _restated(case, policy),
        "leave": leave_of(case, instructions),
        "may_end_in_removal": stage is not None and stage.adverse is not None,
        "requests": [
            _request_view(request, directory, now, bar_to_deciding(caller, request, barred) is None)
            for request in requests
        ],
    }


def leave_of(case: Case, instructions: Sequence[Instruction]) -> str | None:
    """``held`` while a leave pauses the case, ``recorded`` before it takes effect, None without a leave."""
    if "leave" in case.holds_waiting or (case.hold is not None and case.hold.reason == "leave"):
        return "held"
    return "recorded" if instructions else None


def event_view(event: Event, private: Mapping[str, object] | None, name_of: NameOf) -> View:
    """One event: a sentence for people, and the recorded data."""
    return {
        "sequence": event.sequence,
        "tag": event.tag.value,
        "occurred_at": event.occurred_at,
        "recorded_at": event.recorded_at,
        "by": actor_in_words(event.actor, name_of),
        "says": headline(event, name_of),
        "background": in_background(event),
        "data": {name: value for name, value in event.data.items() if name != MEMBER},
        "relied_on": event.relied_on,
        "private": None if private is None else dict(private),
        "sealed": event.private is not None and private is None,
        "commitment": None if event.private is None else event.private.commitment,
    }


def _findings(decision: DecisionJson, policy: Policy) -> list[View]:
    findings = []
    for finding in decision["findings"]:
        rule = rule_of(policy, finding["rule"])
        says = finding_in_words(finding, policy, decision["inputs"])
        findings.append(dict(finding) | {"says": says, "cite": None if rule is None else rule.cite})
    return findings


def _period_view(figures: PeriodJson, policy: Policy) -> View:
    reached = attainment_of(figures, policy)
    shown = dict(figures) | {"attainment": reached}
    return shown | {"attained": _attained(reached), "says": period_in_words(shown)}


def _attained(reached: str | None) -> str | None:
    """The attainment as a person reads it; None for a period that does not count."""
    return None if reached is None else percent(reached)


def _periods(case: Case, policy: Policy) -> list[View]:
    """The periods that opened the case and every later period, oldest first; the later figure counts."""
    counted = {period for finding in case.decision["findings"] for period in finding["periods"]}
    periods = {
        figures["period"]: _period_view(figures, policy)
        | {"counted": figures["period"] in counted, "since": False}
        for figures in case.decision["inputs"]
    }
    for result in case.results:
        exact = result.exact or result.attainment
        reached = None if exact is None else in_line_with(bars_of(policy), Fraction(exact))
        periods[result.period] = {
            "period": result.period,
            "status": result.status,
            "attainment": reached,
            "attained": _attained(reached),
            "says": f"{percent(reached)} reached" if reached else period_in_words({"status": result.status}),
            "counted": False,
            "since": True,
        }
    return [periods[period] for period in sorted(periods)]


def _restated(case: Case, policy: Policy) -> View | None:
    """The restated figures, while HR is asked whether to withdraw the case; None otherwise."""
    after = case.restated
    if after is None or case.marked is None:
        return None
    return {
        "outcome": after["outcome"],
        "findings": _findings(after, policy),
        "periods": [_period_view(figures, policy) for figures in after["inputs"]],
    }


def _request_view(request: Request, directory: Directory, now: datetime, may_decide: bool) -> View:
    answer, is_open = request.answer, request.status is RequestStatus.OPEN
    return {
        "id": request.id,
        "stage": request.stage,
        "purpose": request.purpose,
        "seat": request.seat,
        "assignee": person_view(request.assignee, directory),
        "on_behalf_of": person_view(request.on_behalf_of, directory),
        "asked_at": stamp(request.asked_at),
        "due_at": stamp(request.due_at),
        "status": request.status.value,
        "overdue": is_open and request.due_at <= now,
        "choices": list(request.choices),
        "adverse": request.adverse,
        "compares": request.purpose in ABOUT_REMOVAL,
        "yours": is_open and request.due_at > now and may_decide,
        "answer": None
        if answer is None
        else {
            "choice": answer.choice,
            "reason": answer.reason,
            "answered_by": person_view(answer.answered_by, directory),
            "answered_at": stamp(answer.answered_at),
            "authenticated_by": answer.authenticated_by,
        },
    }
