"""Checks whole columns at once, in passes at C's speed, and names the rows that need a closer look.

A column's pass may suspect a good cell, and never passes a bad one: of whatever is suspected,
``rows.RowChecker`` decides. Tests hold the two against each other.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TypeVar

import orjson

from functions.ingest import cells
from functions.ingest.cells import BLANKS, BadCell, NumberForm

NEVER_NULL = frozenset({"rep_id", "credited", "person_id", "name", "email"})

_MOST_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Checked:
    """A column's values, and the indices of rows whose cell is suspect (their value means nothing).

    ``values`` are JSON; of a column that is never null (``NEVER_NULL``), without the quotes around it.
    """

    values: list[str]
    suspects: list[int]


Cell = TypeVar("Cell", str, tuple[str, str])


class Remembered(dict[Cell, str]):
    """What each distinct cell, or pair, comes to: JSON, or nothing if it is not acceptable."""

    def __init__(self, value_of: Callable[[Cell], str | None]) -> None:
        super().__init__()
        self._value_of: Callable[[Cell], str | None] = value_of

    def __missing__(self, cell: Cell) -> str:
        try:
            value = fragment(self._value_of(cell))
        except BadCell:
            value = ""
        if len(self) > _MOST_REMEMBERED:
            self.clear()
        self[cell] = value
        return value

    def check(self, column: Iterable[Cell]) -> Checked:
        values = list(map(self.__getitem__, column))
        return Checked(values, positions(values, ""))


def positions(column: Sequence[object], wanted: object) -> list[int]:
    """Where a value stands in a column, which it mostly does not or seldom."""
    found: list[int] = []
    place = -1
    for _ in range(column.count(wanted)):
        place = column.index(wanted, place + 1)
        found.append(place)
    return found


def fragment(value: str | None) -> str:
    """A value as JSON."""
    return orjson.dumps(value).decode()


def tidied(column: list[str]) -> list[str]:
    """The column's cells stripped of blanks and in NFC, touched only where some cell asks for it."""
    joined = "\n".join(column)
    for blank in BLANKS:
        if f"\n{blank}" in joined or f"{blank}\n" in joined or joined[:1] == blank or joined[-1:] == blank:
            column = list(map(str.strip, column, repeat(BLANKS)))
            break
    if joined.isascii() or unicodedata.is_normalized("NFC", joined):
        return column
    return [cell if cell.isascii() else unicodedata.normalize("NFC", cell) for cell in column]


class TextColumn:
    """Ids, names and addresses, which are mostly all different; cells come tidied.

    ``pattern`` is what a cell must match whole, besides having no control character. ``empty`` is the JSON of
    an empty cell's value, None where an empty cell needs a closer look.
    """

    def __init__(
        self,
        max_length: int,
        empty: str | None,
        *,
        never_null: bool,
        pattern: re.Pattern[str] | None = None,
    ) -> None:
        self._max_length = max_length
        self._never_null = never_null
        self._empty = empty
        self._pattern = pattern

    def check(self, column: list[str]) -> Checked:
        joined = "".join(column)
        suspects = self._suspects(column, joined)
        if self._empty is None:
            suspects += positions(column, "")
        escaped = '"' in joined or "\\" in joined
        if self._never_null:
            return Checked([fragment(cell)[1:-1] for cell in column] if escaped else column, suspects)
        empty = self._empty or ""
        if escaped:
            return Checked([fragment(cell) if cell else empty for cell in column], suspects)
        return Checked([f'"{cell}"' if cell else empty for cell in column], suspects)

    def _suspects(self, column: list[str], joined: str) -> list[int]:
        suspects: list[int] = []
        if not joined.isprintable():
            # Unprintable are more than the control characters.
            unprintable = positions(list(map(str.isprintable, column)), False)
            suspects += [index for index in unprintable if cells.CONTROL.search(column[index])]
        lengths = list(map(len, column))
        if max(lengths) > self._max_length:
            suspects += [index for index, length in enumerate(lengths) if length > self._max_length]
        if self._pattern is not None:
            suspects += positions(list(map(self._pattern.fullmatch, column)), None)
        return suspects


