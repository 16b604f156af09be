"""The stages of a case: how each is entered, run, paused and ended, and who is asked on the way."""

from datetime import datetime, timedelta
from typing import Final

from functions.evaluate.cases.graduation import graduate_if_earned
from functions.evaluate.cases.requests import REP_WITHIN, ask, ask_check_in, ask_rep, question_of, tell_hr
from functions.evaluate.cases.step_draft import Draft, left_of
from shared.domain.case import Case, Exit, Pause, PauseReason, Phase
from shared.domain.effect import NoticeKind
from shared.domain.errors import IllegalTransition
from shared.domain.event import EventTag, stamp
from shared.domain.identifiers import PersonId
from shared.domain.ladder import Length, Stage
from shared.domain.policy import Policy
from shared.domain.request import Request, RequestStatus

USUAL_LENGTH: Final = Length(30, "d")
"""How long a stage runs where the policy sets no length."""


def enter_stage(draft: Draft, name: str) -> None:
    """Begin the stage: ask its question, or run it at once where it has none."""
    draft.withdraw_main()
    draft.withdraw("check_in", "rep")
    draft.change(
        stage=name,
        phase=Phase.ASKING,
        stage_entered_at=draft.now,
        stage_ends_at=None,
        gate_to=None,
        refused=(),
        proposed_by=None,
        proposed_for=None,
        check_in_at=None,
    )
    draft.record(EventTag.STAGE_ENTERED)
    stage = draft.stage
    if stage.ask is None and stage.adverse is None:
        run_stage(draft)
        return
    if stage.adverse:
        ask_rep(draft, deadline(draft, REP_WITHIN))
    ask(draft, question_of(stage))


def run_stage(draft: Draft, by: PersonId | None = None) -> None:
    """Start the stage's clock and tell the rep.

    The person responsible for the case is told too, unless their own answer (``by``) started the stage.
    """
    stage = draft.stage
    ends_at = deadline(draft, stage.length or USUAL_LENGTH)
    # The stage's own answer starts its clock only in this phase; at a gate, HR does.
    together = in_place_of(draft) if draft.case.phase is Phase.ASKING else {}
    draft.withdraw("check_in")
    draft.change(phase=Phase.RUNNING, stage_ends_at=ends_at, gate_to=None)
    draft.change(check_in_at=_next_check_in(draft))
    draft.record(EventTag.STAGE_BEGUN, {"ends_at": stamp(ends_at)} | together)
    ask_rep(draft, ends_at)
    responsible = draft.seats.responsible()
    if responsible != by:
        draft.tell(NoticeKind.STAGE_ENTERED, responsible)


def end_stage(draft: Draft) -> None:
    """The stage's time is up without graduation: go to the next stage, through HR's gate where needed."""
    if draft.case.check_in_at is not None and draft.case.check_in_at <= draft.now:
        _miss(draft, "never_asked")
    draft.withdraw("check_in")
    draft.change(check_in_at=None, stage_ends_at=None)
    draft.record(EventTag.STAGE_ENDED, {"check_ins_missed": draft.case.check_ins_missed})
    stage = draft.stage
    if stage.adverse:
        ask_again(draft)
    elif stage.then is None:
        draft.close(Exit.POLICY_CLOSED, because="ladder_ended")
    elif because := _reasons_to_ask_hr(draft, draft.context.policy.stage(stage.then)):
        gate(draft, stage.then, because)
    else:
        enter_stage(draft, stage.then)


def gate(draft: Draft, to: str, because: list[str]) -> None:
    """Ask HR whether the stage ``to`` begins."""
    draft.change(phase=Phase.GATE, gate_to=to)
    draft.record(EventTag.STAGE_GATED, {"to": to, "because": because})
    ask(draft, "gate")


def ask_again(draft: Draft) -> None:
    """Ask the stage's question again, from the start of the chain."""
    draft.change(phase=Phase.ASKING)
    ask(draft, question_of(draft.stage))


def extend_plan(draft: Draft, by: PersonId) -> None:
    """Return to the stage that led to this one, and run it for its whole length again."""
    before = next((stage for stage in draft.context.policy.ladder if stage.then == draft.case.stage), None)
    if before is not None:
        draft.withdraw("rep")
        draft.change(stage=before.stage, stage_entered_at=draft.now, refused=())
        draft.change(proposed_by=None, proposed_for=None)
        draft.record(EventTag.STAGE_ENTERED, {"extended": True})
    run_stage(draft, by)


