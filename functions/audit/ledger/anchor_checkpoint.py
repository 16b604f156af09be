"""Send the latest checkpoint to outside holders once a day: by mail, to another account, to a time stamper.

Each channel has one command per day, so an hourly run does only what is still open. If a channel fails, the
next run tries it again with the checkpoint that is then the latest. The other channels are not delayed.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from functions.audit.ledger.format import Checkpoint, checkpoint_name, parse_checkpoint, timestamp_name
from functions.audit.ledger.seal_ledger import Head
from shared.domain.canonical import digest
from shared.domain.change import Change
from shared.domain.effect import Notice, NoticeKind
from shared.domain.errors import Conflict, IntegrityError, NotFound
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag, stamp
from shared.domain.identifiers import CommandId, NoticeId, Subject, derived_id
from shared.ledger_ports import Archive, LedgerHead, TimeStamps
from shared.ports import CaseStore, Clock
from shared.retry import retry_on_conflict

Channel = Literal["mail", "bucket", "time_stamp"]


@dataclass(frozen=True, slots=True)
class OtherAccount:
    """A bucket of another account."""

    name: str
    archive: Archive


@dataclass(frozen=True, slots=True)
class Authority:
    """A time-stamping authority, by the name of its host."""

    name: str
    stamps: TimeStamps


@dataclass(frozen=True, slots=True)
class Anchoring:
    """What anchoring needs. Without addresses, another account and an authority it does nothing."""

    head: LedgerHead
    archive: Archive
    store: CaseStore
    clock: Clock
    retention: timedelta
    addresses: tuple[str, ...] = ()
    other_account: OtherAccount | None = None
    authority: Authority | None = None


def anchor_checkpoint(
    anchoring: Anchoring, on_failure: Callable[[Channel, Exception], None]
) -> list[Channel]:
    """Serve each channel that is still open today; returns those that succeeded.

    A failure is reported to ``on_failure`` and does not stop the other channels.
    """
    now = anchoring.clock.now()
    due = [
        channel for channel in _channels(anchoring) if anchoring.store.outcome(_command(channel, now)) is None
    ]
    latest = _latest(anchoring) if due else None
    if latest is None:
        return []
    run, done = _Run(anchoring, latest, now), list[Channel]()
    for channel in due:
        try:
            run.carry_out(channel)
        except Exception as error:
            on_failure(channel, error)
        else:
            done.append(channel)
    return done


def _channels(anchoring: Anchoring) -> list[Channel]:
    """The configured channels. Mail comes first, because it waits for no outside service."""
    chosen: dict[Channel, object] = {
        "mail": anchoring.addresses,
        "bucket": anchoring.other_account,
        "time_stamp": anchoring.authority,
    }
    return [channel for channel, given in chosen.items() if given]


def _command(channel: Channel, now: datetime) -> CommandId:
    return CommandId(derived_id("anchor", channel, stamp(now)[:10]))


@dataclass(frozen=True, slots=True)
class _Latest:
    checkpoint: Checkpoint
    file: bytes


def _latest(anchoring: Anchoring) -> _Latest | None:
    """The last signed checkpoint according to the ledger's head; None before the first."""
    stored = anchoring.head.read()
    head = None if stored is None else Head.parse(*stored)
    if head is None or head.number == 0:
        return None
    # During a sealing round, the head still has the size and number of the checkpoint before it.
    file = anchoring.archive.get(checkpoint_name(head.frontier.size, head.number - 1))
    return _Latest(parse_checkpoint(file)[0], file)


@dataclass(frozen=True, slots=True)
class _Run:
    anchoring: Anchoring
    latest: _Latest
    now: datetime

    def carry_out(self, channel: Channel) -> None:
        if channel == "mail":
            self._mail()
        elif channel == "bucket" and self.anchoring.other_account is not None:
            self._copy(self.anchoring.other_account)
        elif self.anchoring.authority is not None:
            self._time_stamp(self.anchoring.authority)

    def _mail(self) -> None:
        addresses = tuple(dict.fromkeys(self.anchoring.addresses))
        notices = tuple(
            Notice(
                id=NoticeId(derived_id("notice", _command("mail", self.now), address)),
                notice=NoticeKind.CHECKPOINT_ANCHOR,
                to=None,
                parameters={"address": address, "checkpoint": self.latest.file.decode()},
            )
            for address in addresses
        )
        # An address may contain a person's name, so the record keeps only the domain.
        self._record("mail", sorted({address.rpartition("@")[2] for address in addresses}), None, notices)

    def _copy(self, other_account: OtherAccount) -> None:
        name = self.latest.checkpoint.name()
        with suppress(Conflict):  # an earlier attempt wrote it; the next lines compare the bytes
            other_account.archive.put(name, self.latest.file, self.now + self.anchoring.retention)
        if other_account.archive.get(name) != self.latest.file:
            raise IntegrityError(f"{other_account.name} has a different file under {name}")
        self._record("bucket", [other_account.name])

    def _time_stamp(self, authority: Authority) -> None:
        archive, checkpoint = self.anchoring.archive, self.latest.checkpoint
        name = timestamp_name(checkpoint.size, checkpoint.number)
        try:
            token = archive.get(name)  # an earlier attempt got this far
        except NotFound:
            token = authority.stamps.stamp(self.latest.file)
            with suppress(Conflict):  # another run was first; its token counts
                archive.put(name, token, self.now + self.anchoring.retention)
            token = archive.get(name)
        self._record("time_stamp", [authority.name], digest(token))

    def _record(
        self, channel: Channel, to: list[str], token: str | None = None, notices: tuple[Notice, ...] = ()
    ) -> None:
        command, checkpoint = _command(channel, self.now), self.latest.checkpoint
        event = EventDraft(
            tag=EventTag.CHECKPOINT_ANCHORED,
            subject=Subject("system"),
            # Read now: the checkpoint may have been signed after this run began.
            occurred_at=self.anchoring.clock.now(),
            actor=Actor(ActorKind.SYSTEM, "anchor"),
            command=command,
            data={
                "number": checkpoint.number,
                "size": checkpoint.size,
                "checkpoint": checkpoint.digest(),
                "by": channel,
                "to": to,
                "token": token,
            },
        )
        change = Change(command=command, result=checkpoint.name(), events=(event,), effects=notices)
        retry_on_conflict(
            lambda: self.anchoring.store.commit(change)
        )  # others write to the system's chain too
