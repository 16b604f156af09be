"""Open cases for the people whom an evaluation flagged, and pass its results to the open cases."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Literal

import orjson

from functions.evaluate.advance_case import settle
from functions.evaluate.cases.deadlines import due
from functions.evaluate.cases.results import has_news
from functions.evaluate.cases.triggers import (
    FindingsRestored,
    FindingsUndone,
    Opened,
    ResultsArrived,
    Trigger,
)
from functions.evaluate.commit_step import Casework
from shared.domain import paths
from shared.domain.case import Case, CaseStatus, Exit
from shared.domain.decision_json import DecisionJson
from shared.domain.errors import IllegalTransition
from shared.domain.identifiers import EvaluationId, PersonId, derived_id, policy_name
from shared.domain.policy import Policy
from shared.domain.record import PlannedEvaluation
from shared.retry import retry_on_conflict

Done = Literal["opened", "fed", "left"]


def open_cases(evaluation_id: EvaluationId, start: int, end: int, work: Casework) -> dict[str, int]:
    """Act on the people from ``start`` up to ``end`` of the evaluation's list. A repeat changes nothing.

    Returns how many cases were ``opened``, and how many open cases were ``fed`` with results.
    """
    plan = work.store.planned(evaluation_id)
    decisions: list[DecisionJson] = orjson.loads(work.files.read(paths.flagged(evaluation_id)))[start:end]
    done = Counter(open_case(decision, plan, work) for decision in decisions)
    return {"opened": done["opened"], "fed": done["fed"]}


def open_case(decision: DecisionJson, plan: PlannedEvaluation, work: Casework) -> Done:
    """Open a case for one person, or pass the decision to their open case.

    The command is the same for the same person and evaluation, so a repeat changes nothing.
    """
    rep_id = PersonId(decision["rep_id"])
    command = derived_id("open", plan.id, rep_id)

    def attempt() -> Done:
        if work.store.outcome(command) is not None:
            return "left"
        case_id = work.store.open_case(policy_name(plan.policy), rep_id)
        if case_id is None:
            return _open(decision, plan, command, work)
        # Answers that are already given are applied before the evaluation's results.
        case = settle(work.store.case(case_id), work, wake=True)
        trigger = _news(case, decision, plan)
        if case.status is CaseStatus.CLOSED or trigger is None:
            return "left"
        work.carry_out(case, trigger, work.context(case.policy_digest, case, command))
        return "fed"

    return retry_on_conflict(attempt)


def _open(decision: DecisionJson, plan: PlannedEvaluation, command: str, work: Casework) -> Done:
    earlier = _earlier(PersonId(decision["rep_id"]), plan, work)
    wanted = plan.opens_cases and decision["outcome"] == "open_case"
    if not wanted or any(_was_decided(case, decision) for case in earlier):
        return "left"
    context = work.context(plan.policy_digest, None, command)
    if context.policy_ended:
        return "left"
    flagged_at = decision["stage"]
    if flagged_at is None:
        raise IllegalTransition(f"the decision about {decision['rep_id']} names no stage")
    stage = stage_to_enter(context.policy, flagged_at, earlier, context.now)
    relapse = stage != flagged_at
    work.carry_out(None, Opened(decision, plan.id, stage, relapse), context)
    return "opened"


def _news(case: Case, decision: DecisionJson, plan: PlannedEvaluation) -> Trigger | None:
    """The trigger that the decision is for an open case; None where it has nothing new."""
    if decision["period"] == case.opened_for and plan.id != case.evaluation_id:
        return _restated(case, decision, plan)
    return ResultsArrived(decision, plan.id) if has_news(case, decision) else None


def _restated(case: Case, decision: DecisionJson, plan: PlannedEvaluation) -> Trigger | None:
    """The trigger of a restated opening period. Only the case's own policy version can change the case."""
    if plan.policy_digest != case.policy_digest:
        return None
    if decision["outcome"] == "open_case":
        return None if case.marked is None else FindingsRestored(decision, plan.id)
    return None if case.restated == decision else FindingsUndone(decision, plan.id)


def _earlier(rep_id: PersonId, plan: PlannedEvaluation, work: Casework) -> list[Case]:
    """The rep's closed cases under any version of the policy."""
    name = policy_name(plan.policy)
    return [case for case in work.store.cases_of(rep_id) if policy_name(case.policy) == name]


def _was_decided(case: Case, decision: DecisionJson) -> bool:
    """Whether a closed case dealt with the period. After a withdrawal, changed figures count again."""
    if case.opened_for != decision["period"]:
        return False
    return case.exit is not Exit.WITHDRAWN or case.decision == decision


def stage_to_enter(policy: Policy, stage: str, earlier: Iterable[Case], now: datetime) -> str:
    """Where a new case begins: at ``stage``, or at the relapse stage soon after a graduation."""
    relapse, place = policy.relapse, policy.calendar
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
