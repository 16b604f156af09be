"""Reads dates and periods in the forms that profiles name, and returns them in ISO form.

A form consists of %Y, %m, %d, %b, %B and literal text. It is compiled to a pattern, because ``strptime``
accepts short numbers, digits of other alphabets and the month names of the machine's locale.
"""

import calendar
import re
import unicodedata
from collections.abc import Callable

from functions.ingest.reading.cells import BadCell
from functions.ingest.reading.codes import RowCode

FIRST_YEAR = 1900
LAST_YEAR = 2199

_MONTHS = [
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
]
_FULL_NAMES = {name.lower(): number for number, name in enumerate(_MONTHS, 1)}
_SHORT_NAMES = {name[:3].lower(): number for number, name in enumerate(_MONTHS, 1)}
_PATTERNS = {
    "Y": r"(?P<Y>[0-9]{4})",
    "m": r"(?P<m>[0-9]{2})",
    "d": r"(?P<d>[0-9]{2})",
    "b": f"(?P<b>(?ai:{'|'.join(_SHORT_NAMES)}))",
    "B": f"(?P<B>(?ai:{'|'.join(_FULL_NAMES)}))",
}
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_QUARTER = re.compile(r"([0-9]{4})[-_]Q([1-4])")

YearMonthDay = tuple[int, int, int]


def compile_form(form: str, *, needs_day: bool) -> re.Pattern[str]:
    """The pattern of a form; ValueError says what is wrong with the form."""
    parts: list[str] = []
    seen: set[str] = set()
    rest = iter(unicodedata.normalize("NFC", form))
    for character in rest:
        directive = next(rest, "") if character == "%" else None
        if directive is None or directive == "%":
            parts.append(re.escape(character))
        elif directive not in _PATTERNS:
            raise ValueError(f"%{directive} is not one of %Y %m %d %b %B")
        elif directive in seen:
            raise ValueError(f"%{directive} stands in it twice")
        else:
            seen.add(directive)
            parts.append(_PATTERNS[directive])
    if "Y" not in seen or len(seen & {"m", "b", "B"}) != 1:
        raise ValueError("it needs %Y and one of %m %b %B")
    if needs_day and "d" not in seen:
        raise ValueError("it needs %d")
    return re.compile("".join(parts))


def _days_of_month(year: int, month: int) -> int:
    return 29 if month == 2 and calendar.isleap(year) else _DAYS[month - 1]


def _read(pattern: re.Pattern[str], cell: str) -> YearMonthDay | None:
    """Year, month and day (1 where the form has none), or None if there is no such day."""
    found = pattern.fullmatch(cell)
    if found is None:
        return None
    parts = found.groupdict()
    year = int(parts["Y"])
    if "m" in parts:
        month = int(parts["m"])
    elif "b" in parts:
        month = _SHORT_NAMES[parts["b"].lower()]
    else:
        month = _FULL_NAMES[parts["B"].lower()]
    day = int(parts.get("d") or 1)
    if not 1 <= month <= 12 or not 1 <= day <= _days_of_month(year, month):
        return None
    return year, month, day


def date_check(form: str) -> Callable[[str], str]:
    pattern = compile_form(form, needs_day=True)

    def check(cell: str) -> str:
        day = _read(pattern, cell)
        if day is None:
            raise BadCell(RowCode.NOT_A_DATE)
        if not FIRST_YEAR <= day[0] <= LAST_YEAR:
            raise BadCell(RowCode.OUT_OF_RANGE)
        return f"{day[0]:04d}-{day[1]:02d}-{day[2]:02d}"

    return check


def period_check(form: str) -> Callable[[str], str]:
    """A month by its form, or a quarter where the form is the word ``quarter``."""
    if form == "quarter":
        return _quarter
    pattern = compile_form(form, needs_day=False)

    def check(cell: str) -> str:
        day = _read(pattern, cell)
        if day is None or not FIRST_YEAR <= day[0] <= LAST_YEAR:
            raise BadCell(RowCode.BAD_PERIOD)
        return f"{day[0]:04d}-{day[1]:02d}"

    return check


def _quarter(cell: str) -> str:
    found = _QUARTER.fullmatch(cell)
    if found is None or not FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
        raise BadCell(RowCode.BAD_PERIOD)
    return f"{found[1]}-Q{found[2]}"
