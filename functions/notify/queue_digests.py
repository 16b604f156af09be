"""Queues the daily mail for everyone in HR who looks after open cases."""

from functools import partial

from functions.notify.digest_facts import looks_after
from functions.notify.mail_facts import Composing
from shared.domain.case import CaseStatus
from shared.domain.change import Change
from shared.domain.effect import Notice, NoticeKind
from shared.domain.errors import NotFound
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag
from shared.domain.identifiers import CommandId, NoticeId, PersonId, Subject, derived_id
from shared.domain.person import Directory
from shared.retry import retry_on_conflict


def queue_digests(composing: Composing) -> int:
    """Queue today's mails, each once however often this runs. Returns for how many people."""
    try:
        directory: Directory = composing.directories.current()
    except NotFound:
        return 0  # without a directory there are no cases
    open_cases = composing.store.cases(CaseStatus.OPEN)
    today = composing.clock.now().date()
    people = sorted({looks_after(case, directory, today) for case in open_cases})
    for person in people:
        retry_on_conflict(partial(composing.store.commit, _digest_to(person, composing)))
    return len(people)


def _digest_to(person: PersonId, composing: Composing) -> Change:
    now = composing.clock.now()
    command = CommandId(derived_id("digest", person, now.date().isoformat()))
    notice = Notice(
        id=NoticeId(derived_id("notice", command)),
        notice=NoticeKind.DAILY_DIGEST,
        to=person,
        parameters={"day": now.date().isoformat()},
    )
    queued = EventDraft(
        tag=EventTag.NOTICE_QUEUED,
        subject=Subject("system"),
        occurred_at=now,
        actor=Actor(ActorKind.SYSTEM, "relay"),
        command=command,
        data={"notice": notice.id, "kind": notice.notice.value, "to": person, "request": None},
    )
    return Change(command=command, result=notice.id, events=(queued,), effects=(notice,))
