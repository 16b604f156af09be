"""Give every event its global index, write segments and sign checkpoints.

The head records how far the ledger has come. A round first writes its plan into the head (which events, in
which order, at what time), on the condition that nobody moved the head meanwhile. The plan determines
everything that follows. After a crash at any point, the next run carries out the stored plan to the same
bytes. A second writer can only write what the first would have written.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, Self

from functions.audit.ledger.format import (
    NO_CHECKPOINT,
    Checkpoint,
    checkpoint_of,
    leaf_hashes,
    parse_checkpoint,
    segment_bytes,
    segment_name,
)
from shared.domain.canonical import canonical_bytes, parse_canonical
from shared.domain.errors import Conflict, IntegrityError
from shared.domain.event import NOTHING_BEFORE, Event, EventTag, event_digest, moment, parse_event, stamp
from shared.domain.identifiers import Subject
from shared.domain.merkle import Frontier
from shared.ledger_ports import Archive, EventLog, EventPlace, Keyring, LedgerHead, StoredEvent

HEARTBEAT: Final = timedelta(hours=1)
LARGEST_SEGMENT: Final = 1000
"""Events per round: their places must fit into the item of the head (400 kB in DynamoDB)."""
MOST_ROUNDS: Final = 50
"""Rounds per run: they end well within the function's timeout, and the next run continues."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that determines the bytes of one round."""

    time: str
    places: tuple[EventPlace, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """How far the ledger has come. ``version`` rises by one with each write and keeps out a second writer."""

    version: int
    frontier: Frontier
    number: int
    previous: str
    time: str
    key: str
    plan: Plan | None

    @classmethod
    def first(cls, key: str) -> Self:
        """The head of an empty ledger, whose checkpoints this key will sign."""
        return cls(0, Frontier(), 0, NO_CHECKPOINT, "", key, None)

    def body(self) -> bytes:
        """The stored form."""
        plan = self.plan
        places = [] if plan is None else [[at.subject, at.sequence] for at in plan.places]
        return canonical_bytes(
            {
                "frontier": self.frontier.as_json(),
                "key": self.key,
                "number": self.number,
                "plan": None if plan is None else {"places": places, "time": plan.time},
                "previous": self.previous,
                "time": self.time,
            }
        )

    @classmethod
    def parse(cls, version: int, body: bytes) -> Self:
        value = parse_canonical(body)
        plan = value["plan"]
        return cls(
            version=version,
            frontier=Frontier.from_json(value["frontier"]),
            number=value["number"],
            previous=value["previous"],
            time=value["time"],
            key=value["key"],
            plan=None
            if plan is None
            else Plan(plan["time"], tuple(EventPlace(Subject(at), number) for at, number in plan["places"])),
        )


@dataclass(frozen=True, slots=True)
class Sealing:
    """The ports that sealing needs."""

    head: LedgerHead
    events: EventLog
    archive: Archive
    keyring: Keyring
    retention: timedelta


@dataclass(frozen=True, slots=True)
class SealReport:
    """What a run did.

    ``waiting`` counts events whose predecessors are not visible yet. ``broken`` events cannot be sealed,
    because their bytes or their link to the predecessor are wrong; the ledger continues without them.
    """

    sealed: int
    checkpoint: Checkpoint | None
    waiting: int
    broken: tuple[EventPlace, ...]
    lag_seconds: int


def seal_ledger(sealing: Sealing, now: datetime) -> SealReport:
    """Seal all new events, or sign that none came for an hour. Raises Conflict if another run was first."""
    sealed, lag, checkpoint, choice = 0, 0, None, _Choice((), 0, (), "")
    for _ in range(MOST_ROUNDS):
        stored = sealing.head.read()
        head = Head.parse(*stored) if stored else Head.first(sealing.keyring.first().key_id)
        if head.plan is None:
            choice = _choose(sealing.events)
            if choice.oldest:
                lag = max(lag, int((now - moment(choice.oldest)).total_seconds()))
            if not choice.places and not _heartbeat_due(head, now):
                break
            head = replace(head, version=head.version + 1, plan=_plan(head, choice, now))
            sealing.head.replace(head.version, head.body())
        head, checkpoint, count = _carry_out(sealing, head)
        sealed += count
        if not count:
            break
    return SealReport(sealed, checkpoint, choice.waiting, choice.broken, lag)


@dataclass(frozen=True, slots=True)
class _Choice:
    places: tuple[EventPlace, ...]
    waiting: int
    broken: tuple[EventPlace, ...]
    oldest: str
    latest: str = ""


def _heartbeat_due(head: Head, now: datetime) -> bool:
    return not head.time or now - moment(head.time) >= HEARTBEAT


def _plan(head: Head, choice: _Choice, now: datetime) -> Plan:
    # Clocks differ a little: a checkpoint is never dated before its events or the previous checkpoint.
    return Plan(max(stamp(now), head.time, choice.latest), choice.places)


def _choose(log: EventLog) -> _Choice:
    """The next events: by time, and within a subject in the order of its chain."""
    seen = sorted(set(log.unsequenced(LARGEST_SEGMENT)))
    before = [EventPlace(at.subject, at.sequence - 1) for at in seen if at.sequence > 1]
    stored = log.read({*seen, *before})
    # The secondary index of unsequenced events lags behind: some of these may be sequenced by now.
    fresh = [at for at in seen if at in stored and stored[at].index is None]
    timed: list[tuple[str, EventPlace]] = []
    waiting, broken = 0, list[EventPlace]()
    for _, group in groupby(fresh, key=lambda at: at.subject):
        run = list(group)
        good, fault = _linked(run, stored)
        timed += good
        rest = run[len(good) :]
        if fault:
            broken += rest
        else:
            waiting += len(rest)
    timed.sort()
    return _Choice(
        places=tuple(at for _, at in timed),
        waiting=waiting,
        broken=tuple(broken),
        oldest=timed[0][0] if timed else "",
        latest=timed[-1][0] if timed else "",
    )


def _linked(
    run: Sequence[EventPlace], stored: Mapping[EventPlace, StoredEvent]
) -> tuple[list[tuple[str, EventPlace]], bool]:
    """The part of a subject's run that can be sealed now, with its times; and whether a fault ended it."""
    good: list[tuple[str, EventPlace]] = []
    time, reached = "", None
    for at in run:
        before = EventPlace(at.subject, at.sequence - 1)
        if at.sequence > 1 and before != reached and (before not in stored or stored[before].index is None):
            return good, False
        event = _event(stored[at].data)
        link = NOTHING_BEFORE if at.sequence == 1 else event_digest(stored[before].data)
        if event is None or EventPlace(event.subject, event.sequence) != at or event.previous != link:
            return good, True
        time, reached = max(time, event.recorded_at), at
        good.append((time, at))
    return good, False


def _event(data: bytes) -> Event | None:
    try:
        return parse_event(data)
    except ValueError:
        return None  # the caller reports the place as broken


def _carry_out(sealing: Sealing, head: Head) -> tuple[Head, Checkpoint, int]:
    """Carry out the plan of the head. Any step may have been done before, by this or another writer."""
    if head.plan is None:
        raise IntegrityError("there is no plan to carry out")
    places, first = head.plan.places, head.frontier.size
    stored = sealing.events.read(places)
    if missing := [at for at in places if at not in stored]:
        raise IntegrityError(
            f"event {missing[0].sequence} of {missing[0].subject} was to be sealed and is missing"
        )
    events = [stored[at].data for at in places]
    retain_until = moment(head.plan.time) + sealing.retention
    if events:
        name = segment_name(first, first + len(events) - 1)
        _write_once(sealing.archive, name, segment_bytes(events), retain_until)
    frontier = head.frontier.extended(leaf_hashes(events))
    checkpoint = checkpoint_of(frontier, head.number, head.previous, head.plan.time, head.key)
    _sign_once(sealing, checkpoint, retain_until)
    sealing.events.sequence({at: first + offset for offset, at in enumerate(places)})
    done = Head(
        version=head.version + 1,
        frontier=frontier,
        number=head.number + 1,
        previous=checkpoint.digest(),
        time=checkpoint.time,
        key=key_after(head.key, events),
        plan=None,
    )
    sealing.head.replace(done.version, done.body())
    return done, checkpoint, len(events)


def _write_once(archive: Archive, name: str, data: bytes, retain_until: datetime) -> None:
    with suppress(Conflict):  # an earlier attempt wrote it; the next lines compare the bytes
        archive.put(name, data, retain_until)
    if archive.get(name) != data:
        raise IntegrityError(f"{name} has different bytes from those to be sealed")


def _sign_once(sealing: Sealing, checkpoint: Checkpoint, retain_until: datetime) -> None:
    # Two signatures of one message differ; the one that was stored first counts.
    signature = sealing.keyring.signer(checkpoint.key).sign(checkpoint.body())
    with suppress(Conflict):  # the next lines compare it
        sealing.archive.put(checkpoint.name(), checkpoint.file(signature), retain_until)
    if parse_checkpoint(sealing.archive.get(checkpoint.name()))[0] != checkpoint:
        raise IntegrityError(f"{checkpoint.name()} is not the checkpoint to be signed")


def key_after(key: str, events: Iterable[bytes]) -> str:
    """The key in force after these events. ``key:rotated`` takes effect with the next checkpoint."""
    marker = f'"tag":"{EventTag.KEY_ROTATED}"'.encode()
    for data in events:
        if marker not in data:
            continue
        event = parse_event(data)
        if event.tag is EventTag.KEY_ROTATED and event.subject == "system" and event.data.get("old") == key:
            key = str(event.data["new"])
    return key
