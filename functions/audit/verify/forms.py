"""The forms of the record: canonical JSON, events, checkpoints, proofs. Anything else is a ValueError."""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from hashlib import sha256
from typing import Any, Final

ZEROS: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class Event:
    """An event as it was read: from which file, on which line if it has several, at which index if any."""

    file: str
    line: int | None
    index: int | None
    value: dict[str, Any]
    data: bytes

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return self.file if self.line is None else f"{self.file}, line {self.line} (index {self.index})"


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
    if not data.isascii():
        _refuse_other_keys(value)
    return value


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


def parse_event(data: bytes, file: str, line: int | None, index: int | None) -> Event:
    """Raises ValueError unless the bytes are an event of version 1."""
    value = _plain_event(data)
    if value is None:
        value = _any_event(data)
    return Event(file, line, index, value, data)


def _any_event(data: bytes) -> dict[str, Any]:
    value = canonical(data)
    private = value.pop("private", "none") if isinstance(value, dict) else "none"
    if not has_shape(value, _EVENT_SHAPE) or not (private is None or has_shape(private, _PRIVATE_SHAPE)):
        raise ValueError("not an event of version 1")
    if value["v"] != 1 or value["sequence"] < 1:
        raise ValueError("not an event of version 1")
    if not all(isinstance(text, str) for text in value["relied_on"].values()):
        raise ValueError("not an event of version 1")
    moment(value["occurred_at"])
    moment(value["recorded_at"])
    return {**value, "private": private}


# The same for nearly every event, several times as fast: one pattern for what stands between `data` and
# `relied_on`, in which only texts without escapes are plain. What it does not match is left to the slow way.
_PLAIN_TEXT = r'[^"\\\x00-\x1f]+'
_PLAIN_TIME = r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z"
_PLAIN_EVENT = re.compile(
    r'\{"actor":\{"authenticated_by":"(none|link|link\+code|cognito|iam)",'
    rf'"id":"({_PLAIN_TEXT})","kind":"(person|system|link|service)"\}},"command":"({_PLAIN_TEXT})",'
    rf'"data":(\{{.*?\}}),"occurred_at":"({_PLAIN_TIME})","previous":"([0-9a-f]{{64}})","private":'
    r'(?:null|\{"alg":"(A256GCM)","ciphertext":"([A-Za-z0-9_-]+)","commitment":"([0-9a-f]{64})",'
    rf'"key":"({_PLAIN_TEXT})","nonce":"([A-Za-z0-9_-]{{16}})"\}}),"recorded_at":"({_PLAIN_TIME})",'
    rf'"relied_on":(\{{.*?\}}),"sequence":([1-9]\d{{0,14}}),"subject":"({_PLAIN_TEXT})",'
    r'"tag":"([a-z_]+:[a-z_]+)","v":1\}',
    re.ASCII,
)


def _plain_event(data: bytes) -> dict[str, Any] | None:
    """The event, or None where it takes a closer look."""
    if not data.isascii():
        return None
    match = _PLAIN_EVENT.fullmatch(data.decode("ascii"))
    if match is None:
        return None
    authenticated_by, actor, kind, command, about, occurred, previous, *private = match.groups()
    recorded, relied, sequence, subject, tag = private[5:]
    try:
        _day(occurred[:10])
        _day(recorded[:10])
        about, relied_on = _small_object(about), _relied_on(relied)
    except ValueError:
        return None
    return {
        "actor": {"authenticated_by": authenticated_by, "id": actor, "kind": kind},
        "command": command,
        "data": about,
        "occurred_at": occurred,
        "previous": previous,
        "private": None if private[0] is None else dict(zip(_PRIVATE_SHAPE, private[:5], strict=True)),
        "recorded_at": recorded,
        "relied_on": relied_on,
        "sequence": int(sequence),
        "subject": subject,
        "tag": tag,
        "v": 1,
    }


def _small_object(text: str) -> dict[str, Any]:
    value = _DECODE(text)
    if _ENCODE(value) != text or not isinstance(value, dict):
        raise ValueError("not canonical")
    return value


@lru_cache(maxsize=4096)
def _relied_on(text: str) -> dict[str, str]:
    value = _small_object(text)
    if not all(isinstance(inner, str) for inner in value.values()):
        raise ValueError("not texts")
    return value


@lru_cache(maxsize=4096)
def _day(text: str) -> None:
    date.fromisoformat(text)


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
