"""Canonical JSON: one value, one sequence of bytes (RFC 8785, for a subset that cannot surprise).

The subset is str, int up to 2^53-1 either way, bool, null, list and dict with ASCII keys. Floats are
refused, because the product has none. With ASCII keys RFC 8785's order (UTF-16 code units) is the order of
code points, which is what orjson sorts by; the `rfc8785` package is the tests' oracle.
"""

import hashlib
from typing import Any, Final

import orjson

_LARGEST_INTEGER: Final = 2**53 - 1
_OPTIONS: Final = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER


def canonical_bytes(value: Any) -> bytes:
    """The RFC 8785 bytes of ``value``; ValueError for what the subset leaves out."""
    data = encode(value)  # first: it refuses what is nested too deeply to walk through
    refuse_inexact(value)
    return data


def encode(value: Any) -> bytes:
    """`canonical_bytes` for a value that `refuse_inexact` has already let through."""
    try:
        return orjson.dumps(value, option=_OPTIONS)
    except orjson.JSONEncodeError as error:
        raise ValueError(f"not canonical JSON: {error}") from error


def parse_canonical(data: bytes) -> Any:
    """The value of canonical bytes; ValueError for anything that is not exactly what it would be written as.

    Writing the value again and comparing finds every other spelling: blanks, another order of keys, repeated
    keys, needless escapes, other forms of a number.
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
    """ValueError if a float, a non-ASCII key or anything else outside the subset stands anywhere in it."""
    if value is None or value is True or value is False or isinstance(value, str):
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str) or not key.isascii():
                raise ValueError(f"a key of canonical JSON is ASCII text, not {key!r}")
            refuse_inexact(inner)
    elif isinstance(value, list):
        for inner in value:
            refuse_inexact(inner)
    elif isinstance(value, int):
        if abs(value) > _LARGEST_INTEGER:
            raise ValueError(f"{value} is beyond 2^53-1, where JSON readers no longer agree")
    else:
        raise ValueError(f"{type(value).__name__} has no exact form in JSON")
