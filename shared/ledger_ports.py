"""What sealing the ledger needs of the world: the head, the events, the bucket, the keys."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from shared.domain.identifiers import Subject


@dataclass(frozen=True, slots=True, order=True)
class EventPlace:
    """Which event: the ``sequence``-th of its subject."""

    subject: Subject
    sequence: int


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event in the table; ``index`` is None until it has its global one."""

    data: bytes
    index: int | None


class LedgerHead(Protocol):
    """One small item: how far the ledger has come. Its version is the fence between writers."""

    def read(self) -> tuple[int, bytes] | None:
        """The version and body, read consistently; None before the first writing."""
        ...

    def replace(self, version: int, body: bytes) -> None:
        """Store it. Raises Conflict unless the stored version is ``version - 1`` (0: none is stored)."""
        ...


class EventLog(Protocol):
    """The events of all subjects, as the table holds them."""

    def unsequenced(self, limit: int) -> Sequence[EventPlace]:
        """Events without a global index, those recorded first at the front; may lag behind the table."""
        ...

    def read(self, places: Iterable[EventPlace]) -> Mapping[EventPlace, StoredEvent]:
        """Those of the places that exist, read consistently."""
        ...

    def sequence(self, indices: Mapping[EventPlace, int]) -> None:
        """Give the events their indices. Once more is fine; IntegrityError for one that has another index."""
        ...


class Archive(Protocol):
    """The ledger bucket: what is written stays as it is until its retention ends."""

    def put(self, name: str, data: bytes, retain_until: datetime) -> None:
        """Write once. Raises Conflict where the name is taken."""
        ...

    def get(self, name: str) -> bytes:
        """Raises NotFound."""
        ...


class TimeStamps(Protocol):
    """Somebody outside who certifies that something was there at a time (RFC 3161)."""

    def stamp(self, data: bytes) -> bytes:
        """Their answer over the SHA-256 of the data: a TimeStampResp in DER, which is over this very data.

        Raises NotYet where they cannot be reached or do not grant it, IntegrityError where the answer is over
        something else or to another question.
        """
        ...


class Signer(Protocol):
    @property
    def key_id(self) -> str:
        """The SHA-256, in hex, of the public key's DER SubjectPublicKeyInfo."""
        ...

    def sign(self, message: bytes) -> bytes:
        """ECDSA P-256 with SHA-256 over the message itself, in DER."""
        ...

    def public_key_pem(self) -> bytes: ...


class Keyring(Protocol):
    def first(self) -> Signer:
        """The key of a ledger that begins."""
        ...

    def signer(self, key_id: str) -> Signer:
        """Raises NotFound."""
        ...