def pause(draft: Draft, reason: PauseReason) -> None:
    """Pause the case until HR decides about ``reason``. A second reason waits until the first is decided."""
    case = draft.case
    if case.hold is not None:
        if reason != case.hold.reason and reason not in case.holds_waiting:
            draft.change(holds_waiting=(*case.holds_waiting, reason))
        return
    clock_stops = _stops_the_clock(draft.context.policy, reason)
    draft.withdraw_main()
    draft.withdraw("check_in")
    remaining_s = left_of(case.stage_ends_at, draft.now)
    draft.change(hold=Pause(reason=reason, since=draft.now, remaining_s=remaining_s, paused=clock_stops))
    draft.record(EventTag.CASE_HELD, {"reason": reason, "paused": clock_stops, "remaining_s": remaining_s})
    ask(draft, reason)


def resume(draft: Draft) -> None:
    """End the pause. Its days do not count if the clock was stopped; the case continues where it was."""
    paused = draft.case.hold
    if paused is None:
        raise IllegalTransition(f"{draft.case.id} is not paused")
    if paused.paused:
        away = draft.now - paused.since
        draft.change(
            stage_ends_at=_later(draft.case.stage_ends_at, away),
            check_in_at=_later(draft.case.check_in_at, away),
        )
    ends_at = draft.case.stage_ends_at
    draft.change(hold=None)
    draft.record(
        EventTag.CASE_RESUMED,
        {
            "reason": paused.reason,
            "since": stamp(paused.since),
            "ends_at": None if ends_at is None else stamp(ends_at),
        },
    )
    waiting = draft.case.holds_waiting
    if waiting:
        draft.change(holds_waiting=waiting[1:])
        pause(draft, waiting[0])
        return
    if graduate_if_earned(draft):
        return  # good results arrived during the pause
    match draft.case.phase:
        case Phase.GATE:
            ask(draft, "gate")
        case Phase.ASKING:
            ask_again(draft)
        case Phase.APPROVING:
            ask(draft, "removal_approval")
        case Phase.RUNNING:
            pass  # nobody is asked while a stage runs


def check_in_due(draft: Draft) -> None:
    for request in draft.standing():
        if request.purpose == "check_in":
            miss_check_in(draft, request, RequestStatus.EXPIRED)
    ask_for_check_in(draft)
    draft.change(check_in_at=_next_check_in(draft))


def ask_for_check_in(draft: Draft) -> None:
    """Ask the seat that holds the stage's check-ins; if it is empty, record the miss and tell HR."""
    plan = draft.stage.check_ins
    if plan is None:
        raise IllegalTransition(f"{draft.case.stage} has no check-ins")
    if not ask_check_in(draft, plan):
        _miss(draft, "empty_seat")
        tell_hr(draft, NoticeKind.UNREACHABLE, because="empty_seat", seat=plan.by)


def miss_check_in(draft: Draft, request: Request, status: RequestStatus) -> None:
    draft.end(request, status)
    _miss(draft, status, request)


def _miss(draft: Draft, because: str, request: Request | None = None) -> None:
    """Record a missed check-in as the company's miss, not the rep's."""
    draft.change(check_ins_missed=draft.case.check_ins_missed + 1)
    about = None if request is None else request.id
    draft.record(EventTag.CHECK_IN_MISSED, {"request": about, "because": because})


def in_place_of(draft: Draft) -> dict[str, str]:
    """The event's member that names the other person of a proposal by a stand-in; empty without one."""
    other = draft.case.proposed_for
    return {} if other is None else {"in_place_of": other}


def deadline(draft: Draft, length: Length) -> datetime:
    """When a stage's length is over, in the rep's time zone."""
    return draft.seats.deadline(draft.case.rep_id, length)


def _reasons_to_ask_hr(draft: Draft, following: Stage) -> list[str]:
    case: Case = draft.case
    reasons = ["policy"] if following.gate is not None else []
    if following.adverse and case.check_ins_missed:
        reasons.append("check_ins_missed")
    if not any(r.arrived_at is not None and r.arrived_at >= case.stage_entered_at for r in case.results):
        reasons.append("no_results")
    return reasons


def _stops_the_clock(policy: Policy, reason: PauseReason) -> bool:
    match reason:
        case "dispute":
            return policy.hold.dispute == "pause"
        case "leave":
            return policy.hold.leave == "pause"
        case "exception" | "withdrawal":
            return True


def _next_check_in(draft: Draft) -> datetime | None:
    """When the next check-in is due, in its assignee's time zone; None where the stage ends first."""
    plan, ends_at = draft.stage.check_ins, draft.case.stage_ends_at
    if plan is None or ends_at is None:
        return None
    asked = draft.seats.asked_in(plan.by, plan.every)
    when = asked.due_at if asked is not None else deadline(draft, plan.every)
    return when if when < ends_at else None


def _later(time: datetime | None, by: timedelta) -> datetime | None:
    return None if time is None else time + by
