"""Splits a list into stable pages: a cursor names the entry after which the next page begins. Pure."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from shared.domain.canonical import canonical_bytes, digest, parse_canonical
from shared.domain.errors import InvalidInput

Entry = TypeVar("Entry")
Place = tuple[str, str]
"""The sort key of an entry, and its id, which decides between equal keys."""

LARGEST_PAGE = 200
USUAL_PAGE = 50


@dataclass(frozen=True, slots=True)
class PageRequest:
    size: int = USUAL_PAGE
    cursor: str | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "PageRequest":
        """The page that ``limit`` and ``cursor`` ask for. Raises InvalidInput."""
        text = query.get("limit", str(USUAL_PAGE))
        if not (text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= LARGEST_PAGE):
            raise InvalidInput(f"limit must be a whole number from 1 to {LARGEST_PAGE}, not {text[:20]!r}")
        return cls(int(text), query.get("cursor") or None)


def page(
    entries: Iterable[Entry],
    place_of: Callable[[Entry], Place],
    request: PageRequest,
    filters: Mapping[str, str],
    *,
    descending: bool = False,
) -> tuple[list[Entry], str | None]:
    """A page's entries, and the cursor of the next page or None. Raises InvalidInput for a bad cursor."""
    ordered = sorted(entries, key=place_of, reverse=descending)
    if request.cursor is not None:
        after = _read(request.cursor, filters)
        ordered = [
            entry for entry in ordered if (place_of(entry) < after if descending else place_of(entry) > after)
        ]
    taken = ordered[: request.size]
    more = len(ordered) > request.size
    return taken, _write(place_of(taken[-1]), filters) if more else None


def _write(place: Place, filters: Mapping[str, str]) -> str:
    body = canonical_bytes({"after": list(place), "filters": _mark(filters)})
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def _read(cursor: str, filters: Mapping[str, str]) -> Place:
    try:
        value = parse_canonical(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        first, second = value["after"]
        mark = value["filters"]
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise InvalidInput("this is not a cursor that the API gave out") from error
    if mark != _mark(filters):
        raise InvalidInput("this cursor belongs to other filters; repeat the request without it")
    return str(first), str(second)


def _mark(filters: Mapping[str, str]) -> str:
    return digest(canonical_bytes(dict(filters)))[:12]
