"""What each cell must be: every code of a rejected row, and what is accepted as what."""

import re
import sys
import unicodedata

import pytest

from functions.ingest.reading.cells import NOT_IN_EMAIL
from functions.ingest.reading.profile import Profile
from tests.unit.ingest.reading import ATTAINMENT, HEADER, PEOPLE, both_ways, profile

GOOD = {"id": "r1", "month": "2026-09", "quota": "100", "paid": "50", "cur": "USD", "leave": "0"}
OURS = {
    **{"id": "rep_id", "month": "period", "quota": "quota", "paid": "credited"},
    **{"cur": "currency", "leave": "leave_days"},
}
PERSON = {
    **{"id": "p1", "name": "Ann", "email": "a@b.co", "boss": "", "role": "AE", "region": "W"},
    **{"hired": "2024-02-29", "zone": "", "active": "", "deputy": "", "since": ""},
}
OUR_PERSON = {
    **{"id": "person_id", "name": "name", "email": "email", "boss": "manager_id", "role": "role"},
    **{"region": "region", "hired": "hire_date", "zone": "timezone", "active": "active"},
    **{"deputy": "delegate_id", "since": "delegate_from"},
}

LONG = "x" * 129
EUROPEAN = profile(delimiter=";", decimal=",", thousands=".")
SPACED = profile(delimiter=";", decimal=",", thousands=" ")
SWISS = profile(delimiter=";", thousands="'")


def value_of(column: str, cell: str, of: Profile | None = None) -> tuple[str | None, str | None]:
    """The value and the code of one cell in an otherwise good row of attainment."""
    of = of or profile()
    row = {**GOOD, column: cell}
    text = of.format.delimiter.join(row) + "\n" + of.format.delimiter.join(row.values()) + "\n"
    result = both_ways(text, of)
    if result.faults:
        [(ours, code, value)] = result.faults[2]
        assert ours == OURS[column]
        assert value is not None
        return None, code
    return result.rows[0][OURS[column]], None


def person_value(column: str, cell: str, of: Profile | None = None) -> tuple[str | None, str | None]:
    row = {**PERSON, column: cell}
    result = both_ways(",".join(row) + "\n" + ",".join(row.values()) + "\n", of or profile(PEOPLE))
    if result.faults:
        [(ours, code, _)] = result.faults[2]
        assert ours == OUR_PERSON[column]
        return None, code
    return result.rows[0][OUR_PERSON[column]], None


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("id", "", "missing_value"),
        ("id", " \t ", "missing_value"),
        ("month", "", "missing_value"),
        ("paid", "", "missing_value"),
        ("cur", "", "missing_value"),
        ("id", "a\x07b", "control_character"),
        ("id", "a\rb", "control_character"),
        ("id", "a\x85b", "control_character"),
        ("id", LONG, "too_long"),
        ("id", LONG + "\x07", "control_character"),
        ("month", "2026-13", "bad_period"),
        ("month", "2026-9", "bad_period"),
        ("month", "26-09", "bad_period"),
        ("month", "1899-12", "bad_period"),
        ("month", "2200-01", "bad_period"),
        ("month", "٢٠٢٦-09", "bad_period"),
        ("quota", "abc", "not_a_number"),
        ("quota", "1e3", "not_a_number"),
        ("quota", "NaN", "not_a_number"),
        ("quota", "inf", "not_a_number"),
        ("quota", "$100", "not_a_number"),
        ("quota", ".5", "not_a_number"),
        ("quota", "5.", "not_a_number"),
        ("quota", "- 5", "not_a_number"),
        ("quota", "--5", "not_a_number"),
        ("quota", "1 000", "not_a_number"),
        ("quota", "0x10", "not_a_number"),
        ("quota", "1_000", "not_a_number"),
        ("quota", "٣", "not_a_number"),
        ("quota", "-1", "out_of_range"),
        ("quota", "-0.000001", "out_of_range"),
        ("quota", "1" * 19, "too_many_digits"),
        ("quota", "-" + "1" * 19, "too_many_digits"),
        ("quota", "9" * 5000, "too_many_digits"),
        ("paid", "0.1234567", "too_many_digits"),
        ("cur", "usd", "unknown_currency"),
        ("cur", "XXX", "unknown_currency"),
        ("leave", "1.5", "not_a_number"),
        ("leave", "3.0", "not_a_number"),
        ("leave", "-1", "out_of_range"),
        ("leave", "31", "out_of_range"),
        ("leave", "9" * 5000, "out_of_range"),
    ],
)
def test_a_cell_that_is_not_acceptable_has_one_code(column: str, cell: str, code: str) -> None:
    assert value_of(column, cell) == (None, code)


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("id", " r1\t", "r1"),
        ("id", "x" * 128, "x" * 128),
        ("id", "e\u0301", "é"),
        ("id", "\xa0r1", "\xa0r1"),
        ("id", "a\u2028b", "a\u2028b"),
        ("id", "a\\b", "a\\b"),
        ("month", " 2026-09 ", "2026-09"),
        ("quota", "", None),
        ("quota", "-0.00", "0"),
        ("quota", "+007.500", "7.5"),
        ("quota", "0", "0"),
        ("quota", "00", "0"),
        ("quota", "0.50", "0.5"),
        ("quota", "100", "100"),
        ("quota", "1.555", "1.555"),
        ("quota", "0" * 30 + "1." + "5" + "0" * 30, "1.5"),
        ("quota", "123456789012345678.123456", "123456789012345678.123456"),
        ("paid", "-12.10", "-12.1"),
        ("paid", "-0", "0"),
        ("leave", "", None),
        ("leave", "-0", "0"),
        ("leave", "+030", "30"),
    ],
)
def test_an_acceptable_cell_is_written_in_our_form(column: str, cell: str, value: str | None) -> None:
    assert value_of(column, cell) == (value, None)


