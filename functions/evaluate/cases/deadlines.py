"""Computes deadlines in calendar days, business days or periods, in the person's own time zone."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.domain.business_days import holiday_calendar, is_business_day
from shared.domain.errors import InvalidPolicy
from shared.domain.ladder import Length
from shared.domain.period import PeriodKind
from shared.domain.policy import Calendar

_LONGEST_REST = 400
"""No real calendar has so many days off in a row, so one that has is a fault of the policy."""


def due(
    instant: datetime,
    length: str | Length,
    timezone: str,
    country: str | None,
    subdivision: str | None = None,
    period_kind: PeriodKind = "month",
) -> datetime:
    """When a length that begins at ``instant`` is over, in UTC.

    The length is counted on the wall clock of ``timezone`` and ends at the time of day at which it began:

    - ``Nd``: N calendar days later.
    - ``Np``: N months or quarters later on the same day of the month, or on the month's last day.
    - ``Nbd``: the N-th business day after the local day of ``instant``. Two business days from Friday 15:00
      end on Tuesday 15:00.

    Business days exclude the country's weekend and its public holidays, and those of the subdivision.
    Without a country they are Monday to Friday. A time of day that daylight saving skips moves an hour
    later; a time that it repeats is the first of the two.
    """
    if instant.tzinfo is None:
        raise ValueError("a deadline starts at an instant with a time zone")
    parsed = Length.parse(length)
    zone = _zone(timezone)
    local = instant.astimezone(zone)
    match parsed.unit:
        case "d":
            day = local.date() + timedelta(days=parsed.count)
        case "p":
            day = _months_later(local.date(), parsed.count * (1 if period_kind == "month" else 3))
        case "bd":
            day = _business_day(local.date(), parsed.count, country, subdivision)
    return datetime.combine(day, local.time().replace(fold=0), zone).astimezone(UTC)


def local_day(instant: datetime, timezone: str) -> date:
    """The calendar day in that time zone at that instant."""
    return instant.astimezone(_zone(timezone)).date()


def calendar_fault(calendar: Calendar) -> str | None:
    """Why a policy's calendar cannot be used for deadlines, with the YAML path; None where it can."""
    if calendar.subdivision is not None and calendar.country is None:
        return f"calendar.subdivision: {calendar.subdivision!r} needs a country"
    try:
        _zone(calendar.timezone)
    except InvalidPolicy:
        return f"calendar.timezone: {calendar.timezone!r} is not an IANA time zone"
    if calendar.country is not None:
        try:
            holiday_calendar(calendar.country, None)
        except InvalidPolicy:
            return f"calendar.country: no holidays are known for {calendar.country!r}"
        try:
            holiday_calendar(calendar.country, calendar.subdivision)
        except InvalidPolicy:
            return (
                f"calendar.subdivision: {calendar.country} has no known subdivision {calendar.subdivision!r}"
            )
    return None


def _business_day(day: date, count: int, country: str | None, subdivision: str | None) -> date:
    idle = 0
    while count:
        day += timedelta(days=1)
        if is_business_day(day, country, subdivision):
            count, idle = count - 1, 0
        else:
            idle += 1
            if idle > _LONGEST_REST:
                raise InvalidPolicy(f"calendar: {country} has no business day near {day}")
    return day


def _months_later(day: date, count: int) -> date:
    ordinal = day.year * 12 + day.month - 1 + count
    year, month = ordinal // 12, ordinal % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidPolicy(f"calendar: {name!r} is not an IANA time zone") from error
