"""Carries out one effect of the outbox: sends its mail, or starts or wakes its workflow."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final, Literal

from jinja2 import TemplateError

from functions.notify.compose import Composed, Unsendable, compose
from functions.notify.mail_facts import Composing
from functions.notify.notice_events import forward_to_queue, noted, out_of_reach
from functions.notify.product_time import in_product_time
from shared.domain.canonical import digest
from shared.domain.effect import Notice, StartWorkflow, sent_command
from shared.domain.errors import InvalidInput
from shared.domain.event import Actor, ActorKind, EventTag
from shared.domain.identifiers import CommandId, derived_id
from shared.ports import Mailer, Outbox, OutboxRow, TaskTokens, Workflow
from shared.retry import retry_on_conflict

RELAY: Final = Actor(ActorKind.SYSTEM, "relay")
LEFT_TO_THE_STREAM: Final = timedelta(seconds=60)
"""In real time. The sweep leaves rows younger than this to the stream, so that they do not collide."""

MOST_ROWS: Final = 1000
"""The most rows that one sweep reads."""
CLAIMED_FOR: Final = timedelta(seconds=150)
"""In real time. Longer than a relay can run, so that no row is taken from a relay still working on it."""

Delivered = Literal["gone", "busy", "sent", "failed", "started", "woken", "not_waiting"]


@dataclass(frozen=True, slots=True)
class Delivering:
    """What delivering needs: the outbox, the mailer, the workflow, and what composes a mail.

    ``report`` is told the effect's id and the error, where an error stops neither this effect nor the others.
    """

    composing: Composing
    outbox: Outbox
    mailer: Mailer
    workflow: Workflow
    tokens: TaskTokens
    report: Callable[[str, Exception], None]


def deliver(effect_id: str, delivering: Delivering) -> Delivered:
    """Carry out the effect unless it is done already. A transient failure is raised, and the caller retries.

    SES has no idempotency key. ``notice:sent`` is committed before the row leaves the outbox, so a retry
    after a crash between the two sends nothing. Only a crash between the answer of SES and that commit can
    lead to a second mail, which has the same notice id.
    """
    row = delivering.outbox.row(effect_id)
    if row is None:
        return "gone"
    clock = delivering.composing.clock
    now = clock.now()
    # The sweep may reach a row at the same moment as the stream, and both would send its mail.
    if not delivering.outbox.claim(effect_id, now, now + in_product_time(clock, CLAIMED_FOR)):
        return "busy"
    try:
        outcome = _carry_out(row, delivering)
    except Exception as error:
        delivering.outbox.failed(effect_id, type(error).__name__)
        raise
    delivering.outbox.done(effect_id)
    return outcome


def deliver_pending(delivering: Delivering, time_is_left: Callable[[], bool]) -> dict[str, int]:
    """Deliver what the stream missed. A failure stays in the outbox and does not stop the others.

    Returns counts by outcome, and reports each failure. After an outage one sweep may not finish: it stops
    when no time is left, and the next one continues.
    """
    clock = delivering.composing.clock
    oldest_new = clock.now() - in_product_time(clock, LEFT_TO_THE_STREAM)
    counts: dict[str, int] = {}
    for row in delivering.outbox.pending(MOST_ROWS):
        if row.queued_at > oldest_new or not time_is_left():
            break
        try:
            outcome: str = deliver(row.effect.id, delivering)
        except Exception as error:
            delivering.report(row.effect.id, error)
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
    # Without a token no execution waits. The next one that runs reads the case, which is the truth.
    return "woken" if token is not None and delivering.workflow.wake(token) else "not_waiting"


def _composed(notice: Notice, row: OutboxRow, delivering: Delivering) -> Composed | Unsendable:
    """The mail, or why there is none.

    An error in a template or in the facts happens again at every attempt. So the question goes to the next
    person at once, instead of waiting for an answer to a mail that nobody got. A failure of a service is no
    such error: it is raised, and the mail is tried again.
    """
    try:
        return compose(notice, row.queued_at, delivering.composing)
    except (TemplateError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        delivering.report(notice.id, error)
        return Unsendable("not_composed", unreachable=True)


def _mail(notice: Notice, row: OutboxRow, delivering: Delivering) -> Delivered:
    store, clock = delivering.composing.store, delivering.composing.clock
    sent, unsent = sent_command(notice.id), CommandId(derived_id("unsent", notice.id))
    if store.outcome(sent) is not None:
        return "sent"
    if store.outcome(unsent) is not None:
        return "failed"
    composed = _composed(notice, row, delivering)
    issued = composed.issued if isinstance(composed, Composed) else None
    if isinstance(composed, Composed):
        try:
            carrier_id = delivering.mailer.send(composed.mail)
        except InvalidInput:
            composed = Unsendable("bad_address", unreachable=True)
        else:
            data: dict[str, Any] = {"message": carrier_id, "link": composed.link}
            relied_on = {"text": digest(composed.mail.text.encode())}
            change = noted(EventTag.NOTICE_SENT, sent, notice, RELAY, clock.now(), data, relied_on)
            retry_on_conflict(lambda: store.commit(replace(change, link=issued)))
            return "sent"
    data = {"reason": composed.reason}
    failure = noted(EventTag.NOTICE_FAILED, unsent, notice, RELAY, clock.now(), data, {})
    failure = replace(failure, link=issued)
    unreachable = composed.unreachable
    if unreachable:
        # Before the failure is recorded, so that a retry after a crash between the two does this again.
        forward_to_queue(notice, RELAY, clock.now(), store)
    retry_on_conflict(lambda: store.commit(out_of_reach(failure, notice, store) if unreachable else failure))
    return "failed"
