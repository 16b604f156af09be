"""Events: what the ledger is made of. One closed catalogue, one frozen form, one sequence of bytes each.

The pure core makes an `EventDraft`; the store seals its private part, gives it its place in the subject's
chain and calls `chain`. From then on only the bytes count: `event_bytes` writes them, `parse_event` reads
them strictly.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from shared.domain.canonical import canonical_bytes, digest, encode, parse_canonical, refuse_inexact
from shared.domain.event_tag import EventTag as EventTag  # whoever makes events finds it here
from shared.domain.identifiers import CommandId, PersonId, Subject

VERSION: Final = 1
NOTHING_BEFORE: Final = "0" * 64
"""``previous`` of the first event of a chain."""

_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


class ActorKind(StrEnum):
    PERSON = "person"
    SYSTEM = "system"
    LINK = "link"
    SERVICE = "service"


class Authentication(StrEnum):
    """How the actor was known to be who they say."""

    NONE = "none"
    LINK = "link"
    LINK_AND_CODE = "link+code"
    COGNITO = "cognito"
    IAM = "iam"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a person, a part of the system, whoever held a link, or another service."""

    kind: ActorKind
    id: str
    authenticated_by: Authentication = Authentication.NONE


@dataclass(frozen=True, slots=True)
class Sealed:
    """A private part as it stands in the event: AES-256-GCM under the person's own data key.

    ``key`` names that key, ``nonce`` and ``ciphertext`` are base64url without padding. ``commitment`` is
    the SHA-256 of the plaintext (`opening_bytes`): one event can be opened to a reader who must not have the
    key, and who can still check that this is what was sealed.
    """

    key: str
    nonce: str
    ciphertext: str
    commitment: str


@dataclass(frozen=True, slots=True)
class EventDraft:
    """What happened, before it has a place in a chain. ``private`` is sealed under ``person``'s data key.

    ``data`` and ``relied_on`` stand in the clear for ever: ids, codes, digests, figures without a name.
    """

    tag: EventTag
    subject: Subject
    occurred_at: datetime
    actor: Actor
    command: CommandId
    relied_on: Mapping[str, str] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, Any] | None = None
    person: PersonId | None = None

    def __post_init__(self) -> None:
        """Refuse here, nearest to the cause, what could not be written canonically later."""
        for part in (self.relied_on, self.data, self.private or {}):
            refuse_inexact(dict(part))
        if any(not isinstance(value, str) for value in self.relied_on.values()):
            raise ValueError("what an event relied on is named by text")
        if self.private is not None and self.person is None:
            raise ValueError("a private part needs the person under whose key it is sealed")


@dataclass(frozen=True, slots=True)
class Event:
    """One event in its place. Times are RFC 3339, UTC, with milliseconds, as `stamp` writes them."""

    tag: EventTag
    subject: Subject
    sequence: int
    previous: str
    occurred_at: str
    recorded_at: str
    actor: Actor
    command: CommandId
    relied_on: dict[str, str]
    data: dict[str, Any]
    private: Sealed | None = None
    v: int = VERSION


