"""Checks whole columns at once, in passes at C's speed, and names the rows that need a closer look.

A column's pass may suspect a good cell, and never passes a bad one: of whatever is suspected,
``rows.RowChecker`` decides. Tests hold the two against each other.
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
"""For ASCII: what is neither a control character nor to be escaped in JSON is plain."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A column's values, and the indices of rows whose cell is suspect (their value means nothing).

    ``values`` are JSON strings without the quotes around them, or ``NULL``; those of a column that is folded
    have more around them (see ``json_lines``).
    """

    values: list[str]
    suspects: list[int]


Cell = TypeVar("Cell", str, tuple[str, str])


class Remembered(dict[Cell, str]):
    """What each distinct cell, or pair, comes to: as in ``Checked``, or nothing if it is not acceptable.

    ``piece_of`` makes of a value what stands in the column.
    """

    def __init__(
        self, value_of: Callable[[Cell], str | None], piece_of: Callable[[str], str] | None = None
    ) -> None:
        super().__init__()
        self._value_of: Callable[[Cell], str | None] = value_of
        self._piece_of = piece_of
        self._bad = False

    def __missing__(self, cell: Cell) -> str:
        # What is not acceptable is not remembered, so that a column has none unless this was asked.
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

    def check(self, column: list[Cell]) -> Checked:
        first = column[0]
        if first == column[-1] and column.count(first) == len(column):
            value = self[first]
            return Checked([value] * len(column), [] if value else [*range(len(column))])
        self._bad = False
        values = list(map(self.__getitem__, column))
        return Checked(values, positions(values, "") if self._bad else [])


def positions(column: Sequence[object], wanted: object) -> list[int]:
    """Where a value stands in a column, which it mostly does not or seldom."""
    found: list[int] = []
    place = -1
    for _ in range(column.count(wanted)):
        place = column.index(wanted, place + 1)
        found.append(place)
    return found


def fragment(value: str | None) -> str:
    """A value as a JSON string without the quotes around it, or ``NULL``."""
    return NULL if value is None else orjson.dumps(value).decode()[1:-1]


def tidied(column: list[str]) -> list[str]:
    """The column's cells stripped of blanks and in NFC, touched only where some cell asks for it."""
    joined = "\n".join(column)
    if " " in joined or "\t" in joined:
        framed = f"\n{joined}\n"
        if any(f"\n{blank}" in framed or f"{blank}\n" in framed for blank in BLANKS):
            column = list(map(str.strip, column, repeat(BLANKS)))
    if joined.isascii() or unicodedata.is_normalized("NFC", joined):
        return column
    return [cell if cell.isascii() else unicodedata.normalize("NFC", cell) for cell in column]


class TextColumn:
    """Ids, names and addresses, which are mostly all different; cells come tidied.

    ``pattern`` is what a cell must match whole, besides having no control character. ``empty`` is what an
    empty cell comes to, None where it needs a closer look.
    """

    def __init__(self, max_length: int, empty: str | None, *, pattern: re.Pattern[str] | None = None) -> None:
        self._max_length = max_length
        self._too_long = b"x" * (max_length + 1)
        self._empty = empty
        self._pattern = pattern

    def check(self, column: list[str]) -> Checked:
        if self._pattern is None and self._all_plain("\n".join(column)):
            return Checked(column, [])
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
        return Checked(values, suspects)

    def _all_plain(self, lined: str) -> bool:
        """Whether there is nothing to be said of any cell."""
        if not lined.isascii():
            return False
        marks = b"\n%b\n" % lined.encode("ascii").translate(_PLAIN_OR_NOT)
        return b"!" not in marks and b"\n\n" not in marks and self._too_long not in marks

    def _suspects(self, column: list[str], joined: str) -> list[int]:
        suspects: list[int] = []
        if not joined.isprintable():
            # Unprintable are more than the control characters.
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