@pytest.mark.parametrize(
    ("of", "cell", "expected"),
    [
        (EUROPEAN, "1.234.567,80", "1234567.8"),
        (EUROPEAN, "1234567,8", "1234567.8"),
        (EUROPEAN, "1.555", "1555"),
        (EUROPEAN, "0.001", "1"),
        (EUROPEAN, "12.34", None),
        (EUROPEAN, "1234.567", None),
        (EUROPEAN, ".123", None),
        (EUROPEAN, "1.234.56", None),
        (EUROPEAN, "1,234.567", None),
        (EUROPEAN, "1,5,5", None),
        (SPACED, "1 234,5", "1234.5"),
        (SPACED, "1\u00a0234\u202f567,5", "1234567.5"),
        (SPACED, "1  234", None),
        (SPACED, "1\u2009234", None),
        (SWISS, "-1'234.50", "-1234.5"),
        (SWISS, "1'23", None),
    ],
)
def test_separators_stand_in_their_right_places_or_the_cell_is_no_number(
    of: Profile, cell: str, expected: str | None
) -> None:
    code = None if expected is not None else "not_a_number"
    assert value_of("paid", cell, of) == (expected, code)


def test_leave_is_measured_against_the_rows_own_period() -> None:
    text = (
        f"{HEADER}\na,2024-02,1,1,USD,29\nb,2025-02,1,1,USD,29\nc,2026-01,1,1,USD,31\nd,2026-99,1,1,USD,99\n"
    )
    result = both_ways(text)
    assert [row["rep_id"] for row in result.rows] == ["a", "c"]
    assert result.codes == {3: ["out_of_range"], 5: ["bad_period"]}


def test_every_fault_of_a_row_is_listed_in_the_order_of_the_file() -> None:
    result = both_ways("leave,cur,paid,quota,month,id\n99,usd,,x,2026-00,\n")
    assert result.faults[2] == [
        ("currency", "unknown_currency", "usd"),
        ("credited", "missing_value", ""),
        ("quota", "not_a_number", "x"),
        ("period", "bad_period", "2026-00"),
        ("rep_id", "missing_value", ""),
    ]


def test_a_shown_value_is_cut_to_two_hundred_characters() -> None:
    [(_, _, value)] = both_ways(f"{HEADER}\n {'é' * 300} ,2026-09,1,1,USD,\n").faults[2]
    assert value == "é" * 200


@pytest.mark.parametrize(
    ("form", "cell", "period"),
    [
        ("quarter", "2026-Q3", "2026-Q3"),
        ("quarter", "2026_Q3", "2026-Q3"),
        ("quarter", "2026-Q5", None),
        ("quarter", "2026-q3", None),
        ("%m/%Y", "09/2026", "2026-09"),
        ("%d.%m.%Y", "31.12.2026", "2026-12"),
        ("%d.%m.%Y", "31.11.2026", None),
        ("%b-%Y", "sEP-2026", "2026-09"),
        ("%B %Y", "September 2026", "2026-09"),
        ("%B %Y", "Sept 2026", None),
        ("%Y%%%m", "2026%09", "2026-09"),
    ],
)
def test_a_period_has_exactly_its_profiles_form(form: str, cell: str, period: str | None) -> None:
    expected = (period, None) if period else (None, "bad_period")
    assert value_of("month", cell, profile(period=form)) == expected


