"""Checks one row, cell by cell: returns the values of our columns, or every fault."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import orjson

from functions.ingest.reading import cells
from functions.ingest.reading.cells import BadCell, Number, NumberForm, normalised
from functions.ingest.reading.codes import Fault, FileCode, RowCode
from functions.ingest.reading.columns import COLUMNS, MAY_NOT_BE_EMPTY
from functions.ingest.reading.profile import Profile
from shared.domain.period import Period

LONGEST_VALUE_SHOWN = 200
_MOST_PERIODS = 1_024


@cache
def days_of(period: str) -> int:
    """How many days a period, written ``2026-09`` or ``2026-Q3``, has."""
    return Period.parse(period).days


@dataclass(frozen=True, slots=True)
class Layout:
    """The number of fields of a row, and the position of each mapped column, counted from 0."""

    width: int
    positions: Mapping[str, int]


def layout_of_header(profile: Profile, names: Sequence[str]) -> Layout | FileCode:
    """The layout from a header, or why the file is refused. ``names`` are cells as read."""
    header = [normalised(name) for name in names]
    mapped = set(profile.columns.values())
    if not mapped.issubset(header):
        return FileCode.HEADER_MISSING_COLUMN
    if any(header.count(name) > 1 for name in mapped):
        return FileCode.HEADER_DUPLICATE_COLUMN
    if profile.extra_columns == "refuse" and len(header) > len(mapped):
        return FileCode.HEADER_EXTRA_COLUMN
    return Layout(len(header), {ours: header.index(theirs) for ours, theirs in profile.columns.items()})


def layout_of_width(profile: Profile, width: int) -> Layout | FileCode:
    """The layout of a file without a header, whose first good row has this many fields."""
    positions = {ours: int(theirs) - 1 for ours, theirs in profile.columns.items()}
    if max(positions.values()) >= width:
        return FileCode.HEADER_MISSING_COLUMN
    if profile.extra_columns == "refuse" and len(set(positions.values())) < width:
        return FileCode.HEADER_EXTRA_COLUMN
    return Layout(width, positions)


Values = tuple[str | None, ...]
"""The values of a row in our form, in the order of ``columns.COLUMNS``."""


class RowChecker:
    """Checks the fields of rows of one file."""

    def __init__(self, profile: Profile, layout: Layout) -> None:
        self.columns = COLUMNS[profile.kind]
        self._positions = layout.positions
        self._numbers = NumberForm(profile.format.decimal, profile.format.thousands)
        self._blanks = profile.blank_values()
        self._checks = profile.checks()
        # The sort is stable: two of our columns at one position keep the order of the profile. Unmapped
        # columns come last.
        mapped = sorted(layout.positions, key=lambda ours: layout.positions[ours])
        self._order: list[tuple[str, int | None]] = [(ours, layout.positions[ours]) for ours in mapped]
        self._order += [(ours, None) for ours in self.columns if ours not in layout.positions]
        self._has_period = profile.kind == "attainment"
        if self._has_period:
            self._checks["period"] = lru_cache(_MOST_PERIODS)(self._checks["period"])

    def check(self, fields: Sequence[str]) -> Values | list[Fault]:
        """The row's values, or its faults in the order of the file's columns."""
        found = {
            ours: "" if position is None else normalised(fields[position]) for ours, position in self._order
        }
        days = self.period_days(found["period"]) if self._has_period else None
        values: dict[str, str | None] = {}
        faults: list[Fault] = []
        for ours, _ in self._order:
            try:
                values[ours] = self.value(ours, found[ours], days)
            except BadCell as bad:
                faults.append(Fault(ours, bad.code, found[ours][:LONGEST_VALUE_SHOWN]))
        return faults or tuple(values[ours] for ours in self.columns)

    def value(self, ours: str, cell: str, period_days: int | None) -> str | None:
        """A normalised cell's value in our form; raises BadCell."""
        if not cell:
            value = self._blanks.get(ours)
            if value is None and ours in MAY_NOT_BE_EMPTY:
                raise BadCell(RowCode.MISSING_VALUE)
            # The profile's own check of ``blank`` did not know the length of this row's period.
            return cells.leave_days(value, period_days) if value and ours == "leave_days" else value
        if ours == "leave_days":
            return cells.leave_days(cell, period_days)
        return self._checks[ours](cell)

    def number(self, ours: str, fields: Sequence[str]) -> Number | None:
        """The number in one of our columns of any row; None if the cell is not a number."""
        position = self._positions.get(ours)
        return None if position is None else self._numbers.read(normalised(fields[position]))

    def period_days(self, cell: str) -> int | None:
        """The number of days of the period in a normalised cell; None if it is not a period."""
        try:
            period = self.value("period", cell, None)
        except BadCell:
            return None
        return days_of(period) if period else None

    def key(self, values: Values) -> tuple[str, str]:
        """The key of a row: its id, and its period ("" for people)."""
        return str(values[0]), str(values[1]) if self._has_period else ""

    def as_json(self, line: int, values: Values) -> bytes:
        """An accepted row as a JSON line."""
        row = {"line": line, **dict(zip(self.columns, values, strict=True))}
        return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
