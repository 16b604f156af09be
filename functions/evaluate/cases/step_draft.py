"""Collects what one step of a case changes: the case itself, its requests, events and effects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from functions.evaluate.cases.chain import Asked, Seats
from functions.evaluate.cases.triggers import Context
from shared.domain.case import Case, CaseStatus, Exit, Phase, Waiting
from shared.domain.effect import Effect, Notice, NoticeKind, StartWorkflow, WakeWorkflow
from shared.domain.errors import IllegalTransition
from shared.domain.event import Actor, EventDraft, EventTag, stamp
from shared.domain.identifiers import (
    CaseId,
    NoticeId,
    PersonId,
    RequestId,
    case_subject,
    derived_id,
    request_id,
)
from shared.domain.instruction import Instruction
from shared.domain.ladder import Stage
from shared.domain.request import Purpose, Request, RequestStatus


@dataclass(frozen=True, slots=True)
class Step:
    """The outcome of one trigger: what is committed together."""

    case: Case
    requests: tuple[Request, ...]
    events: tuple[EventDraft, ...]
    effects: tuple[Effect, ...]
    carried_out: tuple[Instruction, ...] = ()


class Draft:
    """The step as decided so far; the other modules of this package add to it."""

    def __init__(self, case: Case, context: Context) -> None:
        self.case = case
        self.context = context
        self._requests: dict[RequestId, Request] = {}
        self._events: list[EventDraft] = []
        self._effects: list[Effect] = []
        self._carried_out: tuple[Instruction, ...] = ()

    @property
    def stage(self) -> Stage:
        return self.context.policy.stage(self.case.stage)

    @property
    def now(self) -> datetime:
        return self.context.now

    @property
    def seats(self) -> Seats:
        """The seats around the case's rep, as of now."""
        return Seats(self.case.rep_id, self.context.policy, self.context.directory, self.now)

    def change(self, **fields: Any) -> None:
        self.case = self.case.model_copy(update=fields)

    def request(self, request: RequestId) -> Request:
        """The request with this step's changes so far."""
        known = self._requests.get(request) or self.context.standing.get(request)
        if known is None or request not in self.case.standing:
            raise IllegalTransition(f"{request} does not stand in {self.case.id}")
        return known

    def standing(self) -> list[Request]:
        return [self.request(request) for request in self.case.standing]

    def record(
        self,
        tag: EventTag,
        data: Mapping[str, Any] | None = None,
        *,
        private: Mapping[str, Any] | None = None,
        relied_on: Mapping[str, str] | None = None,
        actor: Actor | None = None,
    ) -> None:
        """Add one event to the case's chain. The private part is sealed under the rep's key."""
        self._events.append(
            EventDraft(
                tag=tag,
                subject=case_subject(self.case.id),
                occurred_at=self.now,
                actor=actor or self.context.actor,
                command=self.context.command,
                relied_on={"policy": self.case.policy_digest, **(relied_on or {})},
                data={"stage": self.case.stage, **(data or {})},
                private=private,
                person=None if private is None else self.case.rep_id,
            )
        )

    def tell(
        self, kind: NoticeKind, to: PersonId | None, request: Request | None = None, **parameters: str
    ) -> None:
        """Add one mail. Its id follows from the step, so a repeated step sends nothing twice."""
        about = request.id if request is not None else f"v{self.case.version}"
        self._effects.append(
            Notice(
                id=notice_id(self.case.id, about, kind, to),
                notice=kind,
                to=to,
                case_id=self.case.id,
                request_id=None if request is None else request.id,
                parameters={"stage": self.case.stage, **parameters},
            )
        )

    def has_told(self, kind: NoticeKind) -> bool:
        """Whether this step already sends a notice of this kind."""
        return any(isinstance(effect, Notice) and effect.notice is kind for effect in self._effects)

    def start_workflow(self) -> None:
        self._effects.append(start_workflow(self.case.id, self.case.generation))

    def wake_workflow(self) -> None:
        """Wake the sleeping workflow, so that it looks again at what to wait for."""
        self._effects.append(wake_workflow(self.case))

    def ask(
        self, asked: Asked, purpose: Purpose, choices: Sequence[str], *, adverse: bool = False
    ) -> Request:
        """Add a request. Unless it is the rep's or a check-in, it becomes the case's main request."""
        number = self.case.requests_made + 1
        request = Request(
            id=request_id(self.case.id, number),
            case_id=self.case.id,
            version=1,
            # A gate asks about the stage that would come next.
            stage=(self.case.gate_to if purpose == "gate" else None) or self.case.stage,
            purpose=purpose,
            seat=asked.seat,
            assignee=asked.assignee,
            on_behalf_of=asked.on_behalf_of,
            step=asked.step,
            choices=tuple(choices),
            adverse=adverse,
            asked_at=self.now,
            due_at=asked.due_at,
            status=RequestStatus.OPEN,
        )
        self._requests[request.id] = request
        self.change(requests_made=number, standing=(*self.case.standing, request.id))
        if purpose not in ("rep", "check_in"):
            self.change(request_id=request.id)
        return request

    def describe(self, request: Request) -> dict[str, Any]:
        """The request as events list it."""
        return {
            "request": request.id,
            "purpose": request.purpose,
            "seat": request.seat,
            "step": request.step,
            "assignee": request.assignee,
            "on_behalf_of": request.on_behalf_of,
            "choices": list(request.choices),
            "due_at": stamp(request.due_at),
        }

    def end(self, request: Request, status: RequestStatus, because: str | None = None) -> None:
        """End the request; ``status`` says why it no longer stands, ``because`` why it is withdrawn."""
        if request.status is RequestStatus.OPEN:
            if request.version == 1 and request.id in self._requests:
                raise IllegalTransition(f"{request.id} was asked in this same step")
            self._requests[request.id] = request.ended(status)
            if status is RequestStatus.WITHDRAWN:
                about = {"request": request.id, "purpose": request.purpose}
                self.record(
                    EventTag.REQUEST_WITHDRAWN, about | ({} if because is None else {"because": because})
                )
        self.forget(request)

    def forget(self, request: Request) -> None:
        """Remove the request from the case, once its outcome is applied."""
        self.change(standing=tuple(other for other in self.case.standing if other != request.id))
        if self.case.request_id == request.id:
            self.change(request_id=None)

    def carry_out_instructions(self) -> None:
        """Mark HR's instructions as carried out."""
        self._carried_out = tuple(self.context.instructions)

    def withdraw_main(self) -> None:
        """Withdraw the main request, whether managers or HR were asked."""
        if self.case.request_id is not None:
            self.end(self.request(self.case.request_id), RequestStatus.WITHDRAWN)

    def withdraw(self, *purposes: Purpose) -> None:
        for request in self.standing():
            if request.purpose in purposes:
                self.end(request, RequestStatus.WITHDRAWN)

    def close(self, exit_: Exit, **data: Any) -> None:
        for request in self.standing():
            self.end(request, RequestStatus.WITHDRAWN)
        self.change(
            status=CaseStatus.CLOSED,
            exit=exit_,
            closed_at=self.now,
            hold=None,
            holds_waiting=(),
            check_in_at=None,
            stage_ends_at=None,
        )
        self.carry_out_instructions()
        self.record(EventTag.CASE_CLOSED, {"exit": exit_, **data})
        for person in self._told_of_the_end(exit_):
            self.tell(NoticeKind.CASE_CLOSED, person, None, exit=exit_)

    def finished(self, trigger: str) -> Step:
        """The finished step, with the owner and due time that follow from it.

        A step without any other event records ``trigger``, so that every change has an event.
        """
        case = self.case
        if case.status is CaseStatus.OPEN:
            if case.request_id is not None:
                self._own(self.request(case.request_id).assignee)
            else:
                self._own(self.seats.responsible())
            self.change(waiting_for=self._waiting(), due_at=self._next_due())
        if not self._events:
            self.record(EventTag.OCCURRENCE_NOTED, {"what": trigger})
        requests, events, effects = self._requests.values(), self._events, self._effects
        return Step(self.case, tuple(requests), tuple(events), tuple(effects), self._carried_out)

    def _told_of_the_end(self, exit_: Exit) -> list[PersonId]:
        """Who is mailed when the case ends.

        The rep is told only if they knew of the case. A person, not a mail, tells them of a removal.
        """
        people = [self.seats.responsible(), self.seats.hr()]
        rep = self.context.directory.living(self.case.rep_id)
        if rep is not None and self.case.rep_told and exit_ is not Exit.REMOVAL_APPROVED:
            people.append(rep.id)
        return list(dict.fromkeys(people))

    def _own(self, person: PersonId) -> None:
        if self.case.owner != person:
            self.record(EventTag.OWNER_CHANGED, {"from": self.case.owner, "to": person})
            self.change(owner=person)

    def _waiting(self) -> Waiting:
        if self.case.request_id is None:
            return Waiting.RESULTS
        if self.case.hold is not None or self.case.phase in (Phase.GATE, Phase.APPROVING):
            return Waiting.HR
        return Waiting.ANSWER

    def _next_due(self) -> datetime:
        """When something is due next. The workflow sleeps until then."""
        case = self.case
        times = [r.due_at for r in self.standing() if r.status is RequestStatus.OPEN]
        if any(r.status is not RequestStatus.OPEN for r in self.standing()):
            times.append(self.now)
        if case.phase is Phase.RUNNING and case.hold is None:
            times += [time for time in (case.stage_ends_at, case.check_in_at) if time is not None]
        if not times:
            raise IllegalTransition(f"{case.id} has nothing to wait for in {case.stage}")
        return min(times)


def notice_id(case_id: CaseId, about: str, kind: NoticeKind, to: PersonId | None) -> NoticeId:
    return NoticeId(derived_id("notice", case_id, about, kind, to or ""))


def start_workflow(case_id: CaseId, generation: int) -> StartWorkflow:
    effect_id = derived_id("start", case_id, str(generation))
    return StartWorkflow(id=effect_id, case_id=case_id, generation=generation)


def wake_workflow(case: Case) -> WakeWorkflow:
    return WakeWorkflow(id=derived_id("wake", case.id, f"v{case.version}"), case_id=case.id)


def left_of(end: datetime | None, now: datetime) -> int:
    """Whole seconds until ``end``; 0 where there is no end or it has passed."""
    return 0 if end is None else max(0, (end - now) // timedelta(seconds=1))
