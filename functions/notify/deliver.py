"""Carry out one effect of the outbox: send its mail, start or wake its workflow."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Literal

from functions.notify.compose import ASKING, Composed, Composing, Unsendable, compose
from functions.notify.pace import in_product_time
from shared.domain.canonical import digest
from shared.domain.change import Change
from shared.domain.effect import Notice, StartWorkflow, WakeWorkflow
from shared.domain.errors import Conflict, InvalidInput
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag
from shared.domain.identifiers import (
    BatchId,
    CommandId,
    Subject,
    batch_subject,
    case_subject,
    derived_id,
)
from shared.domain.person import HR_QUEUE
from shared.domain.request import Request, RequestStatus
from shared.ports import Mailer, Outbox, OutboxRow, TaskTokens, Workflow

RELAY: Final = Actor(ActorKind.SYSTEM, "relay")
TRIES: Final = 3
"""How often a change is decided anew where somebody else changed the case first."""
LEFT_TO_THE_STREAM: Final = timedelta(seconds=60)
"""In the world's time: how long the sweep leaves a new row to the stream, so that no two send one mail."""

Delivered = Literal["gone", "sent", "failed", "started", "woken", "not_waiting"]


@dataclass(frozen=True, slots=True)
class Delivering:
    """What delivering needs: the outbox, the ways out of the house, and how a mail is composed."""

    composing: Composing
    outbox: Outbox
    mailer: Mailer
    workflow: Workflow
    tokens: TaskTokens


def deliver(effect_id: str, delivering: Delivering) -> Delivered:
    """Carry out the effect, if it is still to be done; what goes wrong for now is raised, to be tried again.

    A mail has no idempotency key at its carrier. ``notice:sent`` is committed before the effect is done, so a
    retry after a crash between the two finds it and sends nothing; only a crash between the carrier's answer
    and that commit can lead to a second mail, which carries the same notice id.
    """
    row = delivering.outbox.row(effect_id)
    if row is None:
        return "gone"
    try:
        outcome = _carry_out(row, delivering)
    except Exception as error:
        delivering.outbox.failed(effect_id, type(error).__name__)
        raise
    delivering.outbox.done(effect_id)
    return outcome


def deliver_pending(delivering: Delivering, on_failure: Callable[[str, Exception], None]) -> dict[str, int]:
    """Deliver what the stream left undone; one failure stops no other, and stays in the outbox.

    Returns counts by outcome; what failed is also told to ``on_failure``.
    """
    clock = delivering.composing.clock
    oldest_new = clock.now() - in_product_time(clock, LEFT_TO_THE_STREAM)
    counts: dict[str, int] = {}
    for row in delivering.outbox.pending():
        if row.queued_at > oldest_new:
            continue
        try:
            outcome: str = deliver(row.effect.id, delivering)
        except Exception as error:
            on_failure(row.effect.id, error)
            outcome = "to_be_tried_again"
        counts[outcome] = counts.get(outcome, 0) + 1
    return counts


def _carry_out(row: OutboxRow, delivering: Delivering) -> Delivered:
    effect = row.effect
    if isinstance(effect, Notice):
        return _mail(effect, row, delivering)
    if isinstance(effect, StartWorkflow):
        delivering.workflow.start(effect.case_id, effect.generation)
        return "started"
    token = delivering.tokens.take(effect.case_id)
    # Without a token nothing waits: whoever runs next reads the case, and the case is the truth.
    return "woken" if token is not None and delivering.workflow.wake(token) else "not_waiting"


def _mail(notice: Notice, row: OutboxRow, delivering: Delivering) -> Delivered:
    store = delivering.composing.store
    sent, failed = _command("sent", notice), _command("unsent", notice)
    if store.outcome(sent) is not None:
        return "sent"
    if store.outcome(failed) is not None:
        return "failed"
    composed = compose(notice, row.queued_at, delivering.composing)
    if isinstance(composed, Composed):
        try:
            carrier_id = delivering.mailer.send(composed.mail)
        except InvalidInput:
            composed = Unsendable("bad_address", unreachable=True)
        else:
            data = {"message": carrier_id, "link": composed.link}
            relied_on = {"text": digest(composed.mail.text.encode())}
            _commit(
                lambda: _record(EventTag.NOTICE_SENT, sent, notice, data, relied_on, delivering), delivering
            )
            return "sent"
    why = composed
    _commit(lambda: _record_failure(why, failed, notice, delivering), delivering)
    return "failed"


def _record_failure(why: Unsendable, command: CommandId, notice: Notice, delivering: Delivering) -> Change:
    """That the mail could not be sent; a question to somebody out of reach ends, and the case goes on."""
    change = _record(EventTag.NOTICE_FAILED, command, notice, {"reason": why.reason}, {}, delivering)
    request = _asked(notice, delivering) if why.unreachable else None
    # The queue at the end of every chain has nobody behind it: its question stands until its deadline.
    if request is None or request.assignee == HR_QUEUE or notice.case_id is None:
        return change
    wake = WakeWorkflow(id=derived_id("wake", request.id, "unreachable"), case_id=notice.case_id)
    return replace(change, requests=(request.ended(RequestStatus.BOUNCED),), effects=(wake,))


def _asked(notice: Notice, delivering: Delivering) -> Request | None:
    """The open request that the notice asks, if it asks one."""
    if notice.notice not in ASKING or notice.request_id is None:
        return None
    request = delivering.composing.store.request(notice.request_id)
    return request if request.status is RequestStatus.OPEN else None


def _record(
    tag: EventTag,
    command: CommandId,
    notice: Notice,
    data: dict[str, Any],
    relied_on: dict[str, str],
    delivering: Delivering,
) -> Change:
    event = EventDraft(
        tag=tag,
        subject=_subject(notice),
        occurred_at=delivering.composing.clock.now(),
        actor=RELAY,
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
    return Change(command=command, result=tag.value, events=(event,))


def _commit(decide: Callable[[], Change], delivering: Delivering) -> None:
    for tries_left in reversed(range(TRIES)):
        try:
            delivering.composing.store.commit(decide())
            return
        except Conflict:
            if not tries_left:
                raise


def _command(what: str, notice: Notice) -> CommandId:
    return CommandId(derived_id(what, notice.id))


def _subject(notice: Notice) -> Subject:
    if notice.case_id is not None:
        return case_subject(notice.case_id)
    if "batch" in notice.parameters:
        return batch_subject(BatchId(notice.parameters["batch"]))
    return Subject("system")
