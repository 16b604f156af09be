"""What an accepted answer makes true, whichever door it came through: the response page or HR's API."""

from shared.domain.case import Case
from shared.domain.change import Change
from shared.domain.comparators import Comparison
from shared.domain.effect import Notice, NoticeKind, WakeWorkflow
from shared.domain.event import Actor, ActorKind, Authentication, EventDraft, EventTag
from shared.domain.identifiers import CommandId, NoticeId, RequestId, case_subject, derived_id
from shared.domain.request import Answer, Request


def answer_command(request_id: RequestId, answer: Answer) -> CommandId:
    """The same words of the same person to the same question are the same command, however often sent."""
    return CommandId(derived_id("answer", request_id, answer.answered_by, answer.choice, answer.reason))


def answering(
    case: Case,
    request: Request,
    answer: Answer,
    shown: str | None = None,
    compared: Comparison | None = None,
) -> Change:
    """The request answered, the case's workflow woken, and a receipt to whoever answered.

    The typed reason speaks of the rep, so it is sealed under the rep's key. ``shown`` is the digest of the
    facts that stood before the person's eyes; ``compared`` is who else was, as they confirmed to have seen.
    """
    command = answer_command(request.id, answer)
    relied_on = {"policy": case.policy_digest} | ({"shown": shown} if shown else {})
    if compared is not None:
        relied_on["compared"] = compared.digest
    event = EventDraft(
        tag=EventTag.REQUEST_ANSWERED,
        subject=case_subject(case.id),
        occurred_at=answer.answered_at,
        actor=Actor(ActorKind.PERSON, answer.answered_by, Authentication(answer.authenticated_by)),
        command=command,
        relied_on=relied_on,
        data={
            "request": request.id,
            "purpose": request.purpose,
            "seat": request.seat,
            "assignee": request.assignee,
            "on_behalf_of": request.on_behalf_of,
            "choice": answer.choice,
        }
        | ({} if compared is None else {"compared": compared.for_the_record()}),
        private={"reason": answer.reason},
        person=case.rep_id,
    )
    return Change(
        command=command,
        result="answered",
        events=(event,),
        requests=(request.answered(answer),),
        effects=(
            WakeWorkflow(id=derived_id("wake", request.id, "answered"), case_id=case.id),
            Notice(
                id=NoticeId(derived_id("notice", request.id, NoticeKind.RECEIPT)),
                notice=NoticeKind.RECEIPT,
                to=answer.answered_by,
                case_id=case.id,
                request_id=request.id,
            ),
        ),
    )
