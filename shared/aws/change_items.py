"""Converts a change into the operations of one DynamoDB transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.aws import keys, stored_items
from shared.aws.dynamo import Item, add, keyed, new, put, remove
from shared.aws.links import using_up
from shared.domain.case import Case, CaseStatus
from shared.domain.change import Change
from shared.domain.event import EventDraft, Sealed, chain, event_bytes, event_digest, moment, stamp
from shared.domain.identifiers import Subject
from shared.domain.kept_state import MEMBER
from shared.domain.record import Batch
from shared.domain.request import Request

Operation = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: its number of events, and the digest and recording time of the last one."""

    sequence: int
    digest: str
    recorded_at: str | None


def operations(
    change: Change,
    heads: Mapping[Subject, Head],
    sealed: Sequence[Sealed | None],
    now: datetime,
    new_periods: Collection[str] = (),
    state: Mapping[str, Any] | None = None,
) -> list[Operation]:
    """Every write of the change with its condition, except the revisions: see `revision_items`.

    ``state`` is the part of the change that its last event keeps, for `plumbline rebuild`.
    """
    at = stamp(now)
    written = [new(*stored_items.command(change.command, change.result, at))]
    written += _events(keeping(change.events, state), heads, sealed, now)
    if change.case is not None:
        written += _case(change.case)
    written += [_request(request) for request in change.requests]
    written += [new(*stored_items.effect(effect, at)) for effect in change.effects]
    if change.instruction is not None:
        written.append(new(*stored_items.instruction(change.instruction)))
    written += [remove(keys.instruction(done.case_id, done.id)) for done in change.carried_out]
    if change.batch is not None:
        written.append(_batch(change.batch))
        if change.batch.refused is None:
            written.append(put(*stored_items.unsettled(change.batch)))
    if change.arrived is not None:
        written.append(put(*stored_items.arrival(change.arrived, at)))
    if new_periods:
        written.append(add(keys.periods(), "periods", new_periods))
    if change.directory is not None:
        written.append(_directory(change.directory))
    if change.planned is not None:
        written.append(new(*stored_items.planned(change.planned)))
    if change.evaluation is not None:
        written.append(new(*stored_items.evaluation(change.evaluation)))
    if change.link is not None:
        # The link exists since it was issued. Rewrite it so that the table and the ledger agree.
        written.append(put(*stored_items.link(change.link)))
    if change.code is not None:
        written.append(using_up(change.code))
    return written


def keeping(drafts: Sequence[EventDraft], state: Mapping[str, Any] | None) -> list[EventDraft]:
    """The drafts, with the state added to the last one."""
    if state is None:
        return list(drafts)
    *others, last = drafts
    if MEMBER in last.data:
        raise ValueError(f"{last.tag} uses the name under which an event keeps its change's state")
    return [*others, replace(last, data={**last.data, MEMBER: dict(state)})]


def revision_items(change: Change) -> list[Item]:
    """The change's revisions, one item for each period. There may be more than a transaction can hold.

    They are written before the transaction and take effect only with the acceptance of their batch. So it is
    harmless if they are written twice, or if a failed attempt leaves them behind.
    """
    return [
        keyed(*stored_items.revision(revision.period, revision.batch, revision.shards))
        for revision in change.revisions
    ]


def _directory(batch: Batch) -> Operation:
    key, attributes = stored_items.directory(batch)
    return put(
        key, attributes, "attribute_not_exists(pk) OR place <= :place", {":place": attributes["place"]}
    )


def _events(
    drafts: Sequence[EventDraft],
    heads: Mapping[Subject, Head],
    sealed: Sequence[Sealed | None],
    now: datetime,
) -> list[Operation]:
    written: list[Operation] = []
    ends = dict(heads)
    for draft, private in zip(drafts, sealed, strict=True):
        end = ends[draft.subject]
        # Clocks of two machines may differ slightly. The times in a chain must not decrease.
        recorded_at = now if end.recorded_at is None else max(now, moment(end.recorded_at))
        event = chain(draft, end.sequence + 1, end.digest, recorded_at, private)
        body = event_bytes(event)
        written.append(
            new(
                keys.chain_event(event.subject, event.sequence),
                {
                    "body": body,
                    "unsequenced_pk": keys.UNSEQUENCED,
                    "unsequenced_sk": f"{event.recorded_at}#{event.subject}#{event.sequence:012d}",
                },
            )
        )
        ends[draft.subject] = Head(event.sequence, event_digest(body), event.recorded_at)
    for subject, end in ends.items():
        attributes = {"last_sequence": end.sequence, "digest": end.digest, "recorded_at": end.recorded_at}
        key, before = keys.chain_head(subject), heads[subject].sequence
        if before == 0:
            written.append(new(key, attributes))
        else:
            written.append(put(key, attributes, "last_sequence = :before", {":before": before}))
    return written


def _case(case: Case) -> list[Operation]:
    key, attributes = stored_items.case(case)
    guard = stored_items.open_case(case)
    if case.version == 1:
        return [new(key, attributes), new(*guard), new(*stored_items.case_of_rep(case))]
    follows = put(key, attributes, "version = :before", {":before": case.version - 1})
    return [follows, remove(guard[0])] if case.status is CaseStatus.CLOSED else [follows]


def _request(request: Request) -> Operation:
    key, attributes = stored_items.request(request)
    if request.version == 1:
        return new(key, attributes)
    return put(key, attributes, "version = :before", {":before": request.version - 1})


def _batch(batch: Batch) -> Operation:
    # A refused batch may be read again with a corrected profile. An accepted batch is final.
    condition = "attribute_not_exists(pk) OR accepted_batch = :no"
    return put(*stored_items.batch(batch), condition, {":no": False})
