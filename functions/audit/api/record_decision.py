"""HR answers a question that was put to HR, signed in: the same change as an answer on the response page."""

from functions.audit.api.case_view import View
from functions.audit.api.show_comparators import comparison_for
from functions.audit.caller import HR, Caller
from functions.audit.sources import Sources, visible_case
from shared.domain.answering import answer_command, answering
from shared.domain.case import Case
from shared.domain.change import Change
from shared.domain.comparators import Comparison
from shared.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from shared.domain.event import EventDraft, EventTag, stamp
from shared.domain.identifiers import CaseId, CommandId, RequestId, case_subject, derived_id
from shared.domain.request import ABOUT_REMOVAL, Answer, Request, RequestStatus
from shared.domain.typed_reason import typed_reason
from shared.retry import retry_on_conflict


def record_decision(
    sources: Sources,
    caller: Caller,
    case_id: CaseId,
    request_id: RequestId,
    choice: str,
    reason: str,
    compared: str | None = None,
) -> View:
    """Answer once. Raises Conflict where it is no longer open, Forbidden where it is not the caller's.

    The same words sent again are the same answer. Whoever comes second is told so, and it is recorded.
    About a removal ``compared`` is the digest of who else is in a comparable position, as the caller saw it.
    """
    caller.require(*HR)
    reason = typed_reason(reason)

    def attempt() -> View:
        case, request = _asked(sources, caller, case_id, request_id)
        answer = _answer(sources, caller, case, request, choice, reason)
        if sources.store.outcome(answer_command(request.id, answer)) is None:
            _require_open(sources, caller, case, request, answer)
            seen = _comparison(sources, caller, case, request, compared)
            sources.store.commit(answering(case, request, answer, compared=seen))
        return _view(sources.store.request(request_id))

    return retry_on_conflict(attempt)


def _asked(sources: Sources, caller: Caller, case_id: CaseId, request_id: RequestId) -> tuple[Case, Request]:
    case, _ = visible_case(sources, caller, case_id)
    request = sources.store.request(request_id)
    if request.case_id != case_id:
        raise NotFound(f"case {case_id} has no request {request_id}")
    return case, request


def _answer(
    sources: Sources, caller: Caller, case: Case, request: Request, choice: str, reason: str
) -> Answer:
    """What the caller says, once it is sure that it is theirs to say."""
    bar = caller.bar_to_deciding(case, request)
    if bar is not None or caller.person_id is None:
        raise Forbidden(bar or "this account stands for nobody")
    if choice not in request.choices:
        raise InvalidInput("choice is one of " + ", ".join(request.choices))
    return Answer(
        choice=choice,
        reason=reason,
        answered_by=caller.person_id,
        authenticated_by="cognito",
        answered_at=sources.clock.now(),
    )


def _comparison(
    sources: Sources, caller: Caller, case: Case, request: Request, compared: str | None
) -> Comparison | None:
    """Who else is in a comparable position, where the caller has to have seen it.

    Raises InvalidInput where they do not say so, Conflict where it is no longer what they saw.
    """
    if request.purpose not in ABOUT_REMOVAL:
        return None
    if compared is None:
        raise InvalidInput("look at who is in a comparable position first, and send its digest as `compared`")
    found = comparison_for(sources, caller, case, sources.directory())
    if found.digest != compared:
        raise Conflict("who is in a comparable position has changed since you looked; please look again")
    return found


def _require_open(sources: Sources, caller: Caller, case: Case, request: Request, answer: Answer) -> None:
    """Raises Conflict, and records that somebody came too late, and what they would have said."""
    if request.answer is not None:
        why, said = "answered", f"already answered at {stamp(request.answer.answered_at)}"
    elif request.status is not RequestStatus.OPEN:
        why, said = request.status.value, f"this question is {request.status.value}"
    elif request.due_at <= sources.clock.now():
        why, said = "expired", f"the time to answer ended at {stamp(request.due_at)}"
    else:
        return
    reason = answer.reason
    command = CommandId(derived_id("refused", request.id, caller.actor.id, answer.choice, why, reason))
    event = EventDraft(
        tag=EventTag.ANSWER_REFUSED,
        subject=case_subject(case.id),
        occurred_at=sources.clock.now(),
        actor=caller.actor,
        command=command,
        data={"request": request.id, "reason": why},
        private={"choice": answer.choice, "reason": reason},
        person=case.rep_id,
    )
    sources.store.commit(Change(command=command, result="refused", events=(event,)))
    raise Conflict(said)


def _view(request: Request) -> View:
    answer = request.answer
    return {
        "request_id": request.id,
        "status": request.status.value,
        "choice": None if answer is None else answer.choice,
        "answered_at": None if answer is None else stamp(answer.answered_at),
    }
