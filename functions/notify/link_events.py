"""Records opened links, refused links and refused answers: a few events for each link.

Anybody can send requests, and an event stays in a locked ledger for years. What goes beyond is only counted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from functions.notify.link import link_id, private_mark
from shared.domain.case import Case, CaseStatus
from shared.domain.change import Change
from shared.domain.effect import Notice, NoticeKind
from shared.domain.event import Actor, ActorKind, Authentication, EventDraft, EventTag, stamp
from shared.domain.identifiers import CommandId, NoticeId, PersonId, case_subject, derived_id
from shared.domain.request import Request
from shared.ports import CaseStore, Clock, Directories, Files, Links, Policies
from shared.retry import retry_on_conflict

MOST_REFUSALS: Final = 5
"""The most events that one link that no longer works leaves, and the most wrong codes that are recorded."""
_MAILED: Final = " mailed"
"""Ends the result of the command whose event led to the link's one mail."""


@dataclass(frozen=True, slots=True)
class Responding:
    """What showing a page and recording an answer need.

    ``count`` adds one to the metric of requests that are refused for this reason.
    """

    store: CaseStore
    links: Links
    directories: Directories
    policies: Policies
    files: Files
    clock: Clock
    count: Callable[[str], None]
    console_url: str | None = None


@dataclass(frozen=True, slots=True)
class _Note:
    """An event about a link, and the mail that it leads to if it is the first to lead to one."""

    tag: EventTag
    link: str
    request: Request
    data: Mapping[str, str]
    private: Mapping[str, str] | None = None
    person: PersonId | None = None
    mail: Notice | None = None


def note_opened(token: str, request: Request, method: str, responding: Responding) -> None:
    """Record the first opening of a valid link. Mail scanners open links, so this proves no reader."""
    link = link_id(token)
    command = CommandId(derived_id("opened", link))
    # Reading costs less than a transaction, and a link may be opened a hundred times.
    if responding.store.outcome(command) is None:
        note = _Note(EventTag.LINK_OPENED, link, request, {"method": method})
        _commit(note, command, note.tag.value, responding)


def note_refused_link(token: str, reason: str, request: Request, responding: Responding) -> None:
    """Record that a link was opened that no longer works: once for each reason."""
    note = _Note(EventTag.LINK_REFUSED, link_id(token), request, {"reason": reason})
    _note_within_limit("refused", note, f"opened:{reason}", responding)


def note_refused_answer(
    token: str,
    reason: str,
    request: Request,
    case: Case,
    said: tuple[str, str] | None,
    responding: Responding,
) -> None:
    """Record an answer that was not accepted, with its words. The first one is mailed to the case's owner."""
    note = _Note(EventTag.ANSWER_REFUSED, link_id(token), request, {"reason": reason})
    if said is not None:
        note = replace(note, private={"choice": said[0], "reason": said[1]}, person=case.rep_id)
        if said[1] and case.status is CaseStatus.OPEN and case.owner != request.assignee:
            note = replace(note, mail=_late_answer(note.link, request, case))
    _note_within_limit("refused", note, private_mark(token, reason, *(said or ())), responding)


def note_wrong_code(token: str, request: Request, responding: Responding) -> None:
    """Record each of the first wrong codes, because codes can be guessed."""
    note = _Note(EventTag.ANSWER_REFUSED, link_id(token), request, {"reason": "wrong_code"})
    _note_within_limit("wrong-code", note, stamp(responding.clock.now()), responding)


def _note_within_limit(what: str, note: _Note, mark: str, responding: Responding) -> None:
    """Commit the event, unless one with the same mark is recorded or the link has left its most events.

    Each of these events is a command of its own, by number. The result of a command is the mark of its event.
    """
    commands = [CommandId(derived_id(what, note.link, str(number + 1))) for number in range(MOST_REFUSALS)]
    store, mailed = responding.store, False
    if store.outcome(commands[-1]) is None:
        for command in commands:
            taken = store.outcome(command)
            if taken is None:
                untold = replace(note, mail=None if mailed else note.mail)
                result = mark if untold.mail is None else mark + _MAILED
                taken = _commit(untold, command, result, responding)
            if taken.removesuffix(_MAILED) == mark:
                return
            mailed = mailed or taken.endswith(_MAILED)
    responding.count(note.data["reason"])


def _commit(note: _Note, command: CommandId, result: str, responding: Responding) -> str:
    event = EventDraft(
        tag=note.tag,
        subject=case_subject(note.request.case_id),
        occurred_at=responding.clock.now(),
        actor=Actor(ActorKind.LINK, note.link, Authentication.LINK),
        command=command,
        data={"link": note.link, "request": note.request.id, **note.data},
        private=note.private,
        person=note.person,
    )
    effects = () if note.mail is None else (note.mail,)
    change = Change(command=command, result=result, events=(event,), effects=effects)
    return retry_on_conflict(lambda: responding.store.commit(change))


def _late_answer(link: str, request: Request, case: Case) -> Notice:
    return Notice(
        id=NoticeId(derived_id("notice", "late-answer", link)),
        notice=NoticeKind.LATE_ANSWER,
        to=case.owner,
        case_id=case.id,
        request_id=request.id,
    )
