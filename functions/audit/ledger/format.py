"""Reads and writes the ledger's files: segments of events, and signed checkpoints. Bytes in, bytes out.

The global index of an event is its position in all segments, one after another, counted from 0.
docs/reference/ledger-format.md describes the same format for people who write their own reader.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from shared.domain.canonical import canonical_bytes, digest, parse_canonical
from shared.domain.errors import IntegrityError
from shared.domain.merkle import Frontier, leaf_hash

VERSION: Final = 1
NO_CHECKPOINT: Final = "0" * 64
"""``previous`` of the first checkpoint."""

_SEGMENT = re.compile(r"ledger/segments/(\d{12})-(\d{12})\.jsonl")
_CHECKPOINT = re.compile(r"ledger/checkpoints/(\d{12})-(\d{12})\.json")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the keeper signs: the number of events, their root, the checkpoint before, the time, the key.

    ``number`` counts checkpoints from 0, ``previous`` is the digest of the checkpoint before, ``key`` is a
    `key_id`.
    """

    number: int
    size: int
    root: str
    previous: str
    time: str
    key: str

    def body(self) -> bytes:
        """The signed bytes."""
        return canonical_bytes(self._as_json())

    def digest(self) -> str:
        return digest(self.body())

    def name(self) -> str:
        return checkpoint_name(self.size, self.number)

    def file(self, signature: bytes) -> bytes:
        """The stored form, with an ECDSA P-256 SHA-256 signature (DER) over `body`."""
        return canonical_bytes(
            {"checkpoint": self._as_json(), "signature": base64.b64encode(signature).decode()}
        )

    def _as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "number": self.number,
            "previous": self.previous,
            "root": self.root,
            "size": self.size,
            "time": self.time,
            "v": VERSION,
        }


def checkpoint_of(frontier: Frontier, number: int, previous: str, time: str, key: str) -> Checkpoint:
    return Checkpoint(number, frontier.size, frontier.root().hex(), previous, time, key)


def parse_checkpoint(data: bytes) -> tuple[Checkpoint, bytes]:
    """The checkpoint and its signature, which is not verified here. Raises IntegrityError for other bytes."""
    try:
        value = parse_canonical(data)
        body = dict(value["checkpoint"])
        version = body.pop("v")
        checkpoint, signature = Checkpoint(**body), base64.b64decode(value["signature"], validate=True)
        known = checkpoint.file(signature) == data and version == VERSION
        known = known and type(checkpoint.number) is type(checkpoint.size) is int
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise IntegrityError(f"not a checkpoint: {error}") from error
    if not known:
        raise IntegrityError("a checkpoint with members that this version does not know")
    return checkpoint, signature


def key_id(public_key_pem: bytes) -> str:
    """The name of a public key: the SHA-256 of its DER SubjectPublicKeyInfo. No other key can have it."""
    lines = public_key_pem.decode("ascii").strip().splitlines()
    if lines[:1] != ["-----BEGIN PUBLIC KEY-----"] or lines[-1:] != ["-----END PUBLIC KEY-----"]:
        raise IntegrityError("not a public key in PEM form")
    return sha256(base64.b64decode("".join(lines[1:-1]), validate=True)).hexdigest()


def segment_name(first: int, last: int) -> str:
    return f"ledger/segments/{first:012d}-{last:012d}.jsonl"


def checkpoint_name(size: int, number: int) -> str:
    return f"ledger/checkpoints/{size:012d}-{number:012d}.json"


def timestamp_name(size: int, number: int) -> str:
    """The name of the time stamp over the file of that checkpoint."""
    return f"ledger/timestamps/{size:012d}-{number:012d}.tsr"


def segment_range(name: str) -> tuple[int, int]:
    """The first and last index in a segment's name."""
    match = _SEGMENT.fullmatch(name)
    if match is None:
        raise IntegrityError(f"not a segment's name: {name}")
    return int(match[1]), int(match[2])


def checkpoint_place(name: str) -> tuple[int, int]:
    """The size and number in a checkpoint's name."""
    match = _CHECKPOINT.fullmatch(name)
    if match is None:
        raise IntegrityError(f"not a checkpoint's name: {name}")
    return int(match[1]), int(match[2])


def segment_bytes(events: Sequence[bytes]) -> bytes:
    """One event per line, each ended by LF; canonical JSON contains no line break."""
    if any(b"\n" in event for event in events):
        raise IntegrityError("an event contains a line break")
    return b"".join(event + b"\n" for event in events)


def segment_events(name: str, data: bytes) -> list[bytes]:
    """The events of a segment, as many as its name says."""
    first, last = segment_range(name)
    if not data.endswith(b"\n"):
        raise IntegrityError(f"{name}: the last line is incomplete")
    events = data[:-1].split(b"\n")
    if len(events) != last - first + 1:
        raise IntegrityError(f"{name}: has {len(events)} events, but its name says {last - first + 1}")
    return events


def leaf_hashes(events: Iterable[bytes]) -> list[bytes]:
    return [leaf_hash(event) for event in events]
