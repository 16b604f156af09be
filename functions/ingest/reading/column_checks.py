"""Checks whole columns at once with built-ins that run in C, and names the rows that need a closer look.

A column check may suspect a good cell, but never passes a bad one. ``rows.RowChecker`` decides on every
suspect. Tests compare the two.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import TypeVar

import orjson

from functions.ingest.reading import cells
from functions.ingest.reading.cells import BLANKS, BadCell
from functions.ingest.reading.json_lines import NULL

_MOST_REMEMBERED = 50_000

_PLAIN_OR_NOT = bytes(
    byte if byte == 0x0A else ord("x") if 0x20 <= byte < 0x7F and byte not in b'"\\' else ord("!")
    for byte in range(256)
)
"""For ASCII: a plain character is neither a control character nor escaped in JSON."""


@dataclass(frozen=True, slots=True)
class CheckedColumn:
    """A column's values, and the indices of rows whose cell is suspect. The value of a suspect is undefined.

    ``values`` are JSON strings without the quotes around them, or ``NULL``. Values of a folded column include
    the text around them (see ``json_lines``).
    """

    values: list[str]
    suspects: list[int]


Cell = TypeVar("Cell", str, tuple[str, str])


class CellCache(dict[Cell, str]):
    """A cache from a cell, or pair of cells, to its value as in ``CheckedColumn``; "" if not acceptable.

    ``piece_of`` turns a value into what the column holds.
    """

    def __init__(
        self, value_of: Callable[[Cell], str | None], piece_of: Callable[[str], str] | None = None
    ) -> None:
        super().__init__()
        self._value_of: Callable[[Cell], str | None] = value_of
        self._piece_of = piece_of
        self._bad = False

    def __missing__(self, cell: Cell) -> str:
        # Bad cells are not cached, so a column can only hold one if this method was called.
        try:
            value = fragment(self._value_of(cell))
        except BadCell:
            self._bad = True
            return ""
        if self._piece_of is not None:
            value = self._piece_of(value)
        if len(self) > _MOST_REMEMBERED:
            self.clear()
        self[cell] = value
        return value

    def check(self, column: list[Cell]) -> CheckedColumn:
        first = column[0]
        if first == column[-1] and column.count(first) == len(column):
            value = self[first]
            return CheckedColumn([value] * len(column), [] if value else [*range(len(column))])
        self._bad = False
        values = list(map(self.__getitem__, column))
        return CheckedColumn(values, positions(values, "") if self._bad else [])


def positions(column: Sequence[object], wanted: object) -> list[int]:
    """The indices of a value in a column. Quick where it is rare or absent."""
    found: list[int] = []
    place = -1
    for _ in range(column.count(wanted)):
        place = column.index(wanted, place + 1)
        found.append(place)
    return found


def fragment(value: str | None) -> str:
    """A value as a JSON string without the quotes around it, or ``NULL``."""
    return NULL if value is None else orjson.dumps(value).decode()[1:-1]


def normalised_column(column: list[str]) -> list[str]:
    """The column's cells without surrounding blanks and in NFC; most columns need no change."""
    joined = "\n".join(column)
    if " " in joined or "\t" in joined:
        framed = f"\n{joined}\n"
        if any(f"\n{blank}" in framed or f"{blank}\n" in framed for blank in BLANKS):
            column = list(map(str.strip, column, repeat(BLANKS)))
    if joined.isascii() or unicodedata.is_normalized("NFC", joined):
        return column
    return [cell if cell.isascii() else unicodedata.normalize("NFC", cell) for cell in column]


class TextColumn:
    """Checks ids, names and addresses, most of which are different. Cells are normalised beforehand.

    A cell must match ``pattern`` as a whole and have no control character. ``empty`` is the value of an empty
    cell, or None where an empty cell needs a closer look.
    """

    def __init__(self, max_length: int, empty: str | None, *, pattern: re.Pattern[str] | None = None) -> None:
        self._max_length = max_length
        self._too_long = b"x" * (max_length + 1)
        self._empty = empty
        self._pattern = pattern

    def check(self, column: list[str]) -> CheckedColumn:
        if self._pattern is None and self._all_plain("\n".join(column)):
            return CheckedColumn(column, [])
        joined = "".join(column)
        suspects = self._suspects(column, joined)
        escaped = '"' in joined or "\\" in joined
        values = [fragment(cell) for cell in column] if escaped else column
        empties = positions(column, "")
        if self._empty is None:
            suspects += empties
        elif empties:
            values = [*values]
            for index in empties:
                values[index] = self._empty
        return CheckedColumn(values, suspects)

    def _all_plain(self, lined: str) -> bool:
        """Whether every cell is certainly good and has nothing to escape."""
        if not lined.isascii():
            return False
        marks = b"\n%b\n" % lined.encode("ascii").translate(_PLAIN_OR_NOT)
        return b"!" not in marks and b"\n\n" not in marks and self._too_long not in marks

    def _suspects(self, column: list[str], joined: str) -> list[int]:
        suspects: list[int] = []
        if not joined.isprintable():
            # Other characters than control characters are unprintable too.
            unprintable = positions(list(map(str.isprintable, column)), False)
            suspects += [index for index in unprintable if cells.CONTROL.search(column[index])]
        lengths = list(map(len, column))
        if max(lengths) > self._max_length:
            for length in {*lengths}:
                if length > self._max_length:
                    suspects += positions(lengths, length)
        if self._pattern is not None:
            suspects += positions(list(map(self._pattern.fullmatch, column)), None)
        return suspects
