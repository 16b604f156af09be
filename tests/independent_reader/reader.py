"""A whole export, by a profile that was parsed and found valid elsewhere."""

import unicodedata
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from tests.independent_reader.cells import ATTAINMENT, MAY_BE_EMPTY, PEOPLE, judged
from tests.independent_reader.rows import Row, lines_of, rows_of

_BINARY: Final = (
    *(b"PK\x03\x04", b"\x1f\x8b", b"%PDF-", b"\xd0\xcf\x11\xe0", b"\x89PNG", b"PAR1", b"SQLite format 3"),
)
_PLAIN: Final = {"decimal": ".", "thousands": None, "date": "%Y-%m-%d"}


@dataclass
class Outcome:
    """What became of the export; lists of rows are empty where it is refused before its rows."""

    refused: str | None = None
    blank_lines: int = 0
    accepted: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[dict[str, Any]] = field(default_factory=list)

    @property
    def codes(self) -> dict[str, int]:
        return dict(Counter(fault["code"] for row in self.rejected for fault in row["faults"]))


def read(data: bytes, profile: Mapping[str, Any]) -> Outcome:
    """``data`` is uncompressed; ``profile`` has all of its keys, defaults included."""
    form = profile["format"]
    if not data:
        return Outcome("empty")
    if data.startswith(_BINARY) or _has_nul(data, form["encoding"]):
        return Outcome("not_text")
    everything = list(rows_of(lines_of(data, form["encoding"]), form["delimiter"], form["quote"]))
    rows = [row for row in everything if row is not None]
    if not rows:
        return Outcome("empty")
    layout = _Layout(profile)
    refused = layout.headed(rows.pop(0)) if form["header"] else layout.counted(rows)
    if refused or not rows:
        return Outcome(refused or "empty")
    outcome = Outcome(blank_lines=everything.count(None))
    by_key: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        values, faults = layout.judged(row)
        if faults:
            outcome.rejected.append({"line": row.line, "faults": faults})
        else:
            key = tuple(values[column] for column in layout.key)
            by_key.setdefault(key, []).append({"line": row.line, **values})
    for same in by_key.values():
        _settle(same, profile["same_key"] == "sum", outcome)
    outcome.accepted.sort(key=lambda row: int(row["line"]))
    outcome.rejected.sort(key=lambda row: int(row["line"]))
    if len(outcome.rejected) > Decimal(profile["max_rejected_fraction"]) * len(rows):
        outcome.refused = "too_many_rejected"
    return outcome


def _settle(same: list[dict[str, Any]], adds_up: bool, outcome: Outcome) -> None:
    """Accept, add up or reject the rows of one key."""
    says = [{column: value for column, value in row.items() if column != "line"} for row in same]
    if all(each == says[0] for each in says):
        outcome.accepted.append(same[0])
        rejected, code = same[1:], "duplicate"
    elif adds_up and (total := _total(same)):
        outcome.accepted.append(total)
        return
    else:
        rejected, code = same, "conflicting"
    outcome.rejected += [{"line": row["line"], "faults": [_fault(None, code, None)]} for row in rejected]


def _total(same: list[dict[str, Any]]) -> dict[str, Any] | None:
    """One row for all; None where they have no sum."""
    if len({row["currency"] for row in same}) > 1:
        return None
    total = {**same[0], "lines": [row["line"] for row in same]}
    for column in ("quota", "credited"):
        cells = [row[column] for row in same]
        total[column] = None
        if None not in cells:
            millionths = sum(int(Fraction(cell) * 10**6) for cell in cells)
            if abs(millionths) >= 10**24:
                return None
            whole, rest = divmod(abs(millionths), 10**6)
            text = f"{whole}.{rest:06}".rstrip("0").rstrip(".")
            total[column] = f"-{text}" if millionths < 0 else text
    leaves = [row["leave_days"] for row in same]
    total["leave_days"] = None if None in leaves else max(leaves, key=int)
    return total


def _has_nul(data: bytes, encoding: str) -> bool:
    if encoding != "utf-16":
        return b"\0" in data
    return any(data[place : place + 2] == b"\0\0" for place in range(0, len(data), 2))


def _fault(column: str | None, code: str, value: str | None) -> dict[str, str | None]:
    return {"column": column, "code": code, "value": value if value is None else value[:200]}


def _cell(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip(" \t"))


class _Layout:
    """Where each column stands, and what its cells must be."""

    def __init__(self, profile: Mapping[str, Any]) -> None:
        self.form: Mapping[str, Any] = profile["format"]
        self.theirs: Mapping[str, str] = profile["columns"]
        self.blank: Mapping[str, str] = profile["blank"]
        self.strict = profile["extra_columns"] == "refuse"
        attainment = profile["kind"] == "attainment"
        self.columns = ATTAINMENT if attainment else PEOPLE
        self.key = ("rep_id", "period") if attainment else ("person_id",)
        self.places: dict[str, int] = {}
        self.width = 0

    def headed(self, header: Row) -> str | None:
        names = [] if header.fault else [_cell(name) for name in header.fields]
        if any(name not in names for name in self.theirs.values()):
            return "header_missing_column"
        if any(names.count(name) > 1 for name in self.theirs.values()):
            return "header_duplicate_column"
        self.places = {column: names.index(name) for column, name in self.theirs.items()}
        self.width = len(names)
        return "header_extra_column" if self.strict and set(names) - set(self.theirs.values()) else None

    def counted(self, rows: list[Row]) -> str | None:
        whole = [row for row in rows if row.fault is None]
        if not whole:
            return None  # every row has a fault of its own, and none says how many columns there are
        self.width = len(whole[0].fields)
        self.places = {column: int(position) - 1 for column, position in self.theirs.items()}
        if max(self.places.values()) >= self.width:
            return "header_missing_column"
        extra = set(range(self.width)) - set(self.places.values())
        return "header_extra_column" if self.strict and extra else None

    def judged(self, row: Row) -> tuple[dict[str, str | None], list[dict[str, str | None]]]:
        """The row's values by our columns, and its faults in the order of its own."""
        values = dict.fromkeys(self.columns)
        whole = row.fault or ("wrong_field_count" if len(row.fields) != self.width else None)
        if whole:
            return values, [_fault(None, whole, None)]
        faults = []
        period = self._value("period", row, None)[1] if "period" in self.columns else None
        mapped = list(self.theirs)
        for column in sorted(mapped, key=lambda name: (self.places[name], mapped.index(name))):
            cell, value, code = self._value(column, row, period)
            values[column] = value
            if code:
                faults.append(_fault(column, code, cell))
        for column in set(self.columns) - set(mapped):
            values[column] = self._filled(column, period)[0]
        return values, faults

    def _value(self, column: str, row: Row, period: str | None) -> tuple[str, str | None, str | None]:
        cell = _cell(row.fields[self.places[column]])
        if cell:
            return (cell, *judged(column, cell, self.form, period))
        if column in self.blank or column in MAY_BE_EMPTY:
            return (cell, *self._filled(column, period))
        return cell, None, "missing_value"

    def _filled(self, column: str, period: str | None) -> tuple[str | None, str | None]:
        """What an empty cell means."""
        if column not in self.blank:
            return ("true" if column == "active" else None), None
        quarters = self.form["period"] == "quarter"
        plain = {**_PLAIN, "period": "quarter" if quarters else "%Y-%m"}
        return judged(column, self.blank[column], plain, period)
