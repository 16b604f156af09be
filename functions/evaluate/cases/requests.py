"""Asks a question: finds the assignee and the choices, records the request, and mails the notice."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from functions.evaluate.cases.chain import (
    CHECK_IN_WITHIN,
    HR_PURPOSES,
    Asked,
    hr_chain,
    stage_chain,
)
from functions.evaluate.cases.step_draft import Draft, notice_id
from shared.domain.effect import NoticeKind
from shared.domain.event import EventTag
from shared.domain.identifiers import NoticeId, PersonId
from shared.domain.ladder import HR_SEATS, CheckIns, Length, Rep, Stage
from shared.domain.person import HR_QUEUE
from shared.domain.proposing import proposers
from shared.domain.request import TWO_PERSON, Purpose, Request, Seat

USUAL_ANSWERS: Final = ("coach", "dispute_figures", "request_exception")
ADVERSE_ANSWERS: Final = ("propose_removal", "extend_plan", "request_exception")
REP_WITHIN: Final = Length(10, "bd")
"""How long the rep has to respond where no running stage sets an end."""
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

    ``after`` is the request that got no answer; asking the same person again is a reminder.
    A request that is not ``mailed`` shows only in HR's console until its deadline.
    """
    chain = hr_chain(draft.stage) if purpose in HR_PURPOSES else stage_chain(draft.stage)
    asked, empty = draft.seats.next_asked(chain, first_step, {*barred, *not_to_decide(draft, purpose)})
    request = draft.ask(
        asked, purpose, choices(draft, purpose), adverse=purpose in ("removal_proposal", "removal_approval")
    )
    reminder = after is not None and (after.seat, after.assignee) == (asked.seat, asked.assignee)
    tag = EventTag.REQUEST_SENT
    if after is not None:
        tag = EventTag.REQUEST_REMINDED if reminder else EventTag.REQUEST_ESCALATED
    details = {"empty_seats": list(empty), "after": None if after is None else after.id}
    draft.record(tag, draft.describe(request) | details)
    passed = _passed_over(draft, empty)
    if mailed:
        kind = _notice_of(request, reminder)
        draft.tell(kind, request.assignee, request, purpose=purpose, stage=request.stage, **passed)
    if passed and not draft.has_told(NoticeKind.UNREACHABLE):
        tell_hr(draft, NoticeKind.UNREACHABLE, because=passed["because"], seat=passed["seat"])


def mails_about(request: Request) -> tuple[NoticeId, ...]:
    """The ids of the notices of which one has put this question to its assignee."""
    match request.purpose:
        case "rep":
            kinds = {NoticeKind.REP_TOLD}
        case "check_in":
            kinds = {NoticeKind.CHECK_IN_DUE}
        case _:
            kinds = {_notice_of(request, reminder) for reminder in (False, True)}
    return tuple(notice_id(request.case_id, request.id, kind, request.assignee) for kind in kinds)


def _passed_over(draft: Draft, seats: Collection[Seat]) -> dict[str, str]:
    """The parameters of a notice about the seats on the way that were never asked, and why.

    A seat counts as filled where its holder is only barred from this question. An empty HR seat is left out,
    because then the HR queue has the question. Nobody can say who sits above a rep whom the directory lacks.
    """
    if seats and draft.context.directory.person(draft.case.rep_id) is None:
        return {"because": "rep_not_in_directory", "seat": ", ".join(dict.fromkeys(seats))}
    vacant = [
        seat
        for seat in dict.fromkeys(seats)
        if seat not in HR_SEATS and draft.seats.asked_in(seat, CHECK_IN_WITHIN) is None
    ]
    return {"because": "empty_seat", "seat": ", ".join(vacant)} if vacant else {}


def not_to_decide(draft: Draft, purpose: Purpose) -> frozenset[PersonId]:
    """Whoever proposed something does not decide it, nor do their stand-ins."""
    if purpose not in TWO_PERSON:
        return frozenset()
    context = draft.context
    return proposers(draft.case, context.policy, context.directory, draft.now)


def choices(draft: Draft, purpose: Purpose) -> tuple[str, ...]:
    if purpose == "gate" and draft.case.gate_to == draft.case.stage:
        return "publish", "close"  # a case that begins at a gate has no stage to extend
    if purpose in _HR_CHOICES:
        return _HR_CHOICES[purpose]
    stage = draft.stage
    usual = ADVERSE_ANSWERS if stage.adverse else USUAL_ANSWERS
    offered = stage.ask.answers if stage.ask is not None else usual
    # If HR refused every choice of the policy, one remains, so that the question can be answered.
    return tuple(answer for answer in offered if answer not in draft.case.refused) or usual[:1]


def question_of(stage: Stage) -> Purpose:
    return "removal_proposal" if stage.adverse else "stage_plan"


def ask_rep(draft: Draft, until: datetime, *, again: bool = False) -> None:
    """Tell the rep what was decided and ask for their response, where the policy says so."""
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
    """Ask for a check-in; False where the seat that does it is empty."""
    asked = draft.seats.asked_in(plan.by, CHECK_IN_WITHIN)
    if asked is None:
        return False
    request = draft.ask(asked, "check_in", ("held", "not_held"))
    draft.record(EventTag.CHECK_IN_ASKED, draft.describe(request))
    draft.tell(NoticeKind.CHECK_IN_DUE, request.assignee, request)
    return True


def tell_hr(
    draft: Draft, kind: NoticeKind, *, unreachable: Collection[PersonId | None] = (), **parameters: str
) -> None:
    """Mail the rep's HR partner, or the HR queue where the partner is one of the ``unreachable``."""
    person = draft.seats.hr()
    draft.tell(kind, HR_QUEUE if person in unreachable else person, None, **parameters)


def _notice_of(request: Request, reminder: bool) -> NoticeKind:
    if reminder:
        return NoticeKind.REMINDER
    if request.purpose in _HR_NOTICES:
        return _HR_NOTICES[request.purpose]
    if request.seat in HR_SEATS or request.assignee == HR_QUEUE:
        return NoticeKind.HR_ESCALATION
    seat: Seat = "skip_level"
    return NoticeKind.ESCALATION if request.seat == seat else NoticeKind.QUESTION
