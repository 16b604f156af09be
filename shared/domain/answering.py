"""Builds the change that an accepted answer commits, for the response page and for HR's API alike."""

from shared.domain.case import Case
from shared.domain.change import Change
from shared.domain.comparators import Comparison
from shared.domain.effect import Notice, NoticeKind, WakeWorkflow
from shared.domain.event import Actor, ActorKind, Authentication, EventDraft, EventTag
from shared.domain.identifiers import CommandId, NoticeId, RequestId, case_subject, derived_id
from shared.domain.request import Answer, Request


def answer_command(request_id: RequestId, answer: Answer) -> CommandId:
    """The command id of an answer. Sent twice by the same person, the same answer is the same command."""
    return CommandId(derived_id("answer", request_id, answer.answered_by, answer.choice, answer.reason))


def answering(
    case: Case,
    request: Request,
    answer: Answer,
    shown: str | None = None,
    compared: Comparison | None = None,
) -> Change:
    """Answer the request, wake the case's workflow, and send a receipt to the person who answered.

    The typed reason is about the rep, so it is sealed under the rep's key. ``shown`` is the digest of the
    facts that the page showed. ``compared`` is the comparison that the person confirmed to have read.
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
