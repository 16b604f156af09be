"""Records what happened to a notice, and ends the question in a mail that cannot arrive."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from shared.domain.change import Change
from shared.domain.effect import Notice, NoticeKind, WakeWorkflow
from shared.domain.event import Actor, EventDraft, EventTag
from shared.domain.identifiers import (
    BatchId,
    CommandId,
    NoticeId,
    Subject,
    batch_subject,
    case_subject,
    derived_id,
)
from shared.domain.person import HR_QUEUE
from shared.domain.request import RequestStatus
from shared.ports import CaseStore
from shared.retry import retry_on_conflict

ASKING: Final = frozenset(
    {
        NoticeKind.QUESTION,
        NoticeKind.REMINDER,
        NoticeKind.ESCALATION,
        NoticeKind.HR_ESCALATION,
        NoticeKind.GATE,
        NoticeKind.DISPUTE,
        NoticeKind.EXCEPTION,
        NoticeKind.WITHDRAWAL,
        NoticeKind.LEAVE_REVIEW,
        NoticeKind.REMOVAL_APPROVAL,
        NoticeKind.CHECK_IN_DUE,
        NoticeKind.ONE_TIME_CODE,
    }
)
"""Notices that are sent only while their request is open."""
CARRYING_A_LINK: Final = (ASKING - {NoticeKind.ONE_TIME_CODE}) | {NoticeKind.REP_TOLD}

FOR_HR: Final = frozenset({NoticeKind.CASE_OPENED, NoticeKind.UNREACHABLE, NoticeKind.REBUTTAL})
"""Notices that inform HR. One that cannot be delivered is sent to HR's shared queue instead."""


def noted(
    tag: EventTag,
    command: CommandId,
    notice: Notice,
    actor: Actor,
    now: datetime,
    data: Mapping[str, Any],
    relied_on: Mapping[str, str],
) -> Change:
    event = EventDraft(
        tag=tag,
        subject=_subject(notice),
        occurred_at=now,
        actor=actor,
        command=command,
        relied_on=relied_on,
        data={
            "notice": notice.id,
            "kind": notice.notice.value,
            "to": notice.to,
            "request": notice.request_id,
            **data,
        },
    )
    return Change(command=command, result=notice.model_dump_json(), events=(event,))


def out_of_reach(change: Change, notice: Notice, store: CaseStore) -> Change:
    """The change, which also ends the question in the undelivered mail and wakes the case."""
    if notice.notice not in ASKING | CARRYING_A_LINK or notice.request_id is None or notice.case_id is None:
        return change
    request = store.request(notice.request_id)
    # Nobody comes after HR's shared queue, so its question stays open until its deadline.
    if request.status is not RequestStatus.OPEN or request.assignee == HR_QUEUE:
        return change
    wake = WakeWorkflow(id=derived_id("wake", request.id, "unreachable"), case_id=notice.case_id)
    return replace(change, requests=(request.ended(RequestStatus.BOUNCED),), effects=(wake,))


def forward_to_queue(notice: Notice, actor: Actor, now: datetime, store: CaseStore) -> None:
    """Send HR's shared queue what an HR partner never received: once, however often that is reported."""
    if notice.notice not in FOR_HR or notice.to == HR_QUEUE:
        return
    command = CommandId(derived_id("forward", notice.id))
    forwarded = notice.model_copy(update={"id": NoticeId(derived_id("notice", command)), "to": HR_QUEUE})
    change = noted(EventTag.NOTICE_QUEUED, command, forwarded, actor, now, {}, {})
    retry_on_conflict(lambda: store.commit(replace(change, effects=(forwarded,))))


def _subject(notice: Notice) -> Subject:
    if notice.case_id is not None:
        return case_subject(notice.case_id)
    if "batch" in notice.parameters:
        return batch_subject(BatchId(notice.parameters["batch"]))
    return Subject("system")
