"""A change as the operations of one DynamoDB transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from shared.aws import keys
from shared.aws.dynamo import Item, add, keyed, new, put, remove
from shared.domain.case import Case, CaseStatus
from shared.domain.change import Change
from shared.domain.event import Sealed, chain, event_bytes, event_digest, moment, stamp
from shared.domain.identifiers import Subject
from shared.domain.record import Batch
from shared.domain.request import Request

Operation = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a chain: how many events it has, the digest of the last, and when that one was recorded."""

    sequence: int
    digest: str
    recorded_at: str | None


def operations(
    change: Change,
    heads: Mapping[Subject, Head],
    sealed: Sequence[Sealed | None],
    now: datetime,
    new_periods: Collection[str] = (),
) -> list[Operation]:
    """Everything that the change writes, each with the condition under which it may.

    Its revisions are not among them: see `revision_items`.
    """
    at = stamp(now)
    written = [new(keys.command(change.command), {"result": change.result, "at": at})]
    written += _events(change, heads, sealed, now)
    if change.case is not None:
        written += _case(change.case)
    written += [_request(request) for request in change.requests]
    for effect in change.effects:
        pending = {"pending_pk": keys.PENDING, "pending_sk": f"{at}#{effect.id}"}
        body = {"body": effect.model_dump_json(), "queued_at": at, "attempts": 0}
        written.append(new(keys.outbox(effect.id), body | pending))
    if change.instruction is not None:
        key = keys.instruction(change.instruction.case_id, change.instruction.id)
        written.append(new(key, {"body": change.instruction.model_dump_json()}))
    written += [remove(keys.instruction(done.case_id, done.id)) for done in change.carried_out]
    if change.batch is not None:
        written.append(_batch(change.batch))
        if change.batch.refused is None:
            waits = {
                "pending_pk": keys.UNSETTLED,
                "pending_sk": f"{stamp(change.batch.dropped_at)}#{change.batch.id}",
            }
            written.append(put(keys.unsettled(change.batch.id), {"batch": change.batch.id} | waits))
    if change.arrived is not None:
        written.append(put(keys.arrival(*change.arrived), {"key": change.arrived.key, "at": at}))
    if new_periods:
        written.append(add(keys.periods(), "periods", new_periods))
    if change.directory is not None:
        written.append(_directory(change.directory))
    if change.planned is not None:
        written.append(new(keys.planned(change.planned.id), {"body": change.planned.model_dump_json()}))
    if change.evaluation is not None:
        plan = change.evaluation.plan
        listed = {
            "listing_pk": keys.listed_evaluations(plan.policy.partition("@")[0]),
            "listing_sk": f"{plan.period}#{stamp(change.evaluation.completed_at)}",
        }
        written.append(new(keys.evaluation(plan.id), {"body": change.evaluation.model_dump_json()} | listed))
    return written


def revision_items(change: Change) -> list[Item]:
    """The change's revisions, one item a period, which may be many more than fit into one transaction.

    They are written before it, and count only once their batch is accepted, which gives them their place; so
    they may be written twice, or left behind by a try that failed, and nobody sees it.
    """
    return [
        keyed(
            keys.revision(revision.period, revision.batch),
            {"batch": revision.batch, "shards": revision.shards},
        )
        for revision in change.revisions
    ]


def _directory(batch: Batch) -> Operation:
    dropped_at, known_at, batch_id = batch.place
    place = f"{stamp(dropped_at)}#{stamp(known_at)}#{batch_id}"
    return put(
        keys.directory(),
        {"batch": batch_id, "place": place},
        "attribute_not_exists(pk) OR place <= :place",
        {":place": place},
    )


def _events(
    change: Change, heads: Mapping[Subject, Head], sealed: Sequence[Sealed | None], now: datetime
) -> list[Operation]:
    written: list[Operation] = []
    ends = dict(heads)
    for draft, private in zip(change.events, sealed, strict=True):
        end = ends[draft.subject]
        # Two machines' clocks may differ by a little; a chain's times never run backwards.
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
    attributes = {
        "body": case.model_dump_json(),
        "version": case.version,
        "listing_pk": keys.listed_cases(case.status),
        "listing_sk": f"{stamp(case.due_at)}#{case.id}",
    }
    guard = keys.open_case(case.policy.partition("@")[0], case.rep_id)
    if case.version == 1:
        of_rep = keys.case_of_rep(case.rep_id, stamp(case.opened_at), case.id)
        return [
            new(keys.case(case.id), attributes),
            new(guard, {"case_id": case.id}),
            new(of_rep, {"case_id": case.id}),
        ]
    follows = put(keys.case(case.id), attributes, "version = :before", {":before": case.version - 1})
    return [follows, remove(guard)] if case.status is CaseStatus.CLOSED else [follows]


def _request(request: Request) -> Operation:
    attributes = {"body": request.model_dump_json(), "version": request.version}
    key = keys.request(request.id)
    if request.version == 1:
        return new(key, attributes)
    return put(key, attributes, "version = :before", {":before": request.version - 1})


def _batch(batch: Batch) -> Operation:
    attributes = {
        "body": batch.model_dump_json(),
        "accepted_batch": batch.refused is None,
        "listing_pk": keys.LISTED_BATCHES,
        "listing_sk": f"{stamp(batch.known_at)}#{batch.id}",
    }
    # What was refused may be read again, by a mended profile; what was accepted stands.
    return put(
        keys.batch(batch.id),
        attributes,
        "attribute_not_exists(pk) OR accepted_batch = :no",
        {":no": False},
    )
