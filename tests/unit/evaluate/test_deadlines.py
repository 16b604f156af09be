"""Deadlines in business time, where the person lives."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.evaluate.cases.deadlines import due
from shared.domain.business_days import is_business_day
from shared.domain.errors import InvalidPolicy


def at(text: str, zone: str = "America/New_York") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("asked", "length", "zone", "country", "expected"),
    [
        pytest.param(
            "2026-10-02T15:00", "2bd", "America/New_York", "US", "2026-10-06T15:00", id="Friday to Tuesday"
        ),
        pytest.param(
            "2026-10-03T15:00", "1bd", "America/New_York", "US", "2026-10-05T15:00", id="from a Saturday"
        ),
        pytest.param(
            "2026-10-09T09:30", "1bd", "America/New_York", "US", "2026-10-13T09:30", id="Columbus Day"
        ),
        pytest.param(
            "2026-12-31T10:00", "1bd", "America/New_York", "US", "2027-01-04T10:00", id="over New Year"
        ),
        pytest.param(
            "2027-07-02T10:00",
            "1bd",
            "America/New_York",
            "US",
            "2027-07-06T10:00",
            id="4 July, moved to Monday",
        ),
        pytest.param(
            "2021-12-23T10:00", "1bd", "Europe/London", "GB", "2021-12-24T10:00", id="Christmas Eve is one"
        ),
        pytest.param(
            "2021-12-24T10:00", "1bd", "Europe/London", "GB", "2021-12-29T10:00", id="Christmas moved twice"
        ),
        pytest.param(
            "2026-10-01T10:00", "1bd", "Asia/Dubai", "AE", "2026-10-02T10:00", id="Friday works in Dubai"
        ),
        pytest.param(
            "2026-10-08T10:00", "1bd", "Asia/Jerusalem", "IL", "2026-10-11T10:00", id="Sunday works in Israel"
        ),
        pytest.param(
            "2026-10-09T10:00", "1bd", "Europe/Paris", None, "2026-10-12T10:00", id="no country: weekends"
        ),
        pytest.param(
            "2026-10-01T08:00", "30d", "America/New_York", "US", "2026-10-31T08:00", id="calendar days"
        ),
        pytest.param(
            "2026-01-31T08:00", "1p", "America/New_York", "US", "2026-02-28T08:00", id="to a shorter month"
        ),
        pytest.param(
            "2026-11-30T08:00", "2p", "America/New_York", "US", "2027-01-30T08:00", id="months over a year"
        ),
    ],
)
def test_a_length_ends_at_the_time_of_day_at_which_it_began(
    asked: str, length: str, zone: str, country: str | None, expected: str
) -> None:
    assert due(at(asked, zone), length, zone, country) == at(expected, zone)


def test_a_quarter_has_three_months() -> None:
    assert due(at("2026-11-30T08:00"), "1p", "America/New_York", None, period_kind="quarter") == at(
        "2027-02-28T08:00"
    )


def test_the_wall_clock_stays_the_same_when_summer_time_ends() -> None:
    asked = datetime(2026, 10, 30, 19, 0, tzinfo=UTC)  # Friday 15:00 in New York, still summer time
    assert due(asked, "2bd", "America/New_York", "US") == datetime(2026, 11, 3, 20, 0, tzinfo=UTC)


def test_a_time_of_day_that_summer_time_skips_is_an_hour_later() -> None:
    assert due(at("2026-03-07T02:30"), "1d", "America/New_York", "US") == at("2026-03-08T03:30")


def test_of_a_repeated_time_of_day_the_first_counts() -> None:
    assert due(at("2026-10-31T01:30"), "1d", "America/New_York", "US") == datetime(
        2026, 11, 1, 5, 30, tzinfo=UTC
    )


def test_a_length_from_the_second_of_two_equal_times_to_another_such_night_ends_at_the_first() -> None:
    second = datetime(2025, 11, 2, 6, 30, tzinfo=UTC)  # 01:30 in New York, an hour after the first 01:30
    assert due(second, "364d", "America/New_York", None) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)


def test_a_deadline_counts_the_assignees_days_not_the_servers() -> None:
    asked = datetime(2026, 10, 2, 22, 0, tzinfo=UTC)  # Friday in New York, Saturday in Sydney
    assert due(asked, "1bd", "America/New_York", None) == datetime(2026, 10, 5, 22, 0, tzinfo=UTC)
    assert due(asked, "1bd", "Australia/Sydney", None) == at("2026-10-05T08:00", "Australia/Sydney")


def test_a_subdivision_has_holidays_of_its_own() -> None:
    epiphany = date(2026, 1, 6)
    assert is_business_day(epiphany, "DE", "HE")
    assert not is_business_day(epiphany, "DE", "BY")


@pytest.mark.parametrize(("zone", "country"), [("Mars/Olympus", None), ("UTC", "ZZ"), ("../etc", None)])
def test_an_unknown_place_is_a_fault_of_the_policy(zone: str, country: str | None) -> None:
    with pytest.raises(InvalidPolicy, match="calendar"):
        due(at("2026-10-02T15:00"), "2bd", zone, country)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        due(datetime(2026, 10, 2), "2bd", "UTC", None)


@settings(max_examples=60, deadline=None)
@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),
    st.integers(1, 15),
    st.sampled_from(["America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Apia"]),
    st.sampled_from([None, "US", "DE", "IN"]),
)
def test_a_business_deadline_is_a_later_business_day_and_more_days_are_never_sooner(
    asked: datetime, count: int, zone: str, country: str | None
) -> None:
    instant = asked.replace(tzinfo=UTC)
    end = due(instant, f"{count}bd", zone, country)
    assert end > instant
    assert is_business_day(end.astimezone(ZoneInfo(zone)).date(), country)
    assert due(instant, f"{count + 1}bd", zone, country) > end
