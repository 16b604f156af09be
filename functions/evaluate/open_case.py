"""Open cases for the people whom an evaluation flagged, and feed the open ones with what it shows."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import orjson

from functions.evaluate.advance_case import settle
from functions.evaluate.cases.deadlines import due
from functions.evaluate.cases.results import has_news
from functions.evaluate.cases.triggers import FindingsHold, FindingsUndone, Occurrence, Opened, ResultsArrived
from functions.evaluate.commit_step import Casework
from shared.domain import paths
from shared.domain.case import Case, CaseStatus, Exit
from shared.domain.identifiers import EvaluationId, PersonId, derived_id
from shared.domain.policy import Policy
from shared.domain.record import PlannedEvaluation
from shared.retry import retry_on_conflict

Done = Literal["opened", "fed", "left"]


def open_cases(evaluation_id: EvaluationId, start: int, end: int, work: Casework) -> dict[str, int]:
    """Act on the people from ``start`` up to ``end`` of the evaluation's list; again, it changes nothing.

    Returns how many cases were ``opened`` and how many ``fed``.
    """
    plan = work.store.planned(evaluation_id)
    decisions = orjson.loads(work.files.read(paths.flagged(evaluation_id)))[start:end]
    done = Counter(open_case(decision, plan, work) for decision in decisions)
    return {"opened": done["opened"], "fed": done["fed"]}


def open_case(decision: Mapping[str, Any], plan: PlannedEvaluation, work: Casework) -> Done:
    """Open a case for one person, or feed the open one. One command a person and evaluation."""
    rep_id = PersonId(decision["rep_id"])
    command = derived_id("open", plan.id, rep_id)

    def attempt() -> Done:
        if work.store.outcome(command) is not None:
            return "left"
        case_id = work.store.open_case(plan.policy.partition("@")[0], rep_id)
        if case_id is None:
            return _open(decision, plan, command, work)
        # An answer that is on its way is taken in before what the evaluation says.
        case = settle(work.store.case(case_id), work, wake=True)
        occurrence = _news(case, decision, plan)
        if case.status is CaseStatus.CLOSED or occurrence is None:
            return "left"
        work.carry_out(case, occurrence, work.context(case.policy_digest, case, command))
        return "fed"

    return retry_on_conflict(attempt)


def _open(decision: Mapping[str, Any], plan: PlannedEvaluation, command: str, work: Casework) -> Done:
    earlier = _earlier(PersonId(decision["rep_id"]), plan, work)
    wanted = plan.opens_cases and decision["outcome"] == "open_case"
    if not wanted or any(_settled(case, decision) for case in earlier):
        return "left"
    context = work.context(plan.policy_digest, None, command)
    if context.policy_ended:
        return "left"
    stage = relapse_stage(context.policy, decision, earlier, work)
    relapse = stage != decision["stage"]
    work.carry_out(None, Opened(decision, plan.id, stage, relapse), context)
    return "opened"


def _news(case: Case, decision: Mapping[str, Any], plan: PlannedEvaluation) -> Occurrence | None:
    """What the decision is to an open case; None where it says nothing new."""
    if decision["period"] == case.opened_for and plan.id != case.evaluation_id:
        return _restated(case, decision, plan)
    return ResultsArrived(decision, plan.id) if has_news(case, decision) else None


def _restated(case: Case, decision: Mapping[str, Any], plan: PlannedEvaluation) -> Occurrence | None:
    """The period that opened the case, as known now, by the case's own policy: no other changes a case."""
    if plan.policy_digest != case.policy_digest:
        return None
    if decision["outcome"] == "open_case":
        return None if case.marked is None else FindingsHold(decision, plan.id)
    return None if case.restated == decision else FindingsUndone(decision, plan.id)


def _earlier(rep_id: PersonId, plan: PlannedEvaluation, work: Casework) -> list[Case]:
    """The rep's closed cases under any version of the policy."""
    name = plan.policy.partition("@")[0]
    return [case for case in work.store.cases_of(rep_id) if case.policy.partition("@")[0] == name]


def _settled(case: Case, decision: Mapping[str, Any]) -> bool:
    """Whether the period was dealt with before; after a withdrawal, only other figures count anew."""
    if case.opened_for != decision["period"]:
        return False
    return case.exit is not Exit.WITHDRAWN or case.decision == decision


def relapse_stage(
    policy: Policy, decision: Mapping[str, Any], earlier: Iterable[Case], work: Casework
) -> str:
    """Where a new case begins: at the decision's stage, or further on soon after a good end."""
    stage: str = decision["stage"]
    relapse, place, now = policy.relapse, policy.calendar, work.clock.now()
    if relapse is None:
        return stage
    for case in earlier:
        if case.exit is not Exit.GRADUATED or case.closed_at is None:
            continue
        until = due(
            case.closed_at, relapse.within, place.timezone, place.country, place.subdivision, policy.period
        )
        if now <= until and policy.stage_index(relapse.enters) > policy.stage_index(stage):
            return relapse.enters
    return stage
