"""Applies an answer to the case, by what was asked, and applies its absence: a deadline or a bounce."""

from functions.evaluate.cases.requests import REP_WITHIN, ask, ask_rep, not_to_decide, tell_hr
from functions.evaluate.cases.stages import (
    ask_again,
    ask_for_check_in,
    deadline,
    enter_stage,
    extend_plan,
    in_place_of,
    miss_check_in,
    pause,
    resume,
    run_stage,
)
from functions.evaluate.cases.step_draft import Draft
from shared.domain.case import Exit, PauseReason, Phase
from shared.domain.effect import NoticeKind
from shared.domain.errors import IllegalTransition
from shared.domain.event import Actor, ActorKind, Authentication, EventTag
from shared.domain.ladder import HR_SEATS
from shared.domain.person import HR_QUEUE
from shared.domain.request import Answer, Request, RequestStatus


def take_answer(draft: Draft, request: Request) -> None:
    """Apply an answer. Where the person was not entitled to give it, ask the question again."""
    answer = request.answer
    if request.status is not RequestStatus.ANSWERED or answer is None:
        raise IllegalTransition(f"{request.id} is not answered")
    fault = _fault(draft, request, answer)
    draft.forget(request)
    if fault is not None:
        draft.record(
            EventTag.ANSWER_REFUSED,
            {"request": request.id, "reason": fault, "answered_by": answer.answered_by},
        )
        _repeat(draft, request)
        return
    actor = Actor(ActorKind.PERSON, answer.answered_by, Authentication(answer.authenticated_by))
    match request.purpose:
        case "stage_plan" | "removal_proposal":
            _stage_answer(draft, request, answer, actor)
        case "gate":
            _gate_answer(draft, answer, actor)
        case "removal_approval":
            _approval_answer(draft, answer, actor)
        case "dispute" | "exception" | "withdrawal" | "leave":
            _pause_answer(draft, request.purpose, answer, actor)
        case "check_in":
            _check_in_answer(draft, request, answer, actor)
        case "rep":
            _rep_answer(draft, answer, actor)


def miss_deadline(draft: Draft, request: Request) -> None:
    """Expire the request and ask the next in the chain. Silence is never consent."""
    if request.purpose == "check_in":
        miss_check_in(draft, request, RequestStatus.EXPIRED)
        return
    draft.end(request, RequestStatus.EXPIRED)
    draft.record(EventTag.REQUEST_EXPIRED, {"request": request.id, "purpose": request.purpose})
    ends_at = draft.case.stage_ends_at
    if request.purpose != "rep":
        ask(draft, request.purpose, first_step=request.step + 1, after=request)
    elif draft.case.phase is Phase.RUNNING and ends_at is not None and ends_at > draft.now:
        # A pause moved the end of the stage; the rep may respond until the new end.
        ask_rep(draft, ends_at, again=True)


def repeat_unmailed(draft: Draft, request: Request) -> None:
    """Ask again and tell HR, because the mail had not left by the deadline and nobody was silent."""
    draft.end(request, RequestStatus.WITHDRAWN, because="mail_not_sent")
    tell_hr(
        draft,
        NoticeKind.UNREACHABLE,
        because="mail_not_sent",
        seat=request.seat,
        person=request.assignee,
    )
    if request.purpose == "check_in":
        draft.change(check_ins_missed=draft.case.check_ins_missed + 1)
        draft.record(EventTag.CHECK_IN_MISSED, {"request": request.id, "because": "mail_not_sent"})
    elif request.purpose == "rep":
        ends_at = draft.case.stage_ends_at
        if ends_at is None or ends_at <= draft.now:
            ends_at = deadline(draft, REP_WITHIN)
        ask_rep(draft, ends_at, again=True)
    else:
        ask(draft, request.purpose, first_step=request.step)


