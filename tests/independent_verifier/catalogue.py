"""What the page of events says that `data` and `relied_on` hold, read from that very page."""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from tests.independent_verifier.forms import is_hash, is_when

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "events.md"


def _objects_of(inner: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(inner(one) for one in value.values())


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _whole(value: Any) -> bool:
    return type(value) is int


def _root(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and set(value) == {"root", "shards"}
        and is_hash(value["root"])
        and _whole(value["shards"])
    )


TYPES: dict[str, Callable[[Any], bool]] = {
    "text": _text,
    "whole": _whole,
    "flag": lambda value: value is True or value is False,
    "time": is_when,
    "hash": is_hash,
    "null": lambda value: value is None,
    "texts": _texts,
    "names": _objects_of(_text),
    "counts": _objects_of(_whole),
    "hashes": _objects_of(is_hash),
    "lists": _objects_of(_texts),
    "parts": _objects_of(_objects_of(is_hash)),
    "roots": _objects_of(_root),
}


@cache
def catalogue() -> dict[str, list[tuple[list[str], list[str]]]]:
    """By tag its forms: the members of data, and the names of what was relied on, as the page has them."""
    found = {}
    for row in re.findall(
        r"^\| `([a-z_]+:[a-z_]+)` \| .* \| (`.*`) \|$", PAGE.read_text(encoding="utf-8"), re.M
    ):
        forms = [form.strip("`").split(";") for form in row[1].split("` or `")]
        words = [[part.replace("-", "").split() for part in form] for form in forms]
        found[row[0]] = [(members, names) for members, names in words]
    return found


def is_of_published_form(value: dict[str, Any]) -> bool:
    forms = catalogue().get(value["tag"], [])
    return any(_fits(value["data"], value["relied_on"], *form) for form in forms)


def _fits(data: dict[str, Any], relied_on: dict[str, str], members: list[str], names: list[str]) -> bool:
    left = {name: inner for name, inner in data.items() if name != "state"}
    if "state" in data and not _is_state(data["state"]):
        return False
    for member in members:
        name, kind = member.split(":")
        if name.endswith("?") and name[:-1] not in left:
            continue
        if name.rstrip("?") not in left:
            return False
        inner = left.pop(name.rstrip("?"))
        if not (kind.endswith("?") and inner is None) and not TYPES[kind.rstrip("?")](inner):
            return False
    allowed = {name.rstrip("?") for name in names}
    needed = {name for name in names if not name.endswith("?")}
    return not left and needed <= set(relied_on) <= allowed


def _is_state(value: Any) -> bool:
    if not isinstance(value, dict) or set(value) != {"open", "sealed"} or not _text(value["open"]):
        return False
    sealed = value["sealed"]
    return sealed is None or (
        isinstance(sealed, dict)
        and set(sealed) == {"ciphertext", "key", "nonce"}
        and all(_text(one) for one in sealed.values())
    )
