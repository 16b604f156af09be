"""Canonical JSON, read by hand: a text that is spelt in any other way does not get through."""

import re
from typing import Any

_LITERALS = {"true": True, "false": False, "null": None}
_SHORT = {'"': '"', "\\": "\\", "b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r"}
_STRING = re.compile(r'"((?:[^"\\\x00-\x1f]|\\["\\btnfr]|\\u00[01][0-9a-f])*)"')
_NUMBER = re.compile(r"0|-?[1-9][0-9]*")


def bounded(data: bytes) -> None:
    """ValueError for more values, or values deeper in one another, than the page allows."""
    if sum(data.count(sign) for sign in (b"[", b"{", b",")) > 2_000_000:
        raise ValueError("too many values")
    depth = deepest = 0
    for sign in re.findall(rb"[][{}]", re.sub(rb'"(\\.|[^"\\])*+"', b"", data, flags=re.DOTALL)):
        depth += 1 if sign in (b"[", b"{") else -1
        deepest = max(deepest, depth)
    if deepest > 100:
        raise ValueError("too deep")


def read_json(data: bytes) -> Any:
    """The value; ValueError for whatever the page does not allow."""
    if len(data) > 2_000_000:
        bounded(data)
    text = data.decode("utf-8")
    value, end = _value(text, 0, 0)
    if end != len(text):
        raise ValueError("something follows")
    return value


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    start = text[at : at + 1]
    if depth >= 100 and start in ("{", "["):
        raise ValueError("too deep")
    if start == '"':
        return _string(text, at)
    if start == "{":
        return _object(text, at, depth)
    if start == "[":
        return _list(text, at, depth)
    for word, meaning in _LITERALS.items():
        if text.startswith(word, at):
            return meaning, at + len(word)
    number = _NUMBER.match(text, at)
    if number is None or len(number[0]) > 17 or abs(int(number[0])) > 2**53 - 1:
        raise ValueError("no value of the ledger")
    return int(number[0]), number.end()


def _string(text: str, at: int) -> tuple[str, int]:
    match = _STRING.match(text, at)
    if match is None:
        raise ValueError("no text as the ledger writes it")
    for code in re.findall(r"\\u00(..)", match[1].replace("\\\\", "")):
        if chr(int(code, 16)) in "\b\t\n\f\r":
            raise ValueError("a long escape where there is a short one")
    return re.sub(r'\\(u00..|["\\btnfr])', _unescaped, match[1]), match.end()


def _unescaped(match: re.Match[str]) -> str:
    return _SHORT[match[1]] if match[1] in _SHORT else chr(int(match[1][1:], 16))


def _object(text: str, at: int, depth: int) -> tuple[dict[str, Any], int]:
    found: dict[str, Any] = {}
    last: str | None = None
    at += 1
    while text[at : at + 1] != "}":
        if last is not None:
            at = _expect(text, at, ",")
        name, at = _string(text, at)
        if not name.isascii() or (last is not None and name <= last):
            raise ValueError("names are ASCII, sorted, none twice")
        found[name], at = _value(text, _expect(text, at, ":"), depth + 1)
        last = name
    return found, at + 1


def _list(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    found: list[Any] = []
    at += 1
    while text[at : at + 1] != "]":
        if found:
            at = _expect(text, at, ",")
        one, at = _value(text, at, depth + 1)
        found.append(one)
    return found, at + 1


def _expect(text: str, at: int, sign: str) -> int:
    if text[at : at + 1] != sign:
        raise ValueError(f"{sign} is missing")
    return at + 1
