"""Record who opened a record and who exported evidence."""

from collections.abc import Mapping
from datetime import datetime

from functions.audit.caller import Caller
from shared.domain.change import Change
from shared.domain.event import EventDraft, EventTag, stamp
from shared.domain.identifiers import CommandId, Subject, derived_id
from shared.ports import CaseStore
from shared.retry import retry_on_conflict


def record_reading(store: CaseStore, caller: Caller, subject: Subject, now: datetime) -> None:
    """Record a reading once per person, record and hour.

    Raises Conflict if the event could not be written; the caller must then show nothing.
    """
    hour = stamp(now)[:13]
    command = CommandId(derived_id("read", caller.actor.id, subject, hour))
    _record(store, caller, EventTag.RECORD_READ, subject, command, now, {})


def record_export(
    store: CaseStore, caller: Caller, subject: Subject, sha256: str, now: datetime, data: Mapping[str, str]
) -> None:
    """Record one export of evidence. ``sha256`` is that of the file, so a copy found later can be traced."""
    command = CommandId(derived_id("export", caller.actor.id, subject, sha256, stamp(now)))
    _record(store, caller, EventTag.EVIDENCE_EXPORTED, subject, command, now, {"sha256": sha256, **data})


def _record(
    store: CaseStore,
    caller: Caller,
    tag: EventTag,
    subject: Subject,
    command: CommandId,
    now: datetime,
    data: Mapping[str, str],
) -> None:
    if store.outcome(command) is not None:
        return
    event = EventDraft(tag, subject, now, caller.actor, command, data=data)
    retry_on_conflict(lambda: store.commit(Change(command=command, result="recorded", events=(event,))))
