"""Records opened links, refused links and refused answers: one event each, however often it happens."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.domain.case import Case, CaseStatus
from shared.domain.change import Change
from shared.domain.effect import Effect, Notice, NoticeKind
from shared.domain.event import Actor, ActorKind, Authentication, EventDraft, EventTag, stamp
from shared.domain.identifiers import CommandId, NoticeId, Subject, case_subject, derived_id
from shared.domain.request import Request
from shared.ports import CaseStore, Clock, Directories, Files, Links, Policies
from shared.retry import retry_on_conflict


@dataclass(frozen=True, slots=True)
class Responding:
    """What showing a page and recording an answer need."""

    store: CaseStore
    links: Links
    directories: Directories
    policies: Policies
    files: Files
    clock: Clock
    console_url: str | None = None


def note_opened(link: str, request: Request, method: str, responding: Responding) -> None:
    """Record the first opening of a valid link. Mail scanners open links, so this proves no reader."""
    _note_once(
        EventTag.LINK_OPENED,
        CommandId(derived_id("opened", link)),
        case_subject(request.case_id),
        link,
        {"request": request.id, "method": method},
        responding,
    )


def note_refused_link(link: str, reason: str, request: Request | None, responding: Responding) -> None:
    """Record a refused link: one event for each link and reason."""
    _note_once(
        EventTag.LINK_REFUSED,
        CommandId(derived_id("refused", link, reason)),
        Subject("system") if request is None else case_subject(request.case_id),
        link,
        {"reason": reason, "request": None if request is None else request.id},
        responding,
    )


def note_refused_answer(
    link: str,
    reason: str,
    request: Request,
    case: Case,
    said: tuple[str, str] | None,
    responding: Responding,
) -> None:
    """Record an answer that was not accepted, with its words, and tell the case's owner about it."""
    # Every wrong code is recorded, because codes can be guessed. Anything else is recorded once per text.
    distinct = stamp(responding.clock.now()) if reason == "wrong_code" else "\x1e".join(said or ())
    command = CommandId(derived_id("not-taken", link, reason, distinct))
    effects: tuple[Effect, ...] = ()
    if said is not None and said[1] and case.status is CaseStatus.OPEN and case.owner != request.assignee:
        notice_id = NoticeId(derived_id("notice", command))
        effects = (
            Notice(
                id=notice_id,
                notice=NoticeKind.LATE_ANSWER,
                to=case.owner,
                case_id=case.id,
                request_id=request.id,
            ),
        )
    _note_once(
        EventTag.ANSWER_REFUSED,
        command,
        case_subject(case.id),
        link,
        {"reason": reason, "request": request.id},
        responding,
        private=None if said is None else {"choice": said[0], "reason": said[1]},
        case=case,
        effects=effects,
    )


def _note_once(
    tag: EventTag,
    command: CommandId,
    subject: Subject,
    link: str,
    data: Mapping[str, Any],
    responding: Responding,
    *,
    private: Mapping[str, Any] | None = None,
    case: Case | None = None,
    effects: tuple[Effect, ...] = (),
) -> None:
    # Reading costs less than a transaction, and a link may be opened a hundred times.
    if responding.store.outcome(command) is not None:
        return
    event = EventDraft(
        tag=tag,
        subject=subject,
        occurred_at=responding.clock.now(),
        actor=Actor(ActorKind.LINK, link, Authentication.LINK),
        command=command,
        data={"link": link, **data},
        private=private,
        person=None if private is None or case is None else case.rep_id,
    )
    change = Change(command=command, result=tag.value, events=(event,), effects=effects)
    retry_on_conflict(lambda: responding.store.commit(change))
