"""Checks single cells. Each check takes a stripped, normalised, non-empty cell.

A check returns the value in our form. It raises ``BadCell`` with the first code that applies, in this order:
form, control character, length, digits, range.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from functions.ingest.reading.codes import RowCode

CellCheck = Callable[[str], str]

MAX_ID_LENGTH = 128
MAX_NAME_LENGTH = 256
MAX_EMAIL_LENGTH = 254
MAX_WHOLE_DIGITS = 18
MAX_FRACTION_DIGITS = 6

CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
"""Unicode category Cc, which is closed: later versions of Unicode add nothing to it."""

BLANKS = " \t"

NOT_IN_EMAIL = (
    r"\x00-\x20\x7f-\xa0\xad@,;<>"
    r"\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f"
    r"\u3000\ufeff\ufff9-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    r"\U0001d173-\U0001d17a\U000e0001\U000e0020-\U000e007f"
)
"""Members of a character class: signs, and Unicode's control (Cc), format (Cf) and separator characters.

Such a character is invisible in a file, and no mail can be sent to an address that has one.
"""
_NOT_IN_EMAIL = re.compile(f"[{NOT_IN_EMAIL}]")


class BadCell(Exception):
    """Why a cell is not acceptable; the check of the row catches it."""

    def __init__(self, code: RowCode) -> None:
        super().__init__(code.value)
        self.code = code


def normalised(cell: str) -> str:
    """A cell without surrounding blanks (space, tab), in Unicode's NFC."""
    stripped = cell.strip(BLANKS)
    return stripped if stripped.isascii() else unicodedata.normalize("NFC", stripped)


def text_check(max_length: int) -> CellCheck:
    def check(cell: str) -> str:
        if CONTROL.search(cell):
            raise BadCell(RowCode.CONTROL_CHARACTER)
        if len(cell) > max_length:
            raise BadCell(RowCode.TOO_LONG)
        return cell

    return check


@dataclass(frozen=True, slots=True)
class Number:
    """A number in a cell: its sign, and its digits without leading and trailing zeros."""

    negative: bool
    whole: str
    fraction: str

    def plain(self) -> str:
        digits = self.whole or "0"
        if self.fraction:
            digits = f"{digits}.{self.fraction}"
        return f"-{digits}" if self.negative and (self.whole or self.fraction) else digits


class NumberForm:
    """The numbers of one profile: its decimal separator and its thousands separator, if any."""

    def __init__(self, decimal: str, thousands: str | None) -> None:
        fraction = rf"(?:{re.escape(decimal)}([0-9]+))?"
        self._plain = re.compile(rf"([+-]?)([0-9]+){fraction}")
        self._grouped: re.Pattern[str] | None = None
        self._between = ""
        if thousands is not None:
            # Office programs write non-breaking spaces between thousands.
            self._between = " \u00a0\u202f" if thousands == " " else thousands
            self._grouped = re.compile(
                rf"([+-]?)([0-9]{{1,3}}(?:[{re.escape(self._between)}][0-9]{{3}})+){fraction}"
            )

    def read(self, cell: str) -> Number | None:
        """The number, or None if the cell does not have the form of a number."""
        found = self._plain.fullmatch(cell)
        if found is None and self._grouped is not None:
            found = self._grouped.fullmatch(cell)
        if found is None:
            return None
        whole = found[2]
        for separator in self._between:
            whole = whole.replace(separator, "")
        return Number(found[1] == "-", whole.lstrip("0"), (found[3] or "").rstrip("0"))


def amount_check(form: NumberForm, *, may_be_negative: bool) -> CellCheck:
    def check(cell: str) -> str:
        number = form.read(cell)
        if number is None:
            raise BadCell(RowCode.NOT_A_NUMBER)
        if len(number.whole) > MAX_WHOLE_DIGITS or len(number.fraction) > MAX_FRACTION_DIGITS:
            raise BadCell(RowCode.TOO_MANY_DIGITS)
        plain = number.plain()
        if plain.startswith("-") and not may_be_negative:
            raise BadCell(RowCode.OUT_OF_RANGE)
        return plain

    return check


_WHOLE_NUMBER = re.compile(r"([+-]?)([0-9]+)")


def leave_days(cell: str, period_days: int | None) -> str:
    """A whole number of days, at most those of the period (where the period is known)."""
    found = _WHOLE_NUMBER.fullmatch(cell)
    if found is None:
        raise BadCell(RowCode.NOT_A_NUMBER)
    digits = found[2].lstrip("0") or "0"
    if found[1] == "-" and digits != "0":
        raise BadCell(RowCode.OUT_OF_RANGE)
    if period_days is not None and (len(digits) > 3 or int(digits) > period_days):
        raise BadCell(RowCode.OUT_OF_RANGE)
    return digits


@cache
def currencies() -> frozenset[str]:
    """The alphabetic codes of ISO 4217 that are in use."""
    return frozenset(files("functions.ingest.reading").joinpath("iso4217.txt").read_text("ascii").split())


def currency(cell: str) -> str:
    if cell not in currencies():
        raise BadCell(RowCode.UNKNOWN_CURRENCY)
    return cell


@cache
def timezones() -> frozenset[str]:
    """The keys of the IANA database from the ``tzdata`` package, so that all machines agree."""
    return frozenset(files("tzdata").joinpath("zones").read_text("ascii").split())


def timezone(cell: str) -> str:
    if cell not in timezones():
        raise BadCell(RowCode.UNKNOWN_TIMEZONE)
    return cell


def email(cell: str) -> str:
    """One address without a display name, of the lengths that RFC 5321 allows."""
    local, at, domain = cell.partition("@")
    labels = domain.split(".")
    good = (
        at
        and 1 <= len(local) <= 64
        and 3 <= len(cell) <= MAX_EMAIL_LENGTH
        and len(labels) > 1
        and all(labels)
        and not _NOT_IN_EMAIL.search(local)
        and not _NOT_IN_EMAIL.search(domain)
    )
    if not good:
        raise BadCell(RowCode.BAD_EMAIL)
    return cell


_BOOLEANS = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"}


def boolean(cell: str) -> str:
    value = _BOOLEANS.get(cell.lower())
    if value is None:
        raise BadCell(RowCode.NOT_A_BOOLEAN)
    return value
