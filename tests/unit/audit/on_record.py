"""A case's life with everything that others record beside the core: answers, mails that came back, leaves."""

from typing import Any

from functions.evaluate.cases.step_draft import Step
from functions.evaluate.cases.triggers import Trigger
from shared.domain.answering import answering
from shared.domain.comparators import Comparison
from shared.domain.event import Actor, ActorKind, Authentication, EventDraft, EventTag, stamp
from shared.domain.identifiers import CommandId, case_subject
from shared.domain.request import ABOUT_REMOVAL, Request, RequestStatus
from tests.unit.evaluate.case_life import Life

NOBODY = Comparison(group=(), reached=None, comparators=(), others=0)
"""What somebody who answers about a removal looks at where no other person is comparable."""
HR = Actor(ActorKind.PERSON, "partner", Authentication.COGNITO)


def put_on_record(life: Life) -> Life:
    """Let the life note what came from outside, before the step that takes it in."""
    inner, noted = life.happen, set[str]()

    def happen(trigger: Trigger) -> Step:
        for request in life.requests.values():
            if request.status in (RequestStatus.ANSWERED, RequestStatus.BOUNCED) and request.id not in noted:
                noted.add(request.id)
                life.events.append(_outcome(life, request))
        for told in life.instructions:
            if told.id not in noted:
                noted.add(told.id)
                life.events.append(_event(life, EventTag.LEAVE_REPORTED, {"by": "partner"}, HR))
        return inner(trigger)

    life.happen = happen  # type: ignore[method-assign] # to listen in
    return life


def _outcome(life: Life, request: Request) -> EventDraft:
    if request.answer is not None:
        compared = NOBODY if request.purpose in ABOUT_REMOVAL else None
        return answering(life.case, request, request.answer, compared=compared).events[0]
    data = {"notice": f"notice-{request.id}", "kind": "question", "to": request.assignee}
    data |= {"request": request.id, "feedback": "bounce", "detail": "permanent"}
    return _event(life, EventTag.NOTICE_BOUNCED, data, Actor(ActorKind.SERVICE, "mail"))


def _event(life: Life, tag: EventTag, data: dict[str, Any], actor: Actor) -> EventDraft:
    return EventDraft(
        tag=tag,
        subject=case_subject(life.case.id),
        occurred_at=life.now,
        actor=actor,
        command=CommandId(f"beside-{len(life.events)}"),
        relied_on={"policy": life.case.policy_digest} if tag is EventTag.LEAVE_REPORTED else {},
        data=data,
    )


def values_of(life: Life) -> list[dict[str, Any]]:
    """The events of the life, as far as the verifier's rules look at them."""
    return [
        {
            "tag": event.tag.value,
            "sequence": sequence,
            "data": dict(event.data),
            "relied_on": dict(event.relied_on),
            "occurred_at": stamp(event.occurred_at),
            "actor": {
                "id": event.actor.id,
                "kind": event.actor.kind.value,
                "authenticated_by": event.actor.authenticated_by.value,
            },
        }
        for sequence, event in enumerate(life.events, 1)
    ]