def stamp(moment: datetime) -> str:
    """``2026-10-01T06:00:00.000Z``: UTC, cut to milliseconds. A moment without a zone is refused."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone cannot be recorded")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def moment(text: str) -> datetime:
    """The moment that `stamp` wrote; ValueError for any other form."""
    if not _STAMP.fullmatch(text):
        raise ValueError(f"not a time in the ledger's form: {text!r}")
    return datetime.fromisoformat(text)


def opening_bytes(private: Mapping[str, Any], salt: bytes) -> bytes:
    """The plaintext that is sealed. ``salt``: 16 random bytes, so that no text is guessed by its hash."""
    return canonical_bytes({"body": dict(private), "salt": base64url(salt)})


def associated_data(draft: EventDraft | Event) -> bytes:
    """What AES-GCM binds the ciphertext to, so that it cannot be moved to another event."""
    return canonical_bytes({"command": draft.command, "subject": draft.subject, "tag": draft.tag.value})


def sealed(key: str, nonce: bytes, ciphertext: bytes, opening: bytes) -> Sealed:
    """A private part: what the cipher returned (its tag at the end of ``ciphertext``) and its plaintext."""
    return Sealed(key, base64url(nonce), base64url(ciphertext), digest(opening))


def chain(
    draft: EventDraft, sequence: int, previous: str, recorded_at: datetime, private: Sealed | None = None
) -> Event:
    """The draft in its place: event number ``sequence`` (from 1) of its subject.

    ``previous`` is `event_digest` of the bytes of the event before it, or `NOTHING_BEFORE`.
    """
    if (draft.private is None) != (private is None):
        raise ValueError("an event has a sealed part exactly where its draft has a private one")
    if (sequence == 1) != (previous == NOTHING_BEFORE):
        raise ValueError("the first event of a chain, and only that one, has nothing before it")
    return Event(
        tag=draft.tag,
        subject=draft.subject,
        sequence=sequence,
        previous=previous,
        occurred_at=stamp(draft.occurred_at),
        recorded_at=stamp(recorded_at),
        actor=draft.actor,
        command=draft.command,
        relied_on=dict(draft.relied_on),
        data=dict(draft.data),
        private=private,
    )


def event_bytes(event: Event) -> bytes:
    """The canonical bytes: what is hashed, stored and handed out."""
    private = event.private
    return encode(
        {
            "actor": {
                "authenticated_by": event.actor.authenticated_by,
                "id": event.actor.id,
                "kind": event.actor.kind,
            },
            "command": event.command,
            "data": event.data,
            "occurred_at": event.occurred_at,
            "previous": event.previous,
            "private": None
            if private is None
            else {
                "alg": "A256GCM",
                "ciphertext": private.ciphertext,
                "commitment": private.commitment,
                "key": private.key,
                "nonce": private.nonce,
            },
            "recorded_at": event.recorded_at,
            "relied_on": event.relied_on,
            "sequence": event.sequence,
            "subject": event.subject,
            "tag": event.tag,
            "v": event.v,
        }
    )


def event_digest(data: bytes) -> str:
    """The SHA-256 of an event's bytes: ``previous`` of the next event in its chain."""
    return digest(data)


def parse_event(data: bytes) -> Event:
    """The event of these bytes; ValueError unless they are exactly what `event_bytes` would write for it."""
    value = parse_canonical(data)
    try:
        actor, private = value["actor"], value["private"]
        event = Event(
            tag=EventTag(value["tag"]),
            subject=Subject(value["subject"]),
            sequence=value["sequence"],
            previous=value["previous"],
            occurred_at=value["occurred_at"],
            recorded_at=value["recorded_at"],
            actor=Actor(ActorKind(actor["kind"]), actor["id"], Authentication(actor["authenticated_by"])),
            command=CommandId(value["command"]),
            relied_on=value["relied_on"],
            data=value["data"],
            private=None
            if private is None
            else Sealed(private["key"], private["nonce"], private["ciphertext"], private["commitment"]),
            v=value["v"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an event: {error}") from error
    _refuse_misshapen(event)
    # Whatever this version does not know would be dropped in writing, so it shows as other bytes.
    if event_bytes(event) != data:
        raise ValueError("an event with parts that this version does not know")
    return event


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _refuse_misshapen(event: Event) -> None:
    # What was read from bytes may hold anything, whatever the fields' types say.
    private, data, relied_on = event.private, _unknown(event.data), _unknown(event.relied_on)
    names = [
        event.subject,
        event.previous,
        event.occurred_at,
        event.recorded_at,
        event.actor.id,
        event.command,
    ]
    if private is not None:
        names += [private.key, private.nonce, private.ciphertext, private.commitment]
    if not all(isinstance(name, str) and name for name in map(_unknown, names)):
        raise ValueError("an event's names and times are text")
    if event.v != VERSION or type(event.v) is not int:
        raise ValueError(f"an event of version {event.v!r}")
    if type(event.sequence) is not int or event.sequence < 1:
        raise ValueError(f"an event's sequence is a whole number from 1, not {event.sequence!r}")
    if not _DIGEST.fullmatch(event.previous):
        raise ValueError("an event's previous is 64 hex digits")
    if not isinstance(data, dict) or not isinstance(relied_on, dict):
        raise ValueError("an event's data and what it relied on are objects")
    if not all(isinstance(value, str) for value in relied_on.values()):
        raise ValueError("what an event relied on is named by text")
    moment(event.occurred_at)
    moment(event.recorded_at)


def _unknown(value: object) -> object:
    return value
