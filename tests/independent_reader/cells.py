"""What one cell must be, column by column: a value, or a fault's code."""

import calendar
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from zoneinfo import available_timezones

ATTAINMENT: Final = ("rep_id", "period", "quota", "credited", "currency", "leave_days")
PEOPLE: Final = (
    *("person_id", "name", "email", "manager_id", "role", "region", "hire_date"),
    *("hr_partner_id", "timezone", "active", "delegate_id", "delegate_from", "delegate_until"),
)
MAY_BE_EMPTY: Final = {
    *("quota", "leave_days", "manager_id", "hr_partner_id", "timezone", "active"),
    *("delegate_id", "delegate_from", "delegate_until"),
}
_CURRENCIES: Final = set(Path("functions/ingest/reading/iso4217.txt").read_text().split())
_ZONES: Final = available_timezones()
_SHORT: Final = [name.lower() for name in calendar.month_abbr[1:]]
_LONG: Final = [name.lower() for name in calendar.month_name[1:]]
_BOOLEANS: Final = {"true": "true", "yes": "true", "1": "true", "false": "false", "no": "false", "0": "false"}


def judged(
    column: str, cell: str, form: Mapping[str, Any], period: str | None
) -> tuple[str | None, str | None]:
    """Value and code, one of which is None. ``period`` is the row's, where that is one."""
    if column in ("quota", "credited"):
        return _amount(column, cell, form["decimal"], form["thousands"])
    if column == "leave_days":
        return _leave(cell, period)
    if column == "period":
        return _period(cell, form["period"])
    if column in ("hire_date", "delegate_from", "delegate_until"):
        return _date(cell, form["date"])
    if column == "active":
        value = _BOOLEANS.get(cell.lower())
        return value, None if value else "not_a_boolean"
    if column == "currency":
        return _member(cell, cell in _CURRENCIES, "unknown_currency")
    if column == "timezone":
        return _member(cell, cell in _ZONES, "unknown_timezone")
    if column == "email":
        return _member(cell, _is_address(cell), "bad_email")
    if any(unicodedata.category(character) == "Cc" for character in cell):
        return None, "control_character"
    most = 256 if column in ("name", "role", "region") else 128
    return _member(cell, len(cell) <= most, "too_long")


def _member(cell: str, good: bool, code: str) -> tuple[str | None, str | None]:
    return (cell, None) if good else (None, code)


def plain_number(cell: str, decimal: str, thousands: str | None) -> tuple[bool, str, str] | None:
    """Whether it is negative, its digits before and after the point; None where it is no number."""
    body = cell[1:] if cell[:1] in ("+", "-") else cell
    whole, point, fraction = body.partition(decimal)
    if point and not re.fullmatch("[0-9]+", fraction):
        return None
    if thousands:
        marks = (" ", "\u00a0", "\u202f") if thousands == " " else (thousands,)
        groups = [whole]
        for mark in marks:
            groups = [part for group in groups for part in group.split(mark)]
        if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])):
            return None
        whole = "".join(groups)
    if not re.fullmatch("[0-9]+", whole):
        return None
    return cell.startswith("-"), whole.lstrip("0"), fraction.rstrip("0")


def _amount(column: str, cell: str, decimal: str, thousands: str | None) -> tuple[str | None, str | None]:
    number = plain_number(cell, decimal, thousands)
    if number is None:
        return None, "not_a_number"
    negative, whole, fraction = number
    if len(whole) > 18 or len(fraction) > 6:
        return None, "too_many_digits"
    value = (whole or "0") + ("." + fraction if fraction else "")
    negative = negative and value != "0"
    if negative and column == "quota":
        return None, "out_of_range"
    return ("-" + value if negative else value), None


def _leave(cell: str, period: str | None) -> tuple[str | None, str | None]:
    if not re.fullmatch("[+-]?[0-9]+", cell):
        return None, "not_a_number"
    days = int(cell)
    most = days if period is None else _days_of(period)
    return (str(days), None) if 0 <= days <= most else (None, "out_of_range")


def _days_of(period: str) -> int:
    year, _, rest = period.partition("-")
    months = range(3 * int(rest[1]) - 2, 3 * int(rest[1]) + 1) if rest[0] == "Q" else [int(rest)]
    return sum(calendar.monthrange(int(year), month)[1] for month in months)


def _period(cell: str, form: str) -> tuple[str | None, str | None]:
    if form == "quarter":
        match = re.fullmatch("([0-9]{4})[-_]Q([1-4])", cell)
        good = match is not None and 1900 <= int(match[1]) <= 2199
        return (f"{match[1]}-Q{match[2]}", None) if match and good else (None, "bad_period")
    day = _day(cell, form)
    if day is None or not 1900 <= day[0] <= 2199:
        return None, "bad_period"
    return f"{day[0]}-{day[1]:02}", None


def _date(cell: str, form: str) -> tuple[str | None, str | None]:
    day = _day(cell, form)
    if day is None:
        return None, "not_a_date"
    if not 1900 <= day[0] <= 2199:
        return None, "out_of_range"
    return f"{day[0]}-{day[1]:02}-{day[2]:02}", None


def _day(cell: str, form: str) -> tuple[int, int, int] | None:
    """Year, month and day; the day is 1 where the form has none."""
    names = {
        "%b": "|".join(_SHORT),
        "%B": "|".join(_LONG),
        "%Y": "[0-9]{4}",
        "%m": "[0-9]{2}",
        "%d": "[0-9]{2}",
    }
    parts = re.findall("%[YmdbB]|%%|[^%]", form)
    pattern = "".join(f"({names[part]})" if part in names else re.escape(part[-1]) for part in parts)
    match = re.fullmatch(pattern, cell, re.IGNORECASE)
    if match is None:
        return None
    found = dict(zip((part for part in parts if part in names), match.groups(), strict=True))
    month = int(found.get("%m", 0)) or 0
    if "%b" in found:
        month = _SHORT.index(found["%b"].lower()) + 1
    if "%B" in found:
        month = _LONG.index(found["%B"].lower()) + 1
    year, day = int(found["%Y"]), int(found.get("%d", 1))
    # Before the year 1 there is no calendar to ask; no such year is in range whatever its days.
    if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(year or 4, month)[1]:
        return None
    return year, month, day


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp")


def _is_address(cell: str) -> bool:
    local, at, domain = cell.partition("@")
    return (
        bool(at)
        and 1 <= len(local) <= 64
        and 3 <= len(cell) <= 254
        and not any(character in ",;<>" or _is_invisible(character) for character in cell)
        and "@" not in domain
        and len(domain.split(".")) > 1
        and all(domain.split("."))
    )
