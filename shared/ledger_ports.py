"""Ports for sealing the ledger: its head, the events, the bucket, the keys and time stamps."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.identifiers import Subject


@dataclass(frozen=True, slots=True, order=True)
class EventPlace:
    """Identifies an event: the ``sequence``-th of its subject."""

    subject: Subject
    sequence: int


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event in the table. ``index`` is its global index; None before it has one."""

    data: bytes
    index: int | None


class LedgerHead(Protocol):
    """The head of the ledger: one small item whose version fences concurrent writers."""

    def read(self) -> tuple[int, bytes] | None:
        """The version and body, read consistently; None before the first write."""
        ...

    def replace(self, version: int, body: bytes) -> None:
        """Store the head. Raises Conflict unless the stored version is ``version - 1`` (0: none stored)."""
        ...


class EventLog(Protocol):
    """The events of all subjects in the table."""

    def unsequenced(self, limit: int) -> Sequence[EventPlace]:
        """Events without a global index, by time of recording. May lag behind the table."""
        ...

    def read(self, places: Iterable[EventPlace]) -> Mapping[EventPlace, StoredEvent]:
        """The existing events at these places, read consistently."""
        ...

    def sequence(self, indices: Mapping[EventPlace, int]) -> None:
        """Store the events' indices. May be repeated. Raises IntegrityError if one has another index."""
        ...


class Archive(Protocol):
    """The ledger bucket. An object cannot be changed or deleted within its retention."""

    def put(self, name: str, data: bytes, retain_until: datetime) -> None:
        """Write once. Raises Conflict if the name exists."""
        ...

    def get(self, name: str) -> bytes:
        """Raises NotFound."""
        ...


class TimeStamps(Protocol):
    """A time-stamping authority, which certifies that data existed at a time (RFC 3161)."""

    def stamp(self, data: bytes) -> bytes:
        """The authority's response for the SHA-256 of the data: a TimeStampResp in DER.

        Raises NotYet if the authority cannot be reached or grants no time stamp, and IntegrityError if the
        response is for other data or to another request.
        """
        ...


class Signer(Protocol):
    @property
    def key_id(self) -> str:
        """The SHA-256, in hex, of the public key's DER SubjectPublicKeyInfo."""
        ...

    def sign(self, message: bytes) -> bytes:
        """An ECDSA P-256 signature with SHA-256 of the message, in DER."""
        ...

    def public_key_pem(self) -> bytes: ...


class Keyring(Protocol):
    def first(self) -> Signer:
        """The key with which a new ledger begins."""
        ...

    def signer(self, key_id: str) -> Signer:
        """Raises NotFound."""
        ...
