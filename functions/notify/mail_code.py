"""Queues the mail with a one-time code for the asked person: at most one a minute and five an hour."""

from datetime import datetime, timedelta
from typing import Final

from functions.notify.link_events import Responding
from functions.notify.product_time import in_product_time
from shared.domain.case import Case
from shared.domain.change import Change
from shared.domain.effect import Notice, NoticeKind
from shared.domain.event import Actor, ActorKind, Authentication, EventDraft, EventTag, moment, stamp
from shared.domain.identifiers import CommandId, NoticeId, case_subject, derived_id
from shared.domain.request import Request

CODES_AN_HOUR: Final = 5
_BETWEEN_CODES: Final = timedelta(minutes=1)
"""In real time, because it limits how fast a person or a robot can click."""
_HOUR: Final = timedelta(hours=1)

MAILED = "A code was mailed to you. Type it below within a few minutes."
JUST_MAILED = "A code was mailed to you a moment ago. Please give it a minute to arrive."
TOO_MANY = "Five codes were mailed within the hour. No more can be sent now; please try later, or ask HR."


def mail_code(request: Request, case: Case, responding: Responding) -> str:
    """Queue the mail and return what the page says. The code is made when the mail is sent and stored hashed.

    Each of a clock hour's five codes is a command of its own, so two clicks at once queue one mail.
    """
    if not request.adverse:
        return "No code is needed for this answer."
    now = responding.clock.now()
    # A code mailed at 10:59 still counts at 11:01.
    earlier, this_hour = _queued(request, now - _HOUR, responding), _queued(request, now, responding)
    recent = [queued for queued in (*earlier, *this_hour) if now - queued < _HOUR]
    between = in_product_time(responding.clock, _BETWEEN_CODES)
    if any(now - queued < between for queued in (*earlier, *this_hour)):
        return JUST_MAILED
    if max(len(recent), len(this_hour)) >= CODES_AN_HOUR:
        return TOO_MANY
    command = _command(request, now, len(this_hour) + 1)
    responding.store.commit(_queueing(command, request, case, responding))
    return MAILED


def _queued(request: Request, within: datetime, responding: Responding) -> list[datetime]:
    """The times at which the codes of that clock hour were queued, in order."""
    found: list[datetime] = []
    for number in range(1, CODES_AN_HOUR + 1):
        queued = responding.store.outcome(_command(request, within, number))
        if queued is None:
            break
        found.append(moment(queued))
    return found


def _command(request: Request, within: datetime, number: int) -> CommandId:
    return CommandId(derived_id("code", request.id, within.strftime("%Y-%m-%dT%H"), str(number)))


def _queueing(command: CommandId, request: Request, case: Case, responding: Responding) -> Change:
    now = responding.clock.now()
    notice = Notice(
        id=NoticeId(derived_id("notice", command)),
        notice=NoticeKind.ONE_TIME_CODE,
        to=request.assignee,
        case_id=case.id,
        request_id=request.id,
    )
    event = EventDraft(
        tag=EventTag.NOTICE_QUEUED,
        subject=case_subject(case.id),
        occurred_at=now,
        actor=Actor(ActorKind.PERSON, request.assignee, Authentication.LINK),
        command=command,
        data={
            "notice": notice.id,
            "kind": notice.notice.value,
            "to": request.assignee,
            "request": request.id,
        },
    )
    return Change(command=command, result=stamp(now), events=(event,), effects=(notice,))
