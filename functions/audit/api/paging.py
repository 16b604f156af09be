"""Splits a list into stable pages: a cursor names the entry after which the next page begins. Pure."""

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, ValidationError

from functions.audit.parameters import Parameters
from shared.domain.canonical import canonical_bytes, digest
from shared.domain.errors import InvalidInput

Entry = TypeVar("Entry")
Place = tuple[str, str]
"""The sort key of an entry, and its id, which decides between equal keys."""

LARGEST_PAGE: Final = 200
USUAL_PAGE: Final = 50
LONGEST_CURSOR: Final = 2048
"""Characters. A cursor holds a time stamp and an id of at most 128 characters."""
_WHOLE: Final = re.compile(r"[1-9][0-9]{0,2}")


def _page_size(value: object) -> object:
    """Accepts one spelling of each number, because ``0050`` is a mistake, not another way to write 50."""
    if isinstance(value, int):
        return value
    if not isinstance(value, str) or not _WHOLE.fullmatch(value) or int(value) > LARGEST_PAGE:
        raise ValueError(f"must be a whole number from 1 to {LARGEST_PAGE}, without leading zeros")
    return int(value)


class PageRequest(Parameters):
    """The page that ``limit`` and ``cursor`` ask for."""

    limit: Annotated[int, BeforeValidator(_page_size)] = USUAL_PAGE
    cursor: Annotated[str, StringConstraints(max_length=LONGEST_CURSOR)] | None = None


class _Cursor(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    after: Place
    filters: str


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
    taken = ordered[: request.limit]
    more = len(ordered) > request.limit
    return taken, _write(place_of(taken[-1]), filters) if more else None


def _write(place: Place, filters: Mapping[str, str]) -> str:
    body = canonical_bytes({"after": list(place), "filters": _mark(filters)})
    return base64.urlsafe_b64encode(body).decode().rstrip("=")


def _read(cursor: str, filters: Mapping[str, str]) -> Place:
    try:
        value = _Cursor.model_validate_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (ValidationError, ValueError, binascii.Error) as error:
        raise InvalidInput("this is not a cursor that the API gave out") from error
    if value.filters != _mark(filters):
        raise InvalidInput("this cursor belongs to other filters; repeat the request without it")
    return value.after


def _mark(filters: Mapping[str, str]) -> str:
    return digest(canonical_bytes(dict(filters)))[:12]
