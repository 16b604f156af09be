"""Do everything that is due in a case, and tell its workflow what to wait for."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from functions.evaluate.cases.escalation import what_is_due
from functions.evaluate.cases.step_draft import start_workflow
from functions.evaluate.commit_step import EVALUATE, Casework
from shared.domain.case import Case, CaseStatus
from shared.domain.change import Change
from shared.domain.errors import Conflict, IllegalTransition
from shared.domain.event import EventDraft, EventTag, stamp
from shared.domain.identifiers import CaseId, CommandId, case_subject, derived_id
from shared.ports import TaskTokens
from shared.retry import TRIES

MOST_TURNS: Final = 500
"""A turn takes about ten of the 25,000 events that an execution may have, so this leaves a wide margin."""
OLDEST: Final = timedelta(days=180)
"""An execution may live for a year; a successor replaces it after half of that."""
LONGEST_WAIT_S: Final = 150 * 24 * 3600
"""150 days: together with ``OLDEST`` still less than the year that an execution may live."""
_MOST_STEPS: Final = 60
"""No case has so many steps due at once. One that seems to is in an endless loop."""


def advance_case(case_id: CaseId, generation: int, turn: int, work: Casework) -> dict[str, Any]:
    """Settle the case and say what its workflow has to wait for.

    ``waiting_for`` is ``answer``, ``results``, ``hr``, ``closed``, or ``continue``: then the execution of the
    returned ``generation`` takes over. ``wait_seconds`` are real seconds until the case's ``due_at``. An
    execution that was replaced is told ``closed``.
    """
    case = work.store.case(case_id)
    if case.status is CaseStatus.OPEN and generation == case.generation:
        case = settle(case, work)
    if case.status is CaseStatus.CLOSED or generation < case.generation:
        return _answer(case, "closed", work)
    if turn >= MOST_TURNS or work.clock.now() - (case.carried_since or case.opened_at) >= OLDEST:
        return _answer(hand_over(case, "history", work), "continue", work)
    return _answer(case, case.waiting_for, work)


def settle(case: Case, work: Casework, *, wake: bool = False) -> Case:
    """Carry out one step after another until nothing is due."""
    conflicts = 0
    for _ in range(_MOST_STEPS):
        context = work.advancing(case)
        trigger = what_is_due(case, context)
        if trigger is None:
            return case
        try:
            work.carry_out(case, trigger, context, wake=wake)
        except Conflict:
            conflicts += 1
            if conflicts == TRIES:
                raise
        case = work.store.case(case.id)
    raise IllegalTransition(f"{case.id} still has steps due in {case.stage} after {_MOST_STEPS} steps")


def hand_over(case: Case, because: str, work: Casework) -> Case:
    """Pass the case to the next generation of its workflow, which the relay starts."""
    now = work.clock.now()
    following = case.model_copy(
        update={"version": case.version + 1, "generation": case.generation + 1, "carried_since": now}
    )
    command = CommandId(derived_id("generation", case.id, str(following.generation)))
    restarted = EventDraft(
        tag=EventTag.WORKFLOW_RESTARTED,
        subject=case_subject(case.id),
        occurred_at=now,
        actor=EVALUATE,
        command=command,
        relied_on={"policy": case.policy_digest},
        data={"generation": following.generation, "because": because},
    )
    work.store.commit(
        Change(
            command=command,
            result=case.id,
            events=(restarted,),
            case=following,
            effects=(start_workflow(case.id, following.generation),),
        )
    )
    return following


def wait_for_case(
    case_id: CaseId,
    generation: int,
    version: int,
    token: str,
    work: Casework,
    tokens: TaskTokens,
    wake: Callable[[str], bool],
) -> bool:
    """Store the task token of a workflow that is about to sleep; False where it has to look again.

    ``version`` is the case's version when the workflow was told what to wait for. An answer that arrived
    since then found no token to wake, so the workflow must not sleep. ``wake`` completes the task of a token.
    """
    case = work.store.case(case_id)
    if generation < case.generation:
        wake(token)  # a later execution runs the case; this one ends at its next turn
        return False
    tokens.store(case_id, token)
    case = work.store.case(case_id)
    changed = case.version != version or case.status is CaseStatus.CLOSED
    if not changed and what_is_due(case, work.advancing(case)) is None:
        return True
    stored = tokens.take(case_id)
    if stored is not None:
        wake(stored)
    return False


def _answer(case: Case, waiting_for: str, work: Casework) -> dict[str, Any]:
    return {
        "case_id": case.id,
        "generation": case.generation,
        "version": case.version,
        "waiting_for": waiting_for,
        "wait_seconds": min(work.clock.seconds_until(case.due_at), LONGEST_WAIT_S),
        "due_at": stamp(case.due_at),
    }
