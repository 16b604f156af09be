"""Checks columns of amounts at once. Most files write all amounts with the same number of decimal places."""

import re
from collections.abc import Callable
from functools import cache

from functions.ingest.reading import cells
from functions.ingest.reading.cells import NumberForm
from functions.ingest.reading.column_checks import CellCache, CheckedColumn, normalised_column, positions

_DIGITS_TO_ZERO = bytes(ord("0") if byte in b"123456789" else byte for byte in range(256))
_MOST_REMEMBERED = 50_000
_FEW = 16
VARIED = 2
"""If more than one cell in this many is new, a cache of the column does not pay."""


class NumberColumn:
    """Checks amounts. ``empty`` is the value of an empty cell, or None where it needs a closer look."""

    def __init__(
        self,
        form: NumberForm,
        decimal: str,
        thousands: str | None,
        empty: str | None,
        value_of: Callable[[str], str | None],
        *,
        may_be_negative: bool,
    ) -> None:
        self._form = form
        self._empty = empty
        self._decimal = decimal
        self._between = "" if thousands is None else " \u00a0\u202f" if thousands == " " else thousands
        self._may_be_negative = may_be_negative
        self._good_shapes: dict[str, bool] = {}
        self._remembered: CellCache[str] | None = CellCache(value_of)

    def check(self, column: list[str]) -> CheckedColumn:
        """Check a column. Quotas are mostly a few round numbers, so they are cached; credits differ."""
        remembered = self._remembered
        if remembered is not None and not remembered and len({*column}) * VARIED > len(column):
            remembered = self._remembered = None
        if remembered is None:
            return self._regular(column) or self._irregular(normalised_column(column))
        before = len(remembered)
        checked = remembered.check(column)
        if (len(remembered) - before) * VARIED > len(column):
            self._remembered = None
        return checked

    def _regular(self, column: list[str]) -> CheckedColumn | None:
        """The column, if nearly all numbers have the same places and no plus sign or leading zero, else None.

        One pattern runs over the whole column, and stops at each other cell.
        """
        places = len(column[0].partition(self._decimal)[2])
        if places > cells.MAX_FRACTION_DIGITS or not self._decimal.isascii():
            return None
        joined = "\n".join([*column, ""])
        pattern = _regular_numbers(self._decimal, self._between, places, self._may_be_negative)
        others: list[int] = []
        at = _end_of_match(pattern, joined, 0)
        while at < len(joined):
            if len(others) == _FEW:
                return None
            others.append(joined.count("\n", 0, at))
            at = _end_of_match(pattern, joined, joined.index("\n", at) + 1)
        values = self._without_last_zeros(self._unmarked(joined), places).split("\n")
        del values[-1]
        empty = self._empty
        if others and empty is not None:
            for index in others:
                if not column[index]:
                    values[index] = empty
            others = [index for index in others if column[index]]
        return CheckedColumn(values, others)

    def _irregular(self, column: list[str]) -> CheckedColumn:
        """Check any column by the shapes of its cells: a shape has a zero for every digit."""
        joined = "\n".join(column)
        shapes = self._shapes(joined)
        distinct = set(shapes)
        empty = self._empty
        bad = {shape for shape in distinct if not self._good(shape) and (shape or empty is None)}
        suspects = [index for shape in bad for index in positions(shapes, shape)]
        values = [_plain(value) for value in self._unmarked(joined).split("\n")]
        if empty is not None and "" in distinct:
            for index in positions(shapes, ""):
                values[index] = empty
        return CheckedColumn(values, suspects)

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

    def _unmarked(self, joined: str) -> str:
        """The numbers without thousands separators and plus signs, and with a decimal point."""
        for mark in (*self._between, "+"):
            if mark in joined:
                joined = joined.replace(mark, "")
        return joined if self._decimal == "." else joined.replace(self._decimal, ".")

    def _without_last_zeros(self, lined: str, places: int) -> str:
        """Remove zeros at the end of fractions. Every number has this many places."""
        if places:
            for _ in range(places - 1):
                lined = lined.replace("0\n", "\n")
            lined = lined.replace(".0\n", "\n")
        return lined


@cache
def _regular_numbers(decimal: str, between: str, places: int, may_be_negative: bool) -> re.Pattern[str]:
    """Matches lines of numbers without plus signs and leading zeros."""
    whole = rf"[1-9][0-9]{{0,{cells.MAX_WHOLE_DIGITS - 1}}}"
    if between:
        grouped = (
            rf"[1-9][0-9]{{0,2}}(?:[{re.escape(between)}][0-9]{{3}}){{1,{cells.MAX_WHOLE_DIGITS // 3 - 1}}}"
        )
        whole = rf"(?:{grouped}|{whole})"
    sign = "-?" if may_be_negative else ""
    fraction = rf"{re.escape(decimal)}[0-9]{{{places}}}" if places else ""
    return re.compile(rf"(?>{sign}{whole}{fraction}\n|0{fraction}\n)*+")


def _end_of_match(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.match(text, start)
    return start if found is None else found.end()


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