def lose_assignee(draft: Draft, request: Request, because: str) -> None:
    """The assignee cannot answer: ask the next in the chain at once, and tell HR."""
    bounced = because == "bounced"
    if bounced:
        draft.forget(request)
    else:
        draft.end(request, RequestStatus.WITHDRAWN)
    # If the unreachable assignee is the HR partner, the HR queue is told instead.
    lost = {request.assignee, request.on_behalf_of}
    tell_hr(
        draft,
        NoticeKind.UNREACHABLE,
        unreachable=lost if bounced else (),
        because=because,
        seat=request.seat,
        person=request.assignee,
    )
    if request.purpose == "check_in":
        draft.change(check_ins_missed=draft.case.check_ins_missed + 1)
        draft.record(EventTag.CHECK_IN_MISSED, {"request": request.id, "because": because})
    elif request.purpose != "rep":
        # After a departure the same seat may have a new holder. A bounced address is barred from every seat.
        barred = {request.assignee, request.on_behalf_of or request.assignee} if bounced else ()
        ask(
            draft,
            request.purpose,
            first_step=request.step + bounced,
            after=request,
            barred=barred,
            # The HR queue is the end of the chain; another mail to it would only bounce again.
            mailed=request.assignee != HR_QUEUE,
        )


def pass_on(draft: Draft, request: Request) -> None:
    """Somebody else holds the seat now: ask them. HR need not hear of it, because no seat is empty."""
    draft.end(request, RequestStatus.WITHDRAWN, because="moved")
    if request.purpose == "check_in":
        ask_for_check_in(draft)
    else:
        ask(draft, request.purpose, first_step=request.step, after=request)


def _fault(draft: Draft, request: Request, answer: Answer) -> str | None:
    """The code of what is wrong with an answer; None where it counts."""
    by = answer.answered_by
    if answer.choice not in request.choices:
        return "no_such_choice"
    if request.seat == "rep":
        return None if by == draft.case.rep_id else "not_the_rep"
    if by == draft.case.rep_id:
        return "own_case"
    signed_in_hr = request.seat in HR_SEATS and answer.authenticated_by == "cognito"
    if by not in (request.assignee, request.on_behalf_of) and not signed_in_hr:
        return "not_asked"
    if request.adverse and answer.authenticated_by == "link":
        return "code_missing"
    if request.takes_a_sign_in and answer.authenticated_by != "cognito":
        return "sign_in_missing"
    if draft.context.directory.living(by) is None:
        return "not_in_company"
    # Whoever answers in the place of somebody acts in that person's name.
    names = {by, request.on_behalf_of} if by == request.assignee else {by}
    if names & not_to_decide(draft, request.purpose):
        return "proposer_may_not_decide"
    return None


def _repeat(draft: Draft, request: Request) -> None:
    if request.purpose == "check_in":
        draft.change(check_ins_missed=draft.case.check_ins_missed + 1)
        draft.record(EventTag.CHECK_IN_MISSED, {"request": request.id, "because": "answer_refused"})
    elif request.purpose == "rep":
        ask_rep(draft, draft.case.stage_ends_at or request.due_at)
    else:
        ask(draft, request.purpose, first_step=request.step)


def _stage_answer(draft: Draft, request: Request, answer: Answer, actor: Actor) -> None:
    by, principal = answer.answered_by, request.on_behalf_of
    other = request.assignee if by == principal else principal
    draft.change(proposed_by=by, proposed_for=other)
    private = {"reason": answer.reason}
    details = {"request": request.id, "by": by} | in_place_of(draft)
    match answer.choice:
        case "dispute_figures":
            _dispute(draft, answer, actor)
        case "request_exception":
            draft.record(EventTag.EXCEPTION_REQUESTED, details, private=private, actor=actor)
            pause(draft, "exception")
        case "propose_removal" if draft.stage.adverse:
            draft.change(phase=Phase.APPROVING)
            draft.record(EventTag.REMOVAL_PROPOSED, details, private=private, actor=actor)
            ask(draft, "removal_approval")
        case _ if draft.stage.adverse:
            extend_plan(draft, answer.answered_by)
        case _:
            run_stage(draft, answer.answered_by)


