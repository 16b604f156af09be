"""Putting a question: to whom, with which choices, under which notice, and what the record says of it."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from functions.evaluate.cases.chain import (
    CHECK_IN_WITHIN,
    HR_PURPOSES,
    Asked,
    asked_in,
    hr_chain,
    hr_of,
    next_asked,
    stage_chain,
)
from functions.evaluate.cases.step_draft import Draft
from shared.domain.effect import NoticeKind
from shared.domain.event import EventTag
from shared.domain.identifiers import PersonId
from shared.domain.ladder import HR_SEATS, CheckIns, Length, Rep, Stage
from shared.domain.person import HR_QUEUE
from shared.domain.request import Purpose, Request, Seat

USUAL_ANSWERS: Final = ("coach", "dispute_figures", "request_exception")
ADVERSE_ANSWERS: Final = ("propose_removal", "extend_plan", "request_exception")
REP_WITHIN: Final = Length(10, "bd")
"""How long the rep has to speak where no running stage sets an end."""
_HR_CHOICES: Final[dict[Purpose, tuple[str, ...]]] = {
    "gate": ("publish", "extend", "close"),
    "dispute": ("uphold", "reject"),
    "exception": ("grant", "refuse"),
    "withdrawal": ("withdraw", "keep"),
    "leave": ("resume",),
    "removal_approval": ("approve", "send_back"),
}
_HR_NOTICES: Final[dict[Purpose, NoticeKind]] = {
    "gate": NoticeKind.GATE,
    "dispute": NoticeKind.DISPUTE,
    "exception": NoticeKind.EXCEPTION,
    "withdrawal": NoticeKind.WITHDRAWAL,
    "leave": NoticeKind.LEAVE_REVIEW,
    "removal_approval": NoticeKind.REMOVAL_APPROVAL,
}


def ask(
    draft: Draft,
    purpose: Purpose,
    *,
    first_step: int = 0,
    after: Request | None = None,
    barred: Collection[PersonId] = (),
    mailed: bool = True,
) -> None:
    """Ask the first person of the purpose's chain, from ``first_step`` on, who may be asked.

    ``after`` is the request that found no answer; asking the same person again is a reminder.
    What is not ``mailed`` stands in HR's console alone until its deadline.
    """
    context, case = draft.context, draft.case
    chain = hr_chain(draft.stage) if purpose in HR_PURPOSES else stage_chain(draft.stage)
    asked, empty = next_asked(
        chain,
        first_step,
        case.rep_id,
        {*barred, *not_to_decide(draft, purpose)},
        context.policy,
        context.directory,
        context.now,
    )
    request = draft.ask(
        asked, purpose, choices(draft, purpose), adverse=purpose in ("removal_proposal", "removal_approval")
    )
    reminder = after is not None and (after.seat, after.assignee) == (asked.seat, asked.assignee)
    tag = EventTag.REQUEST_SENT
    if after is not None:
        tag = EventTag.REQUEST_REMINDED if reminder else EventTag.REQUEST_ESCALATED
    details = {"empty_seats": list(empty), "after": None if after is None else after.id}
    draft.record(tag, draft.describe(request) | details)
    if mailed:
        kind = _notice_of(request, reminder)
        draft.tell(kind, request.assignee, request, purpose=purpose, stage=request.stage)
    vacant = _vacant(draft, empty)
    if vacant and not draft.has_told(NoticeKind.UNREACHABLE):
        tell_hr(draft, NoticeKind.UNREACHABLE, because="empty_seat", seat=", ".join(vacant))


def _vacant(draft: Draft, seats: Collection[Seat]) -> list[Seat]:
    """Those of the passed-over seats, above the rep, in which nobody sits who may be asked.

    Who is only barred from this question sits there; where HR's own seat is empty its queue has the question.
    """
    context = draft.context
    where = (draft.case.rep_id, context.policy, context.directory, context.now)
    return [
        seat
        for seat in dict.fromkeys(seats)
        if seat not in HR_SEATS and asked_in(seat, 0, CHECK_IN_WITHIN, *where) is None
    ]


def not_to_decide(draft: Draft, purpose: Purpose) -> set[PersonId]:
    """Who proposed something does not decide about it."""
    proposer = draft.case.proposed_by
    if proposer is None or purpose not in ("gate", "exception", "dispute", "removal_approval"):
        return set()
    return {proposer}


def choices(draft: Draft, purpose: Purpose) -> tuple[str, ...]:
    if purpose == "gate" and draft.case.gate_to == draft.case.stage:
        return "publish", "close"  # a case that begins at a gate has no stage that could be extended
    if purpose in _HR_CHOICES:
        return _HR_CHOICES[purpose]
    stage = draft.stage
    usual = ADVERSE_ANSWERS if stage.adverse else USUAL_ANSWERS
    offered = stage.ask.answers if stage.ask is not None else usual
    # Were every choice of the policy refused, the question could not be answered at all.
    return tuple(answer for answer in offered if answer not in draft.case.refused) or usual[:1]


def question_of(stage: Stage) -> Purpose:
    return "removal_proposal" if stage.adverse else "stage_plan"


def ask_rep(draft: Draft, until: datetime, *, again: bool = False) -> None:
    """Tell the rep what was decided and hear them, if the policy has it so."""
    rep = draft.stage.rep or Rep()
    person = draft.context.directory.living(draft.case.rep_id)
    if not rep.told or person is None:
        return
    draft.withdraw("rep")
    draft.change(rep_told=True)
    if not rep.may:
        if not again:
            draft.record(EventTag.REP_TOLD, {"request": None})
            draft.tell(NoticeKind.REP_TOLD, person.id)
        return
    request = draft.ask(Asked("rep", 0, person.id, None, until), "rep", rep.may)
    draft.record(EventTag.REP_TOLD, draft.describe(request))
    draft.tell(NoticeKind.REP_TOLD, person.id, request)


def ask_check_in(draft: Draft, plan: CheckIns) -> bool:
    """Ask for a check-in; False where nobody sits in the seat that should hold it."""
    context = draft.context
    asked = asked_in(
        plan.by, 0, CHECK_IN_WITHIN, draft.case.rep_id, context.policy, context.directory, context.now
    )
    if asked is None:
        return False
    request = draft.ask(asked, "check_in", ("held", "not_held"))
    draft.record(EventTag.CHECK_IN_ASKED, draft.describe(request))
    draft.tell(NoticeKind.CHECK_IN_DUE, request.assignee, request)
    return True


def tell_hr(
    draft: Draft, kind: NoticeKind, *, past: Collection[PersonId | None] = (), **parameters: str
) -> None:
    """Mail the rep's HR partner, or HR's queue where that is one of ``past``, whom mails do not reach."""
    context = draft.context
    person = hr_of(draft.case.rep_id, context.policy, context.directory, context.now)
    draft.tell(kind, HR_QUEUE if person in past else person, None, **parameters)


def _notice_of(request: Request, reminder: bool) -> NoticeKind:
    if reminder:
        return NoticeKind.REMINDER
    if request.purpose in _HR_NOTICES:
        return _HR_NOTICES[request.purpose]
    if request.seat in HR_SEATS or request.assignee == HR_QUEUE:
        return NoticeKind.HR_ESCALATION
    seat: Seat = "skip_level"
    return NoticeKind.ESCALATION if request.seat == seat else NoticeKind.QUESTION
