"""The ledger's files: segments of events, and signed checkpoints over all events so far. Bytes in, bytes out.

An event's global index is its position, counted from 0, in all segments one after another.
docs/reference/ledger-format.md says the same for somebody who writes a reader from nothing.
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
    """What the keeper signs: so many events, this root, after that checkpoint, at this time, under this key.

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
    """A checkpoint file's checkpoint and signature (not verified here); IntegrityError if it is neither."""
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
        raise IntegrityError("a checkpoint with parts that this version does not know")
    return checkpoint, signature


def key_id(public_key_pem: bytes) -> str:
    """A public key's name: the SHA-256 of its DER SubjectPublicKeyInfo, so that no other key can bear it."""
    lines = public_key_pem.decode("ascii").strip().splitlines()
    if lines[:1] != ["-----BEGIN PUBLIC KEY-----"] or lines[-1:] != ["-----END PUBLIC KEY-----"]:
        raise IntegrityError("not a public key in PEM form")
    return sha256(base64.b64decode("".join(lines[1:-1]), validate=True)).hexdigest()


def segment_name(first: int, last: int) -> str:
    return f"ledger/segments/{first:012d}-{last:012d}.jsonl"


def checkpoint_name(size: int, number: int) -> str:
    return f"ledger/checkpoints/{size:012d}-{number:012d}.json"


def timestamp_name(size: int, number: int) -> str:
    """Where the time stamp over the file of that checkpoint lies."""
    return f"ledger/timestamps/{size:012d}-{number:012d}.tsr"


def segment_range(name: str) -> tuple[int, int]:
    """The first and last index that a segment's name promises."""
    match = _SEGMENT.fullmatch(name)
    if match is None:
        raise IntegrityError(f"not a segment's name: {name}")
    return int(match[1]), int(match[2])


def checkpoint_place(name: str) -> tuple[int, int]:
    """The size and number that a checkpoint's name promises."""
    match = _CHECKPOINT.fullmatch(name)
    if match is None:
        raise IntegrityError(f"not a checkpoint's name: {name}")
    return int(match[1]), int(match[2])


def segment_bytes(events: Sequence[bytes]) -> bytes:
    """One event a line, each line ended by LF; canonical JSON holds no line break of its own."""
    if any(b"\n" in event for event in events):
        raise IntegrityError("an event's bytes hold a line break")
    return b"".join(event + b"\n" for event in events)


def segment_events(name: str, data: bytes) -> list[bytes]:
    """The events of a segment, as many as its name says."""
    first, last = segment_range(name)
    if not data.endswith(b"\n"):
        raise IntegrityError(f"{name}: the last line is cut")
    events = data[:-1].split(b"\n")
    if len(events) != last - first + 1:
        raise IntegrityError(f"{name}: {len(events)} events, where the name says {last - first + 1}")
    return events


def leaf_hashes(events: Iterable[bytes]) -> list[bytes]:
    return [leaf_hash(event) for event in events]
