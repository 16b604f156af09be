"""Decides every step of a case, for the use cases that commit it. A case changes in no other way."""

from collections.abc import Sequence
from datetime import datetime

from functions.evaluate.cases.answers import (
    lose_assignee,
    miss_deadline,
    pass_on,
    repeat_unmailed,
    take_answer,
)
from functions.evaluate.cases.chain import Seats
from functions.evaluate.cases.requests import tell_hr
from functions.evaluate.cases.results import restore_findings, take_results, undo_findings
from functions.evaluate.cases.stages import check_in_due, end_stage, enter_stage, gate, pause
from functions.evaluate.cases.step_draft import Draft, Step
from functions.evaluate.cases.triggers import (
    LEDGER_NAMES,
    Answered,
    Bounced,
    CheckInDue,
    Context,
    DeadlinePassed,
    FindingsRestored,
    FindingsUndone,
    MailNotSent,
    Opened,
    OwnerLeft,
    OwnerMoved,
    PauseRequested,
    PersonLeft,
    PolicyEnded,
    ResultsArrived,
    SeatEmptied,
    SeatMoved,
    StageEnded,
    Trigger,
)
from shared.domain.case import Case, CaseStatus, Exit, Phase, Waiting
from shared.domain.effect import NoticeKind
from shared.domain.errors import IllegalTransition
from shared.domain.event import EventTag
from shared.domain.identifiers import CaseId, PersonId, RequestId, derived_id
from shared.domain.request import Request, RequestStatus


def step(case: Case | None, trigger: Trigger, context: Context) -> Step:
    """Apply the trigger to the case. Raises IllegalTransition where the case cannot take it."""
    if isinstance(trigger, Opened):
        if case is not None:
            raise IllegalTransition(f"{case.id} is open already")
        return _opened(trigger, context)
    if case is None or case.status is CaseStatus.CLOSED:
        name = "no case" if case is None else case.id
        raise IllegalTransition(f"{LEDGER_NAMES[type(trigger)]} cannot happen to {name}, which is not open")
    draft = Draft(case.model_copy(update={"version": case.version + 1}), context)
    if not isinstance(trigger, Answered | PersonLeft | PolicyEnded):
        # Another trigger could withdraw an answered request, and the answer would be lost.
        waiting = [r.id for r in draft.standing() if r.status is RequestStatus.ANSWERED]
        _require(not waiting, f"the answer to {waiting} has to be applied first")
    _apply(draft, trigger)
    if isinstance(trigger, ResultsArrived | FindingsUndone | FindingsRestored | PauseRequested | PolicyEnded):
        draft.wake_workflow()  # these triggers come from outside, while the workflow sleeps
    return draft.finished(LEDGER_NAMES[type(trigger)])


def what_is_due(case: Case, context: Context) -> Trigger | None:
    """The most urgent trigger that is due for the case now; None where it can go on waiting."""
    if case.status is CaseStatus.CLOSED:
        return None
    rep = context.directory.person(case.rep_id)
    if rep is not None and not rep.active:
        return PersonLeft()
    if context.policy_ended:
        return PolicyEnded()
    standing = [context.standing[request] for request in case.standing]
    answered = [r for r in standing if r.status is RequestStatus.ANSWERED]
    if answered:
        return Answered(min(answered, key=_answered_at).id)
    if context.instructions:
        return PauseRequested("leave")
    for request in standing:
        if request.status is RequestStatus.BOUNCED:
            return Bounced(request.id)
        if request.status is RequestStatus.OPEN and _has_left(request.assignee, context):
            return SeatEmptied(request.id)
    if moved := _what_moved(case, standing, context):
        return moved
    overdue = [r for r in standing if r.due_at <= context.now]
    if overdue:
        first = min(overdue, key=lambda request: request.due_at).id
        return MailNotSent(first) if first in context.unmailed else DeadlinePassed(first)
    if case.phase is not Phase.RUNNING or case.hold is not None:
        return None
    if case.stage_ends_at is not None and case.stage_ends_at <= context.now:
        return StageEnded()
    if case.check_in_at is not None and case.check_in_at <= context.now:
        return CheckInDue()
    return None


