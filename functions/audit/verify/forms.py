"""Reads canonical JSON, checkpoints and proofs. Raises ValueError for any other form (R2)."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

ZEROS: Final = "0" * 64


_READ: Final = json.JSONDecoder().raw_decode


def _read(data: bytes) -> Any:
    """The value of bytes that are known to be canonical."""
    return _READ(data.decode())[0]


@lru_cache(maxsize=4096)
def _small_object(data: bytes) -> Any:
    return _read(data)


Step = tuple[bytes, bytes, bytes, bytes, bytes]
"""``authenticated_by``, the actor's id and kind, ``data`` and ``relied_on``, as the event spells them."""


@dataclass(slots=True)
class Event:
    """An event, and where it was read: the file, the line if the file has several, the index if any.

    ``key`` names the data key of its private part; None if it has no private part.
    """

    file: str
    line: int | None
    index: int | None
    data: bytes
    tag: str
    subject: str
    sequence: int
    previous: str
    occurred_at: str
    recorded_at: str
    key: str | None
    spelled: Step | None = None
    whole: dict[str, Any] | None = None

    @property
    def place(self) -> str:
        """Where the event stands, for messages."""
        return self.file if self.line is None else f"{self.file}, line {self.line} (index {self.index})"

    @property
    def value(self) -> dict[str, Any]:
        """The whole event. The fast path parses it only on demand."""
        if self.whole is None:
            self.whole = _read(self.data)
        return self.whole

    @property
    def step(self) -> dict[str, Any]:
        """The members that the rules about cases need, which takes less time to parse."""
        if self.spelled is None:
            return self.value
        known_by, actor, kind, data, relied_on = self.spelled
        return {
            "tag": self.tag,
            "sequence": self.sequence,
            "occurred_at": self.occurred_at,
            "actor": {
                "id": actor.decode(),
                "kind": kind.decode(),
                "authenticated_by": known_by.decode(),
            },
            "data": _read(data),
            "relied_on": _small_object(relied_on),
        }


@dataclass(frozen=True, slots=True)
class Checkpoint:
    place: str
    number: int
    size: int
    root: str
    previous: str
    time: str
    key: str
    digest: str


_ENCODE = json.JSONEncoder(
    sort_keys=True, ensure_ascii=False, separators=(",", ":"), check_circular=False
).encode


def _no_floats(text: str) -> None:
    raise ValueError(f"{text} is not a whole number")


def _small_integer(text: str) -> int:
    if len(text) > 17 or abs(int(text)) > 2**53 - 1:
        raise ValueError(f"{text} is beyond 2^53-1")
    return int(text)


_DECODE = json.JSONDecoder(parse_float=_no_floats, parse_constant=_no_floats, parse_int=_small_integer).decode


DEEPEST: Final = 100
MOST_VALUES: Final = 2_000_000
"""So that a small file cannot take all memory. Honest files stay far below these bounds."""
_IN_QUOTES: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)


def canonical(data: bytes) -> Any:
    """The value of RFC 8785 bytes. Raises ValueError for other spellings, floats and non-ASCII keys."""
    _bound(data)
    try:
        text = data.decode("utf-8")
        value = _DECODE(text)
        same = _ENCODE(value) == text
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON of the ledger's form ({error})") from error
    if not same:
        raise ValueError("JSON, but not in canonical form")
    if not data.isascii():
        _refuse_other_keys(value)
    return value


def plain_json(data: bytes) -> Any:
    """The value of JSON without floats, in any spelling. Raises ValueError for anything else."""
    _bound(data)
    return _PLAIN_DECODE(data.decode())


def spelled(value: Any) -> str:
    """The value as a text. Values are equal as JSON if these are; in Python, ``1 == True``."""
    return json.dumps(value, sort_keys=True)


def _bound(data: bytes) -> None:
    opened = data.count(b"[") + data.count(b"{")
    if opened + data.count(b",") > MOST_VALUES:
        raise ValueError(f"JSON with more than {MOST_VALUES} values")
    if opened <= DEEPEST:
        return
    depth = 0
    for sign in _IN_QUOTES.sub(b"", data):
        depth += (sign in b"[{") - (sign in b"]}")
        if depth > DEEPEST:
            raise ValueError(f"JSON nested deeper than {DEEPEST} levels")


def _no_repetition(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("an object with two members of one name")
    return found


def _refuse_other_keys(value: Any) -> None:
    left = [value]
    while left:
        inner = left.pop()
        if isinstance(inner, dict):
            if not all(key.isascii() for key in inner):
                raise ValueError("a key that is not ASCII")
            left += inner.values()
        elif isinstance(inner, list):
            left += inner


_PLAIN_DECODE: Final = json.JSONDecoder(
    parse_float=_no_floats,
    parse_constant=_no_floats,
    parse_int=_small_integer,
    object_pairs_hook=_no_repetition,
).decode


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def has_shape(value: Any, shape: dict[str, Any]) -> bool:
    """Whether the value is an object with exactly these members, each of its type or matching its pattern."""
    if not isinstance(value, dict) or value.keys() != shape.keys():
        return False
    for key, expected in shape.items():
        member = value[key]
        if isinstance(expected, re.Pattern):
            if not isinstance(member, str) or not expected.fullmatch(member):
                return False
        elif isinstance(expected, dict):
            if not has_shape(member, expected):
                return False
        elif type(member) is not expected:
            return False
    return True


TEXT: Final = re.compile(r"[^\x00]+")
HEX: Final = re.compile(r"[0-9a-f]{64}")
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_CHECKPOINT_SHAPE: Final[dict[str, Any]] = {
    "key": HEX,
    "number": int,
    "previous": HEX,
    "root": HEX,
    "size": int,
    "time": TIME,
    "v": int,
}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def parse_checkpoint(data: bytes, place: str) -> tuple[Checkpoint, bytes, bytes]:
    """The checkpoint, its signed bytes and its unchecked signature. Raises ValueError for other bytes."""
    value = canonical(data)
    if not has_shape(value, {"checkpoint": _CHECKPOINT_SHAPE, "signature": str}):
        raise ValueError("not a checkpoint of version 1")
    body = value["checkpoint"]
    if body["v"] != 1 or body["size"] < 0 or body["number"] < 0:
        raise ValueError("not a checkpoint of version 1")
    moment(body["time"])
    try:
        signature = base64.b64decode(value["signature"], validate=True)
    except binascii.Error as error:
        raise ValueError("the signature is not base64") from error
    if base64.b64encode(signature).decode() != value["signature"]:
        raise ValueError("the signature is not canonical base64")
    signed = _ENCODE(body).encode()
    fields = {name: body[name] for name in ("number", "size", "root", "previous", "time", "key")}
    return Checkpoint(place=place, digest=digest(signed), **fields), signed, signature


def proof_path(value: Any, first: str, second: str) -> tuple[int, int, list[bytes]]:
    """The two numbers and the hashes of a proof."""
    if not has_shape(value, {first: int, second: int, "path": list}):
        raise ValueError("not a proof")
    path = value["path"]
    if not all(isinstance(step, str) and HEX.fullmatch(step) for step in path):
        raise ValueError("not a proof")
    return value[first], value[second], [bytes.fromhex(step) for step in path]
