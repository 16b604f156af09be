"""How far a period has run by a day, and which days of a past period had run equally far. Pure."""

from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import date
from fractions import Fraction
from typing import Final, NamedTuple

from shared.domain.business_days import business_days_of
from shared.domain.errors import InvalidPolicy
from shared.domain.period import Period
from shared.domain.policy import Calendar

STALE_AFTER: Final = Fraction(1, 10)
"""A person's own figures may lag so much of the period's business days behind; the contract's bound."""
_NEAR: Final = Fraction(1, 20)
"""A past day is comparable where it had run this much more or less of its period; the contract's bound."""


class Snapshot(NamedTuple):
    """What was known at the end of a day: one file, which is opened only where it is needed."""

    day: date
    name: str
    chunks: Callable[[], Iterable[bytes]]


def elapsed(day: date, period: Period, calendar: Calendar) -> Fraction:
    """The share of the period's business days up to and including the day."""
    days = business_days_of(period, calendar.country, calendar.subdivision)
    if not days:
        raise InvalidPolicy(f"calendar: {calendar.country} has no business day in {period}")
    return Fraction(bisect_right(days, day), len(days))


def comparable_days(days: Iterable[date], period: Period, share: Fraction, calendar: Calendar) -> list[date]:
    """The days on which about this share of the period was over, the nearest first.

    Of two equally near the earlier share goes first, and of several days of one share the latest day.
    """
    found = []
    for day in days:
        then = elapsed(day, period, calendar)
        if abs(then - share) <= _NEAR:
            found.append((abs(then - share), then, -day.toordinal(), day))
    return [day for *_, day in sorted(found)]
