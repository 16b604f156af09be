"""Record the result of reading an export: accepted, refused, or a repetition of an accepted one."""

from collections.abc import Iterator, Mapping

import orjson

from functions.ingest.directory_faults import DirectoryFaults, directory_faults
from functions.ingest.file_rows import Filed, FiledRows
from functions.ingest.reading.codes import FileCode
from functions.ingest.reading.outcome import Summary
from functions.ingest.reading.profile import Profile
from functions.ingest.reception import Received, Receiving
from shared.arrival_ports import Dropped
from shared.domain import paths
from shared.domain.canonical import canonical_bytes, digest
from shared.domain.change import Change
from shared.domain.effect import Effect, Notice, NoticeKind
from shared.domain.errors import NotFound
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag, stamp
from shared.domain.identifiers import BatchId, CommandId, NoticeId, batch_subject, derived_id
from shared.domain.person import HR_QUEUE
from shared.domain.record import Arrived, Batch, Revision
from shared.ports import CaseStore, Clock, Files
from shared.retry import retry_on_conflict

RECEIVER = Actor(ActorKind.SYSTEM, "receive_export")
_READ_TO_THE_END = (FileCode.MANIFEST_MISMATCH, FileCode.TOO_MANY_REJECTED)
"""Reasons for refusal that are known only after every row was read. The rejected rows are kept."""


def conclude(
    dropped: Dropped, profile: Profile | None, summary: Summary, rows: FiledRows | None, receiving: Receiving
) -> Received:
    """File the rows of an acceptable export, then record the result in one transaction.

    A crash before the transaction leaves files that no record names. A retry writes the same files.
    """
    known = accepted_before(summary.batch, receiving.store)
    if known is not None:
        return repeat(dropped, known, receiving)
    if profile is None or rows is None or summary.refused is not None:
        return _refuse(dropped, profile, summary, rows, receiving)
    batch = _batch(dropped, profile, summary, tuple(rows.periods), receiving.clock)
    filed = rows.file(batch.id, batch.known_at, receiving.files)

    def attempt() -> Received:
        known = accepted_before(batch.id, receiving.store)
        if known is not None:
            # Another reception of the same content committed first. It filed the same rows.
            return repeat(dropped, known, receiving)
        receiving.store.commit(_acceptance(dropped, batch, filed, receiving))
        return Received("accepted", batch)

    return retry_on_conflict(attempt)


def _acceptance(dropped: Dropped, batch: Batch, filed: Filed, receiving: Receiving) -> Change:
    command = _command("receive", dropped, batch)
    notice = _notice(NoticeKind.EXPORT_REJECTS, batch, command)
    effects: tuple[Effect, ...] = () if batch.rejected == 0 else (notice,)
    accepted = _event(EventTag.EXPORT_ACCEPTED, batch, command)
    if batch.kind == "people":
        faults = directory_faults(_people(batch, receiving.files))
        in_force = _is_latest_directory(batch, receiving.store)
        details = {
            "files": filed.digests,
            "roots": filed.roots,
            "faults": faults.counts(),
            "in_force": in_force,
        }
        if faults and in_force:
            effects += (_faults_notice(faults, batch, command),)
        return Change(
            command=command,
            result="accepted",
            batch=batch,
            arrived=_arrived(dropped),
            directory=batch if in_force else None,
            events=(accepted, _event(EventTag.DIRECTORY_RECORDED, batch, command, details)),
            effects=effects,
        )
    # One digest and one root per period keep the event small, whatever the number of shards.
    files = {period: digest(canonical_bytes(shards)) for period, shards in filed.digests.items()}
    return Change(
        command=command,
        result="accepted",
        batch=batch,
        arrived=_arrived(dropped),
        revisions=tuple(
            Revision(
                period=period,
                batch=batch.id,
                dropped_at=batch.dropped_at,
                known_at=batch.known_at,
                shards=shards,
            )
            for period, shards in filed.digests.items()
        ),
        events=(
            accepted,
            _event(EventTag.FACTS_RECORDED, batch, command, {"files": files, "roots": filed.roots}),
        ),
        effects=effects,
    )