def _apply(draft: Draft, trigger: Trigger) -> None:
    case, now = draft.case, draft.now
    match trigger:
        case Answered(request_id):
            take_answer(draft, draft.request(request_id))
        case DeadlinePassed(request_id):
            request = _open(draft, request_id)
            _require(request.due_at <= now, f"{request.id} is due at {request.due_at}, not yet")
            _require(request.id not in draft.context.unmailed, f"the mail with {request.id} has not left")
            miss_deadline(draft, request)
        case MailNotSent(request_id):
            _require(request_id in draft.context.unmailed, f"the mail with {request_id} has left")
            repeat_unmailed(draft, _open(draft, request_id))
        case Bounced(request_id):
            bounced = draft.request(request_id)
            _require(bounced.status is RequestStatus.BOUNCED, f"{bounced.id} did not bounce")
            lose_assignee(draft, bounced, "bounced")
        case SeatEmptied(request_id):
            emptied = _open(draft, request_id)
            _require(
                _has_left(emptied.assignee, draft.context), f"{emptied.assignee} has not left the company"
            )
            lose_assignee(draft, emptied, "left")
        case SeatMoved(request_id):
            moved = _open(draft, request_id)
            _require(not draft.seats.keeps(moved), f"{moved.assignee} still has the seat of {moved.id}")
            pass_on(draft, moved)
        case ResultsArrived(decision, evaluation_id):
            _require(decision["rep_id"] == case.rep_id, f"{case.id} is not about {decision['rep_id']}")
            take_results(draft, decision, evaluation_id)
        case FindingsUndone(decision, evaluation_id):
            undone = decision["period"] == case.opened_for and decision["outcome"] != "open_case"
            _require(undone, f"{evaluation_id} does not undo the findings of {case.id}")
            undo_findings(draft, decision, evaluation_id)
        case FindingsRestored(decision, evaluation_id):
            restored = decision["period"] == case.opened_for and decision["outcome"] == "open_case"
            _require(restored and case.marked is not None, f"no findings of {case.id} had been undone")
            restore_findings(draft, decision, evaluation_id)
        case OwnerLeft():
            left = case.request_id is None and _has_left(case.owner, draft.context)
            _require(left, f"{case.owner} still owns {case.id}")
            tell_hr(draft, NoticeKind.UNREACHABLE, because="left", person=case.owner)
        case OwnerMoved():
            moved_on = case.request_id is None and case.owner != draft.seats.responsible()
            _require(moved_on, f"{case.owner} is still responsible for {case.id}")
        case CheckInDue():
            _require(_reached(case, case.check_in_at, now), f"{case.id} has no check-in due")
            check_in_due(draft)
        case StageEnded():
            _require(_reached(case, case.stage_ends_at, now), f"{case.stage} of {case.id} is not over")
            end_stage(draft)
        case PauseRequested(reason):
            pause(draft, reason)
            draft.carry_out_instructions()
        case PersonLeft():
            draft.close(Exit.LEFT_COMPANY)
        case PolicyEnded():
            _require(draft.context.policy_ended, f"{draft.context.policy.policy} has not ended")
            draft.close(Exit.POLICY_CLOSED, because="policy_ended")
        case Opened():
            raise IllegalTransition(f"{case.id} is open already")


def _opened(opened: Opened, context: Context) -> Step:
    decision, policy = opened.decision, context.policy
    _require(decision["outcome"] == "open_case", f"{decision['outcome']} opens no case")
    rep_id = PersonId(decision["rep_id"])
    case_id = CaseId(derived_id("case", policy.policy, rep_id, opened.evaluation_id))
    case = Case(
        id=case_id,
        version=1,
        rep_id=rep_id,
        policy=policy.ref,
        policy_digest=context.policy_digest,
        opened_at=context.now,
        opened_for=decision["period"],
        evaluation_id=opened.evaluation_id,
        decision=decision,
        status=CaseStatus.OPEN,
        stage=opened.stage,
        stage_entered_at=context.now,
        waiting_for=Waiting.ANSWER,
        owner=Seats(rep_id, policy, context.directory, context.now).responsible(),
        due_at=context.now,
    )
    draft = Draft(case, context)
    draft.record(
        EventTag.CASE_OPENED,
        {
            "rep": rep_id,
            "policy": policy.ref,
            "period": decision["period"],
            "evaluation": opened.evaluation_id,
            "rules": [finding["rule"] for finding in decision["findings"]],
            "relapse": opened.relapse,
            "owner": case.owner,
            "policy_json": context.policy_json,
        },
        private={"decision": dict(decision)},
        relied_on={"evaluation": opened.evaluation_id, "directory": context.directory.version},
    )
    draft.start_workflow()
    tell_hr(draft, NoticeKind.CASE_OPENED)
    if policy.stage(opened.stage).gate is not None:
        gate(draft, opened.stage, ["policy"])
    else:
        enter_stage(draft, opened.stage)
    return draft.finished(LEDGER_NAMES[Opened])


def _open(draft: Draft, request_id: RequestId) -> Request:
    request = draft.request(request_id)
    _require(request.status is RequestStatus.OPEN, f"{request.id} is {request.status}, not open")
    return request


def _what_moved(case: Case, standing: Sequence[Request], context: Context) -> Trigger | None:
    """The question or the case that has to go to another person, because somebody changed seats."""
    seats = Seats(case.rep_id, context.policy, context.directory, context.now)
    for request in standing:
        if request.status is RequestStatus.OPEN and not seats.keeps(request):
            return SeatMoved(request.id)
    if case.request_id is not None:
        return None
    if _has_left(case.owner, context):
        return OwnerLeft()
    return OwnerMoved() if case.owner != seats.responsible() else None


def _has_left(person_id: PersonId, context: Context) -> bool:
    """Whether the directory says that the person left. Somebody whom it does not list has not left."""
    person = context.directory.person(person_id)
    return person is not None and not person.active


def _answered_at(request: Request) -> tuple[datetime, str]:
    if request.answer is None:
        raise IllegalTransition(f"{request.id} is marked as answered and has no answer")
    return request.answer.answered_at, request.id


def _reached(case: Case, time: datetime | None, now: datetime) -> bool:
    return case.phase is Phase.RUNNING and case.hold is None and time is not None and time <= now


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise IllegalTransition(otherwise)
