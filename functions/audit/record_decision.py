"""HR answers a question that was put to HR, signed in: the same change as an answer on the response page."""

import unicodedata
from typing import Final

from functions.audit.answer_query import Sources, visible_case
from functions.audit.asker import HR, Asker
from functions.audit.case_view import View
from functions.audit.compare_cases import comparison_for
from shared.domain.answering import answer_command, answering
from shared.domain.case import Case
from shared.domain.change import Change
from shared.domain.comparators import Comparison
from shared.domain.errors import Conflict, Forbidden, InvalidInput, NotFound
from shared.domain.event import EventDraft, EventTag, stamp
from shared.domain.identifiers import CaseId, CommandId, RequestId, case_subject, derived_id
from shared.domain.request import ABOUT_REMOVAL, Answer, Request, RequestStatus

SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 2000
_TRIES: Final = 3


def record_decision(
    sources: Sources,
    asker: Asker,
    case_id: CaseId,
    request_id: RequestId,
    choice: str,
    reason: str,
    compared: str | None = None,
) -> View:
    """Answer once. Raises Conflict where it is no longer open, Forbidden where it is not the asker's.

    The same words sent again are the same answer. Whoever comes second is told so, and it is recorded.
    About a removal ``compared`` is the digest of who else is in a comparable position, as the asker saw it.
    """
    asker.require(*HR)
    reason = typed_reason(reason)
    for tries_left in reversed(range(_TRIES)):
        case, request = _asked(sources, asker, case_id, request_id)
        answer = _answer(sources, asker, case, request, choice, reason)
        if sources.store.outcome(answer_command(request.id, answer)) is not None:
            return _view(sources.store.request(request_id))
        _require_open(sources, asker, case, request, answer)
        seen = _comparison(sources, asker, case, request, compared)
        try:
            sources.store.commit(answering(case, request, answer, compared=seen))
        except Conflict:
            if not tries_left:
                raise
            continue
        return _view(sources.store.request(request_id))
    raise Conflict(f"request {request_id} kept changing")


def _asked(sources: Sources, asker: Asker, case_id: CaseId, request_id: RequestId) -> tuple[Case, Request]:
    case, _ = visible_case(sources, asker, case_id)
    request = sources.store.request(request_id)
    if request.case_id != case_id:
        raise NotFound(f"case {case_id} has no request {request_id}")
    return case, request


def _answer(sources: Sources, asker: Asker, case: Case, request: Request, choice: str, reason: str) -> Answer:
    """What the asker says, once it is sure that it is theirs to say."""
    bar = asker.bar_to_deciding(case, request)
    if bar is not None or asker.person_id is None:
        raise Forbidden(bar or "this account stands for nobody")
    if choice not in request.choices:
        raise InvalidInput("choice is one of " + ", ".join(request.choices))
    return Answer(
        choice=choice,
        reason=reason,
        answered_by=asker.person_id,
        authenticated_by="cognito",
        answered_at=sources.clock.now(),
    )


def _comparison(
    sources: Sources, asker: Asker, case: Case, request: Request, compared: str | None
) -> Comparison | None:
    """Who else is in a comparable position, where the asker has to have seen it.

    Raises InvalidInput where they do not say so, Conflict where it is no longer what they saw.
    """
    if request.purpose not in ABOUT_REMOVAL:
        return None
    if compared is None:
        raise InvalidInput("look at who is in a comparable position first, and send its digest as `compared`")
    found = comparison_for(sources, asker, case, sources.directory())
    if found.digest != compared:
        raise Conflict("who is in a comparable position has changed since you looked; please look again")
    return found


def _require_open(sources: Sources, asker: Asker, case: Case, request: Request, answer: Answer) -> None:
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
    command = CommandId(derived_id("refused", request.id, asker.actor.id, answer.choice, why, reason))
    event = EventDraft(
        tag=EventTag.ANSWER_REFUSED,
        subject=case_subject(case.id),
        occurred_at=sources.clock.now(),
        actor=asker.actor,
        command=command,
        data={"request": request.id, "reason": why},
        private={"choice": answer.choice, "reason": reason},
        person=case.rep_id,
    )
    sources.store.commit(Change(command=command, result="refused", events=(event,)))
    raise Conflict(said)


def typed_reason(reason: str) -> str:
    """The words as they are kept. Raises InvalidInput for too few, too many, or what is no text."""
    text = unicodedata.normalize("NFC", reason.strip())
    if not SHORTEST_REASON <= len(text) <= LONGEST_REASON:
        raise InvalidInput(f"a reason of {SHORTEST_REASON} to {LONGEST_REASON} characters is needed")
    if any(unicodedata.category(character) == "Cc" and character not in "\r\n\t" for character in text):
        raise InvalidInput("a reason holds no control characters")
    return text


def _view(request: Request) -> View:
    answer = request.answer
    return {
        "request_id": request.id,
        "status": request.status.value,
        "choice": None if answer is None else answer.choice,
        "answered_at": None if answer is None else stamp(answer.answered_at),
    }