_DIGITS_TO_ZERO = bytes(ord("0") if byte in b"123456789" else byte for byte in range(256))


class NumberColumn:
    """Amounts: the shape of a cell, its digits all made zeros, tells whether it has the form of a number.

    Cells come tidied; ``empty`` is as in ``TextColumn``.
    """

    def __init__(
        self,
        form: NumberForm,
        decimal: str,
        thousands: str | None,
        empty: str | None,
        *,
        may_be_negative: bool,
        never_null: bool,
    ) -> None:
        self._form = form
        self._never_null = never_null
        self._empty = empty
        self._decimal = decimal
        self._between = "" if thousands is None else " \u00a0\u202f" if thousands == " " else thousands
        self._may_be_negative = may_be_negative
        self._good_shapes: dict[str, bool] = {}

    def check(self, column: list[str]) -> Checked:
        joined = "\n".join(column)
        shapes = self._shapes(joined)
        distinct = set(shapes)
        empty = self._empty
        bad = {shape for shape in distinct if not self._good(shape) and (shape or empty is None)}
        suspects = [index for shape in bad for index in positions(shapes, shape)]
        values = self._plain(joined, distinct - bad - {""})
        if empty is not None and "" in distinct:
            own = empty[1:-1] if self._never_null else empty
            for index in positions(shapes, ""):
                values[index] = own
        return Checked(values, suspects)

    def _shapes(self, joined: str) -> list[str]:
        if joined.isascii():
            return joined.encode("ascii").translate(_DIGITS_TO_ZERO).decode("ascii").split("\n")
        return re.sub("[1-9]", "0", joined).split("\n")

    def _good(self, shape: str) -> bool:
        good = self._good_shapes.get(shape)
        if good is None:
            found = self._form.read(shape.replace("0", "1"))
            good = (
                found is not None
                and len(found.whole) <= cells.MAX_WHOLE_DIGITS
                and len(found.fraction) <= cells.MAX_FRACTION_DIGITS
                and (self._may_be_negative or not found.negative)
            )
            if len(self._good_shapes) < _MOST_REMEMBERED:
                self._good_shapes[shape] = good
        return good

    def _plain(self, joined: str, shapes: set[str]) -> list[str]:
        """The cells as plain decimals, and JSON if they may be null, as far as they are numbers."""
        for mark in (*self._between, "+"):
            if mark in joined:
                joined = joined.replace(mark, "")
        if self._decimal != ".":
            joined = joined.replace(self._decimal, ".")
        lined = f"\n{joined}\n"
        leading = "\n-0" in lined or lined.count("\n0") > lined.count("\n0.") + lined.count("\n0\n")
        places = {len(shape.partition(self._decimal)[2]) for shape in shapes}
        if leading or len(places) > 1:
            values = [_plain(value) for value in lined[1:-1].split("\n")]
            return values if self._never_null else [f'"{value}"' for value in values]
        if places not in (set(), {0}):
            # Every number has as many places, so a zero before a line feed is one at the end of a fraction.
            for _ in range(places.pop() - 1):
                lined = lined.replace("0\n", "\n")
            lined = lined.replace(".0\n", "\n")
        if not self._never_null:
            lined = '\n"' + lined[1:-1].replace("\n", '"\n"') + '"\n'
        return lined[1:-1].split("\n")


def _plain(value: str) -> str:
    if "." in value:
        value = value.rstrip("0").rstrip(".")
    return _without_leading_zeros(value) if value[:1] in ("0", "-") else value


def _without_leading_zeros(value: str) -> str:
    digits = value.removeprefix("-").lstrip("0")
    if not digits:
        return "0"
    if digits.startswith("."):
        digits = f"0{digits}"
    return f"-{digits}" if value.startswith("-") else digits