def _gate_answer(draft: Draft, answer: Answer, actor: Actor) -> None:
    following = draft.case.gate_to
    if following is None:
        raise IllegalTransition(f"{draft.case.id} is not at a gate")
    draft.record(
        EventTag.STAGE_APPROVED if answer.choice == "publish" else EventTag.STAGE_SENT_BACK,
        {"to": following, "choice": answer.choice, "by": answer.answered_by},
        private={"reason": answer.reason},
        actor=actor,
    )
    match answer.choice:
        case "publish":
            enter_stage(draft, following)
        case "extend":
            run_stage(draft, answer.answered_by)
        case _:
            draft.close(Exit.EXCEPTED, because="gate")


def _approval_answer(draft: Draft, answer: Answer, actor: Actor) -> None:
    approved = answer.choice == "approve"
    draft.record(
        EventTag.REMOVAL_APPROVED if approved else EventTag.REMOVAL_SENT_BACK,
        {"proposed_by": draft.case.proposed_by, "by": answer.answered_by},
        private={"reason": answer.reason},
        actor=actor,
    )
    if approved:
        draft.close(Exit.REMOVAL_APPROVED)
    else:
        draft.change(proposed_by=None, proposed_for=None)
        ask_again(draft)


def _pause_answer(draft: Draft, reason: PauseReason, answer: Answer, actor: Actor) -> None:
    private, details = {"reason": answer.reason}, {"choice": answer.choice, "by": answer.answered_by}
    exit_: Exit | None = None
    refused: str | None = None
    match reason:
        case "dispute":
            draft.record(EventTag.DISPUTE_DECIDED, details, private=private, actor=actor)
            exit_ = Exit.WITHDRAWN if answer.choice == "uphold" else None
            refused = "dispute_figures"
        case "exception":
            draft.record(EventTag.EXCEPTION_DECIDED, details, private=private, actor=actor)
            exit_ = Exit.EXCEPTED if answer.choice == "grant" else None
            refused = "request_exception"
        case "withdrawal":
            draft.record(EventTag.WITHDRAWAL_DECIDED, details, private=private, actor=actor)
            exit_ = Exit.WITHDRAWN if answer.choice == "withdraw" else None
            draft.change(marked=None)
        case "leave":
            pass  # the only choice is to resume, which case:resumed records
    if exit_ is not None:
        draft.close(exit_, because=reason)
        return
    if refused is not None and refused not in draft.case.refused:
        draft.change(refused=(*draft.case.refused, refused))
    resume(draft)


def _check_in_answer(draft: Draft, request: Request, answer: Answer, actor: Actor) -> None:
    if answer.choice == "held":
        details = {"request": request.id, "by": answer.answered_by}
        draft.record(EventTag.CHECK_IN_DONE, details, private={"reason": answer.reason}, actor=actor)
    else:
        draft.change(check_ins_missed=draft.case.check_ins_missed + 1)
        draft.record(
            EventTag.CHECK_IN_MISSED,
            {"request": request.id, "because": answer.choice},
            private={"reason": answer.reason},
            actor=actor,
        )


def _rep_answer(draft: Draft, answer: Answer, actor: Actor) -> None:
    """Record the rep's response. Acknowledging is not agreeing; HR is told of a rebuttal."""
    if answer.choice == "dispute_figures":
        _dispute(draft, answer, actor)
        return
    rebuts = answer.choice == "rebut"
    tag = EventTag.REP_REBUTTED if rebuts else EventTag.REP_ACKNOWLEDGED
    draft.record(tag, {"choice": answer.choice}, private={"reason": answer.reason}, actor=actor)
    if rebuts:
        # The manager is not told: the text may be about them, leave or health. HR decides who reads it.
        tell_hr(draft, NoticeKind.REBUTTAL)


def _dispute(draft: Draft, answer: Answer, actor: Actor) -> None:
    # A dispute by the rep follows from no proposal.
    together = {} if answer.answered_by == draft.case.rep_id else in_place_of(draft)
    details = {"by": answer.answered_by} | together
    draft.record(EventTag.DISPUTE_RAISED, details, private={"reason": answer.reason}, actor=actor)
    draft.tell(NoticeKind.FIGURES_DISPUTED, None)
    pause(draft, "dispute")
