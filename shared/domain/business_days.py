"""Business days: which days count for deadlines, and for how far a period has run. Pure."""

from datetime import date, timedelta
from functools import lru_cache

from holidays import HolidayBase, country_holidays

from shared.domain.errors import InvalidPolicy
from shared.domain.period import Period

_SATURDAY = 5


def is_business_day(day: date, country: str | None, subdivision: str | None = None) -> bool:
    """Whether the day is neither a weekend nor a public holiday; without a country, Monday to Friday."""
    if country is None:
        return day.weekday() < _SATURDAY
    return bool(holiday_calendar(country, subdivision).is_working_day(day))


@lru_cache(maxsize=1024)
def business_days_of(period: Period, country: str | None, subdivision: str | None) -> tuple[date, ...]:
    """The business days of a period, in order."""
    days = (period.first_day + timedelta(days=step) for step in range(period.days))
    return tuple(day for day in days if is_business_day(day, country, subdivision))


@lru_cache(maxsize=64)
def holiday_calendar(country: str, subdivision: str | None) -> HolidayBase:
    """The public holidays of a place; InvalidPolicy where the library does not know the place."""
    # The calendar adds years to itself as they are asked for, so one per place is enough.
    try:
        return country_holidays(country, subdiv=subdivision)
    except NotImplementedError as error:
        raise InvalidPolicy(
            f"calendar: no holidays are known for {country} {subdivision or ''}".rstrip()
        ) from error
