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

_MOST_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class Checked:
    """A column's values, and the indices of rows whose cell is suspect (their value means nothing).

    ``values`` are JSON fragments, or where ``bare`` is true, text to be put between quotes.
    """

    values: Sequence[str]
    suspects: list[int]
    bare: bool


Cell = TypeVar("Cell", str, tuple[str, str])


class Remembered(dict[Cell, str | None]):
    """What each distinct cell, or pair, comes to: a JSON fragment, or None if it is not acceptable."""

    def __init__(self, value_of: Callable[[Cell], str | None]) -> None:
        super().__init__()
        self._value_of: Callable[[Cell], str | None] = value_of

    def __missing__(self, cell: Cell) -> str | None:
        try:
            value = fragment(self._value_of(cell))
        except BadCell:
            value = None
        if len(self) > _MOST_REMEMBERED:
            self.clear()
        self[cell] = value
        return value

    def check(self, column: Iterable[Cell]) -> Checked:
        values = list(map(self.__getitem__, column))
        if None not in values:
            return Checked(values, [], bare=False)  # type: ignore[arg-type]  # no None is in it
        suspects = [index for index, value in enumerate(values) if value is None]
        return Checked([value or "" for value in values], suspects, bare=False)


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
    """Ids, names and addresses, which are mostly all different.

    ``pattern`` is what a cell must match whole, besides having no control character. ``empty`` is the JSON of
    an empty cell's value, None where an empty cell needs a closer look.
    """

    def __init__(self, max_length: int, empty: str | None, pattern: re.Pattern[str] | None = None) -> None:
        self._max_length = max_length
        self._empty = empty
        self._pattern = pattern

    def check(self, column: list[str]) -> Checked:
        column = tidied(column)
        joined = "".join(column)
        suspects = self._suspects(column, joined)
        empties = "" in column
        if empties and self._empty is None:
            suspects += [index for index, cell in enumerate(column) if not cell]
            empties = False
        if '"' in joined or "\\" in joined:
            return Checked([self._fragment(cell) for cell in column], suspects, bare=False)
        if empties:
            return Checked(
                [f'"{cell}"' if cell else str(self._empty) for cell in column], suspects, bare=False
            )
        return Checked(column, suspects, bare=True)

    def _fragment(self, cell: str) -> str:
        return fragment(cell) if cell else self._empty or ""

    def _suspects(self, column: list[str], joined: str) -> list[int]:
        suspects: list[int] = []
        if not joined.isprintable():
            # Unprintable are more than the control characters.
            control = cells.CONTROL.search
            suspects += [
                index for index, cell in enumerate(column) if not cell.isprintable() and control(cell)
            ]
        if max(map(len, column)) > self._max_length:
            suspects += [index for index, cell in enumerate(column) if len(cell) > self._max_length]
        if self._pattern is not None:
            matches = map(self._pattern.fullmatch, column)
            suspects += [index for index, match in enumerate(matches) if match is None]
        return suspects


_DIGITS_TO_ZERO = bytes(ord("0") if byte in b"123456789" else byte for byte in range(256))


class NumberColumn:
    """Amounts: the shape of a cell, its digits all made zeros, tells whether it has the form of a number.

    ``empty`` is as in ``TextColumn``.
    """

    def __init__(
        self,
        form: NumberForm,
        decimal: str,
        thousands: str | None,
        empty: str | None,
        *,
        may_be_negative: bool,
    ) -> None:
        self._form = form
        self._empty = empty
        self._decimal = decimal
        self._between = "" if thousands is None else " \u00a0\u202f" if thousands == " " else thousands
        self._may_be_negative = may_be_negative
        self._good_shapes: dict[str, bool] = {}

    def check(self, column: list[str]) -> Checked:
        column = tidied(column)
        joined = "\n".join(column)
        shapes = self._shapes(joined)
        distinct = set(shapes)
        empty = self._empty
        bad = {shape for shape in distinct if not self._good(shape) and (shape or empty is None)}
        suspects = [index for index, shape in enumerate(shapes) if shape in bad] if bad else []
        values = self._plain(joined, distinct - bad)
        if "" in distinct and empty is not None:
            return Checked([f'"{cell}"' if cell else empty for cell in values], suspects, bare=False)
        return Checked(values, suspects, bare=True)

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
        """The cells as plain decimals, as far as they have the shape of a number."""
        for separator in self._between:
            joined = joined.replace(separator, "")
        joined = joined.replace(self._decimal, ".").replace("+", "")
        values = joined.split("\n")
        with_fraction = [self._decimal in shape for shape in shapes if shape]
        if all(with_fraction):
            values = list(map(str.rstrip, map(str.rstrip, values, repeat("0")), repeat(".")))
        elif any(with_fraction):
            values = [value.rstrip("0").rstrip(".") if "." in value else value for value in values]
        if "\n0" in joined or "\n-0" in joined or joined.startswith(("0", "-0")):
            values = [
                _without_leading_zeros(value) if value.startswith(("0", "-0")) else value for value in values
            ]
        return values


def _without_leading_zeros(value: str) -> str:
    digits = value.removeprefix("-").lstrip("0")
    if not digits:
        return "0"
    if digits.startswith("."):
        digits = f"0{digits}"
    return f"-{digits}" if value.startswith("-") else digits