@pytest.mark.parametrize(
    ("column", "cell", "code"),
    [
        ("name", "", "missing_value"),
        ("email", "", "missing_value"),
        ("role", "", "missing_value"),
        ("region", " ", "missing_value"),
        ("hired", "", "missing_value"),
        ("name", "n" * 257, "too_long"),
        ("role", "n" * 257, "too_long"),
        ("name", "a\x1bb", "control_character"),
        ("boss", LONG, "too_long"),
        ("email", "ann", "bad_email"),
        ("email", "a@@b.co", "bad_email"),
        ("email", "@b.co", "bad_email"),
        ("email", "a@b", "bad_email"),
        ("email", "a@b..co", "bad_email"),
        ("email", "a@b.co.", "bad_email"),
        ("email", "a b@b.co", "bad_email"),
        ("email", "<a@b.co>", "bad_email"),
        ("email", "a;b@b.co", "bad_email"),
        ("email", "a\x07@b.co", "bad_email"),
        ("email", "ann@b.co\u2028", "bad_email"),
        ("email", "a\u200bnn@b.co", "bad_email"),
        ("email", "ann@b\u202e.co", "bad_email"),
        ("email", "ann\xa0@b.co", "bad_email"),
        ("email", "x" * 65 + "@b.co", "bad_email"),
        ("email", "x@" + "b" * 250 + ".co", "bad_email"),
        ("hired", "2023-02-29", "not_a_date"),
        ("hired", "2023-2-01", "not_a_date"),
        ("hired", "1800-02-30", "not_a_date"),
        ("hired", "1899-12-31", "out_of_range"),
        ("hired", "0000-02-29", "out_of_range"),
        ("hired", "2200-01-01", "out_of_range"),
        ("zone", "europe/paris", "unknown_timezone"),
        ("active", "maybe", "not_a_boolean"),
        ("since", "soon", "not_a_date"),
    ],
)
def test_a_persons_cell_that_is_not_acceptable_has_one_code(column: str, cell: str, code: str) -> None:
    assert person_value(column, cell) == (None, code)


@pytest.mark.parametrize(
    ("column", "cell", "value"),
    [
        ("name", "n" * 256, "n" * 256),
        ("email", "X.y+z@Ü.example.com", "X.y+z@Ü.example.com"),
        ("email", "x" * 64 + "@b.co", "x" * 64 + "@b.co"),
        ("boss", "", None),
        ("zone", "America/New_York", "America/New_York"),
        ("active", "", "true"),
        ("active", "NO", "false"),
        ("active", "1", "true"),
        ("hired", "2199-12-31", "2199-12-31"),
        ("since", "2026-01-31", "2026-01-31"),
    ],
)
def test_a_persons_acceptable_cell_is_written_in_our_form(column: str, cell: str, value: str | None) -> None:
    assert person_value(column, cell) == (value, None)


def test_a_blank_cell_means_what_the_profile_says_and_is_never_zero_by_itself() -> None:
    text = f"{HEADER}\na,2026-09,,1,,\n"
    plain = both_ways(f"{HEADER}\na,2026-09,,1,USD,\n").rows[0]
    assert (plain["quota"], plain["leave_days"]) == (None, None)
    of = profile(ATTAINMENT + 'blank: {leave_days: "0", currency: EUR, quota: "5.50"}')
    row = both_ways(text, of).rows[0]
    assert (row["quota"], row["leave_days"], row["currency"]) == ("5.5", "0", "EUR")


def test_a_blanks_value_holds_for_a_column_that_is_not_mapped() -> None:
    text = ATTAINMENT.replace(", leave_days: leave", "") + 'blank: {leave_days: "31"}'
    result = both_ways(f"{HEADER}\na,2026-08,1,1,USD,\nb,2026-09,1,1,USD,\n", profile(text))
    assert result.rows[0]["leave_days"] == "31"
    assert result.faults == {3: [("leave_days", "out_of_range", "")]}


def test_columns_that_are_not_mapped_are_null_and_an_unmapped_active_is_true() -> None:
    of = profile(PEOPLE.replace("  active: active\n", "").replace("  timezone: zone\n", ""))
    row = both_ways(",".join(PERSON) + "\n" + ",".join(PERSON.values()) + "\n", of).rows[0]
    assert row["active"] == "true"
    assert row["timezone"] is None
    assert row["hr_partner_id"] is None
    assert set(row) == {
        *("line", "person_id", "name", "email", "manager_id", "role", "region", "hire_date"),
        *("hr_partner_id", "timezone", "active", "delegate_id", "delegate_from", "delegate_until"),
    }


def test_one_column_may_be_mapped_twice_and_a_fault_is_listed_for_each() -> None:
    of = profile(ATTAINMENT.replace("credited: paid", "credited: quota"))
    result = both_ways(f"{HEADER}\na,2026-09,x,1,USD,\n", of)
    assert [(column, code) for column, code, _ in result.faults[2]] == [
        ("quota", "not_a_number"),
        ("credited", "not_a_number"),
    ]


def test_no_character_that_nobody_sees_is_part_of_an_address() -> None:
    invisible = {"Cc", "Cf", "Zs", "Zl", "Zp"}
    taken = [
        code
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in invisible and not re.match(f"[{NOT_IN_EMAIL}]", chr(code))
    ]
    assert taken == []
