"""Writes and reads canonical JSON (RFC 8785), so that the same value always has the same bytes and digest.

Values may be str, int up to 2^53-1 either way, bool, null, list, and dict with ASCII keys. Floats are
refused, because money and ratios are decimal text. With ASCII keys, RFC 8785's order (UTF-16 code units) is
the order of code points, by which orjson sorts. Tests compare with the `rfc8785` package.
"""

import hashlib
from typing import Any, Final

import orjson

_LARGEST_INTEGER: Final = 2**53 - 1
_OPTIONS: Final = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


def canonical_bytes(value: Any) -> bytes:
    """The RFC 8785 bytes of ``value``; ValueError for a value that is not allowed here."""
    data = encode(value)  # first, because it refuses values nested too deeply to check below
    refuse_inexact(value)
    return data


def encode(value: Any) -> bytes:
    """`canonical_bytes` for a value that `refuse_inexact` has already accepted."""
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except orjson.JSONEncodeError as error:
        raise ValueError(f"not canonical JSON: {error}") from error


def parse_canonical(data: bytes) -> Any:
    """The value of canonical bytes; ValueError for any other bytes.

    The value is written again and compared. That finds blanks, unsorted keys, repeated keys, needless escapes
    and other forms of a number.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error}") from error
    if canonical_bytes(value) != data:
        raise ValueError("JSON, but not in canonical form")
    return value


def digest(data: bytes) -> str:
    """The SHA-256 of the bytes, as 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def refuse_inexact(value: Any) -> None:
    """ValueError if the value contains a float, a non-ASCII key, or any other type that is not allowed."""
    if value is None or value is True or value is False or isinstance(value, str):
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError(f"a key of canonical JSON has to be ASCII text, not {key!r}")
            refuse_inexact(inner)
    elif isinstance(value, list):
        for inner in value:
            refuse_inexact(inner)
    elif isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            raise ValueError(f"{value} is beyond 2^53-1, where JSON readers disagree")
    else:
        raise ValueError(f"{type(value).__name__} has no exact form in JSON")
