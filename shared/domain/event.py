"""Events of the ledger: their form, their canonical bytes, and the strict reading of those bytes.

The pure core makes an `EventDraft`. The store seals the private part, places the event in its subject's chain
with `chain`, and writes `event_bytes`. `parse_event` reads the bytes and accepts no other form.
"""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from shared.domain.canonical import canonical_bytes, digest, encode, parse_canonical, refuse_inexact
from shared.domain.event_tag import EventTag as EventTag  # imported from here by everything that makes events
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
    """How the actor proved who they are."""

    NONE = "none"
    LINK = "link"
    LINK_AND_CODE = "link+code"
    COGNITO = "cognito"
    IAM = "iam"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: a person, a part of the system, the holder of a link, or another service."""

    kind: ActorKind
    id: str
    authenticated_by: Authentication = Authentication.NONE


@dataclass(frozen=True, slots=True)
class Sealed:
    """A private part as the event contains it: AES-256-GCM under the person's own data key.

    ``key`` names that key; ``nonce`` and ``ciphertext`` are base64url without padding. ``commitment`` is the
    SHA-256 of the plaintext (`opening_bytes`). A reader who gets the plaintext of one event, but not the key,
    can check with it that this text was sealed.
    """

    key: str
    nonce: str
    ciphertext: str
    commitment: str


@dataclass(frozen=True, slots=True)
class EventDraft:
    """An event that has no place in a chain yet. ``private`` is sealed under ``person``'s data key.

    ``data`` and ``relied_on`` are never encrypted and never erased. They contain ids, codes, digests, and
    figures without a name.
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
        """Refuse values that have no canonical form here, close to their cause."""
        for part in (self.relied_on, self.data, self.private or {}):
            refuse_inexact(dict(part))
        if any(not isinstance(value, str) for value in self.relied_on.values()):
            raise ValueError("the values of an event's relied_on have to be text")
        if self.private is not None and self.person is None:
            raise ValueError("a private part needs a person, under whose key it is sealed")


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a chain. Times are RFC 3339, UTC, with milliseconds, as `stamp` writes them."""

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
    """``2026-10-01T06:00:00.000Z``: UTC, cut to milliseconds. ValueError for a moment without a zone."""
    if moment.tzinfo is None:
        raise ValueError("an event's time needs a time zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def moment(text: str) -> datetime:
    """Read a time that `stamp` wrote; ValueError for any other form."""
    if not _STAMP.fullmatch(text):
        raise ValueError(f"not a time in the ledger's form: {text!r}")
    return datetime.fromisoformat(text)


def opening_bytes(private: Mapping[str, Any], salt: bytes) -> bytes:
    """The plaintext to seal. ``salt``: 16 random bytes, so that nobody can guess a text from its hash."""
    return canonical_bytes({"body": dict(private), "salt": base64url(salt)})


def associated_data(draft: EventDraft | Event) -> bytes:
    """The associated data of AES-GCM. It binds the ciphertext to its event."""
    return canonical_bytes({"command": draft.command, "subject": draft.subject, "tag": draft.tag.value})


def sealed(key: str, nonce: bytes, ciphertext: bytes, opening: bytes) -> Sealed:
    """A private part from the cipher's output, whose tag ends ``ciphertext``, and its plaintext."""
    return Sealed(key, base64url(nonce), base64url(ciphertext), digest(opening))


def chain(
    draft: EventDraft, sequence: int, previous: str, recorded_at: datetime, private: Sealed | None = None
) -> Event:
    """Place the draft in its chain, as event number ``sequence`` (from 1) of its subject.

    ``previous`` is `event_digest` of the bytes of the event before it, or `NOTHING_BEFORE`.
    """
    if (draft.private is None) != (private is None):
        raise ValueError("an event has a sealed part if and only if its draft has a private one")
    if (sequence == 1) != (previous == NOTHING_BEFORE):
        raise ValueError("only the first event of a chain has no previous event")
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
    """The canonical bytes of an event, which are hashed, stored and handed out."""
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
    """Read an event; ValueError unless the bytes are exactly those that `event_bytes` writes for it."""
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
    # Members that this version does not know are lost when the event is written again, so the bytes differ.
    if event_bytes(event) != data:
        raise ValueError("the event has members that this version does not know")
    return event


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _refuse_misshapen(event: Event) -> None:
    # Fields that were read from bytes can have any type, whatever their annotations say.
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
        raise ValueError("an event's names and times have to be text")
    if event.v != VERSION or type(event.v) is not int:
        raise ValueError(f"an event of the unknown version {event.v!r}")
    if type(event.sequence) is not int or event.sequence < 1:
        raise ValueError(f"an event's sequence has to be a whole number from 1, not {event.sequence!r}")
    if not _DIGEST.fullmatch(event.previous):
        raise ValueError("an event's previous has to be 64 hex digits")
    if not isinstance(data, dict) or not isinstance(relied_on, dict):
        raise ValueError("an event's data and relied_on have to be objects")
    if not all(isinstance(value, str) for value in relied_on.values()):
        raise ValueError("the values of an event's relied_on have to be text")
    moment(event.occurred_at)
    moment(event.recorded_at)


def _unknown(value: object) -> object:
    return value