def _is_latest_directory(batch: Batch, store: CaseStore) -> bool:
    """False if a people file dropped later is already in force. The batch is then kept as a version."""
    current = store.directory_batch()
    return current is None or store.batch(current).place <= batch.place


def _people(batch: Batch, files: Files) -> Iterator[Mapping[str, str | None]]:
    for chunk in files.read_lines(paths.people(batch.id)):
        yield from map(orjson.loads, chunk.splitlines())


def _faults_notice(faults: DirectoryFaults, batch: Batch, command: CommandId) -> Effect:
    """Tells HR which managers form a circle and who has no HR partner. The directory is in force anyway."""
    return Notice(
        id=NoticeId(derived_id("notice", command, NoticeKind.DIRECTORY_FAULTS)),
        notice=NoticeKind.DIRECTORY_FAULTS,
        to=HR_QUEUE,
        parameters={"batch": batch.id, **faults.in_words()},
    )


def _refuse(
    dropped: Dropped, profile: Profile | None, summary: Summary, rows: FiledRows | None, receiving: Receiving
) -> Received:
    batch = _batch(dropped, profile, summary, (), receiving.clock)
    if rows is not None and summary.refused in _READ_TO_THE_END:
        rows.file_rejected(batch.id, batch.known_at, receiving.files)
    command = _command("receive", dropped, batch)
    receiving.store.commit(
        Change(
            command=command,
            result="refused",
            batch=batch,
            arrived=_arrived(dropped),
            events=(_event(EventTag.EXPORT_REFUSED, batch, command),),
            effects=(_notice(NoticeKind.EXPORT_REFUSED, batch, command),),
        )
    )
    return Received("refused", batch)


def repeat(dropped: Dropped, known: Batch, receiving: Receiving) -> Received:
    """Record that an accepted batch was dropped again. The drop that was accepted is no repetition."""
    if (known.key, known.object_version) == (dropped.key, dropped.object_version):
        return Received("accepted", known)
    command = _command("repeat", dropped, known)
    event = _event(EventTag.EXPORT_REPEATED, known, command, {"again_as": dropped.key})
    change = Change(command=command, result="repeated", events=(event,), arrived=_arrived(dropped))
    receiving.store.commit(change)
    return Received("repeated", known)


def _arrived(dropped: Dropped) -> Arrived:
    return Arrived(dropped.key, dropped.object_version)


def accepted_before(batch_id: BatchId, store: CaseStore) -> Batch | None:
    try:
        batch = store.batch(batch_id)
    except NotFound:
        return None
    return batch if batch.refused is None else None


def _batch(
    dropped: Dropped, profile: Profile | None, summary: Summary, periods: tuple[str, ...], clock: Clock
) -> Batch:
    return Batch(
        id=summary.batch,
        profile=summary.profile,
        kind=None if profile is None else profile.kind,
        key=dropped.key,
        object_version=dropped.object_version,
        sha256=summary.sha256,
        bytes=summary.bytes,
        rows=summary.rows,
        accepted=summary.accepted,
        rejected=summary.rejected,
        codes=dict(summary.codes),
        refused=summary.refused,
        periods=periods,
        dropped_at=dropped.dropped_at,
        known_at=clock.now(),
    )


def _command(verb: str, dropped: Dropped, batch: Batch) -> CommandId:
    """One command for each object version and outcome. A corrected profile may give another outcome."""
    return CommandId(
        derived_id(verb, batch.sha256, dropped.key, dropped.object_version or "", batch.refused or "")
    )


def _event(
    tag: EventTag, batch: Batch, command: CommandId, data: dict[str, object] | None = None
) -> EventDraft:
    facts = batch.model_dump(mode="json", exclude={"known_at", "dropped_at"})
    facts["dropped_at"] = stamp(batch.dropped_at)
    return EventDraft(
        tag=tag,
        subject=batch_subject(batch.id),
        occurred_at=batch.known_at,
        actor=RECEIVER,
        command=command,
        relied_on={"export": batch.sha256},
        data=facts if data is None else data,
    )


def _notice(kind: NoticeKind, batch: Batch, command: CommandId) -> Effect:
    return Notice(
        id=NoticeId(derived_id("notice", command, kind)),
        notice=kind,
        to=None,
        parameters={"batch": batch.id, "key": batch.key, "code": batch.refused or ""},
    )
