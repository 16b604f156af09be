"""Record the answer of a signed-in HR user, as the same change that the response page makes."""

from functions.audit.api.case_view import View
from functions.audit.api.show_comparators import comparison_for
from functions.audit.caller import Caller
from functions.audit.rights import Resource, bar_to_deciding
from functions.audit.sources import Sources, admit, visible_case
from shared.domain.answering import answer_command, answering
from shared.domain.case import Case
from shared.domain.change import Change
from shared.domain.comparators import Comparison
from shared.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from shared.domain.event import EventDraft, EventTag, stamp
from shared.domain.identifiers import CaseId, CommandId, RequestId, case_subject, derived_id
from shared.domain.person import Directory
from shared.domain.proposing import proposers
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
    """Answer the question once. Raises Conflict if it is closed, Forbidden if the caller may not answer it.

    Sending the same answer again changes nothing. A second, different answer is refused, and the refusal is
    recorded. For a removal, ``compared`` is the digest of the comparison that the caller saw.
    """
    admit(sources, caller, Resource.DECISION)
    reason = typed_reason(reason)

    def attempt() -> View:
        case, directory = visible_case(sources, caller, case_id, Resource.DECISION)
        request = _request_of(case, request_id, sources)
        answer = _answer(sources, caller, case, request, directory, choice, reason)
        if sources.store.outcome(answer_command(request.id, answer)) is None:
            _require_open(sources, caller, case, request, answer)
            seen = _comparison(sources, caller, case, request, compared)
            sources.store.commit(answering(case, request, answer, compared=seen))
        return _view(sources.store.request(request_id))

    return retry_on_conflict(attempt)


def _request_of(case: Case, request_id: RequestId, sources: Sources) -> Request:
    request = sources.store.request(request_id)
    if request.case_id != case.id:
        raise NotFound(f"case {case.id} has no request {request_id}")
    return request


def _answer(
    sources: Sources,
    caller: Caller,
    case: Case,
    request: Request,
    directory: Directory,
    choice: str,
    reason: str,
) -> Answer:
    """The caller's answer. Raises Forbidden if they may not give it, InvalidInput for an unknown choice."""
    now = sources.clock.now()
    policy, _ = sources.policies.used(case.policy_digest)
    bar = bar_to_deciding(caller, request, proposers(case, policy, directory, now))
    if bar is not None:
        raise Forbidden(bar)
    if choice not in request.choices:
        raise InvalidInput("choice must be one of " + ", ".join(request.choices))
    return Answer(
        choice=choice,
        reason=reason,
        answered_by=caller.person,
        authenticated_by="cognito",
        answered_at=now,
    )


def _comparison(
    sources: Sources, caller: Caller, case: Case, request: Request, compared: str | None
) -> Comparison | None:
    """The comparison that the caller must have seen before a removal; None for other purposes.

    Raises InvalidInput if the caller names none, Conflict if it has changed since they saw it.
    """
    if request.purpose not in ABOUT_REMOVAL:
        return None
    if compared is None:
        raise InvalidInput(
            "first look at who is in a comparable position, then send the digest of that list as `compared`"
        )
    found = comparison_for(sources, caller, case, sources.directory())
    if found.digest != compared:
        raise Conflict("the list of comparable people has changed since you looked; please look again")
    return found


def _require_open(sources: Sources, caller: Caller, case: Case, request: Request, answer: Answer) -> None:
    """Raises Conflict for a closed question, after recording the late answer."""
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
