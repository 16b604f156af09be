"""The forms of the record: canonical JSON, events, checkpoints, proofs. Anything else is a ValueError."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from .trees import leaf_hash

ZEROS: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Event:
    """The parts of an event that are checked; ``place`` is where it was read, for messages."""

    place: str
    index: int | None
    value: dict[str, Any]
    digest: str
    leaf: bytes


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


_DECODE = json.JSONDecoder(parse_float=_no_floats, parse_constant=_no_floats).decode


def canonical(data: bytes) -> Any:
    """The value of RFC 8785 bytes; ValueError for any other spelling, for floats and non-ASCII keys."""
    try:
        text = data.decode("utf-8")
        value = _DECODE(text)
        same = _ENCODE(value) == text
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON as the ledger writes it ({error})") from error
    if not same:
        raise ValueError("JSON, but not in canonical form")
    if not data.isascii() or _LONG_NUMBER.search(data):
        _refuse_inexact(value)
    return value


_LONG_NUMBER = re.compile(rb"\d{16}")


def _refuse_inexact(value: Any) -> None:
    left = [value]
    while left:
        inner = left.pop()
        if isinstance(inner, dict):
            if not all(key.isascii() for key in inner):
                raise ValueError("a key that is not ASCII")
            left += inner.values()
        elif isinstance(inner, list):
            left += inner
        elif isinstance(inner, int) and abs(inner) > 2**53 - 1:
            raise ValueError(f"{inner} is beyond 2^53-1")


def digest(data: bytes) -> str:
    return sha256(data).hexdigest()


def has_shape(value: Any, shape: dict[str, Any]) -> bool:
    """Whether it is an object of exactly these members, each of its type or matching its pattern."""
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
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_EVENT_SHAPE: Final[dict[str, Any]] = {
    "actor": {
        "authenticated_by": re.compile(r"none|link|link\+code|cognito|iam"),
        "id": TEXT,
        "kind": re.compile(r"person|system|link|service"),
    },
    "command": TEXT,
    "data": dict,
    "occurred_at": _TIME,
    "previous": HEX,
    "recorded_at": _TIME,
    "relied_on": dict,
    "sequence": int,
    "subject": TEXT,
    "tag": re.compile(r"[a-z_]+:[a-z_]+"),
    "v": int,
}
_PRIVATE_SHAPE: Final[dict[str, Any]] = {
    "alg": re.compile("A256GCM"),
    "ciphertext": re.compile(r"[A-Za-z0-9_-]+"),
    "commitment": HEX,
    "key": TEXT,
    "nonce": re.compile(r"[A-Za-z0-9_-]{16}"),
}
_CHECKPOINT_SHAPE: Final[dict[str, Any]] = {
    "key": HEX,
    "number": int,
    "previous": HEX,
    "root": HEX,
    "size": int,
    "time": _TIME,
    "v": int,
}


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def parse_event(data: bytes, place: str, index: int | None) -> Event:
    """Raises ValueError unless the bytes are an event of version 1."""
    value = canonical(data)
    private = value.pop("private", "none") if isinstance(value, dict) else "none"
    if not has_shape(value, _EVENT_SHAPE) or not (private is None or has_shape(private, _PRIVATE_SHAPE)):
        raise ValueError("not an event of version 1")
    if not all(isinstance(text, str) for text in value["relied_on"].values()):
        raise ValueError("not an event of version 1")
    value["private"] = private
    if value["v"] != 1 or value["sequence"] < 1:
        raise ValueError("not an event of version 1")
    moment(value["occurred_at"])
    moment(value["recorded_at"])
    return Event(place, index, value, digest(data), leaf_hash(data))


def parse_checkpoint(data: bytes, place: str) -> tuple[Checkpoint, bytes, bytes]:
    """The checkpoint, its signed bytes and its signature (not checked yet); ValueError if it is none."""
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
        raise ValueError("the signature is not base64 as it is written")
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
