"""Each clause of ``plumbline pace``'s definition, on files, with the numbers written out."""

import json
from pathlib import Path

import pytest

from tests.unit.evaluate.pace_files import (
    PEOPLE,
    POLICY,
    SEPTEMBER,
    TERMS,
    PaceFolder,
    fact,
    finals,
    nothing_yet,
    now,
    person,
    told,
)
from tests.unit.evaluate.population_files import Row


@pytest.fixture
def folder(tmp_path: Path) -> PaceFolder:
    return PaceFolder(tmp_path)


def test_a_line_has_all_of_its_arithmetic(folder: PaceFolder) -> None:
    lines = folder.run(PEOPLE, finals(), [SEPTEMBER, now("210.05")])

    assert lines.splitlines()[0].decode() == (
        '{"rep_id":"r-1","period":"2026-10","as_of":"2026-10-16","policy":"field-sales@3","outcome":"on_pace",'
        '"reason":null,"elapsed":"0.5238","attainment":"0.2100","lower":"0.3100","median":"0.7100",'
        '"upper":"1.1100","history":9,"group":{"role":"AE"}}'
    )


def test_there_is_one_line_a_person_sorted_by_rep_id_as_code_points(folder: PaceFolder) -> None:
    people = [person(rep) for rep in ("é", "b", "a", "\U0001f600", "B")]

    lines = folder.run(people, [], [now()])

    assert [json.loads(line)["rep_id"] for line in lines.splitlines()] == ["B", "a", "b", "é", "\U0001f600"]


@pytest.mark.parametrize(
    ("credited", "outcome"),
    [
        ("-200.000001", "behind"),  # 900 at most to come
        ("-200", "at_risk"),
        ("199.999999", "at_risk"),  # 500 in the middle to come
        ("200", "on_pace"),
    ],
)
def test_behind_and_at_risk_are_compared_before_they_are_rounded(
    folder: PaceFolder, credited: str, outcome: str
) -> None:
    assert told(folder.run(PEOPLE, finals(), [SEPTEMBER, now(credited)]))["r-1"]["outcome"] == outcome


@pytest.mark.parametrize(
    ("credited", "attainment"),
    [("-0.04", "0.0000"), ("-0.05", "0.0000"), ("-0.15", "-0.0002"), ("0.05", "0.0000"), ("0.15", "0.0002")],
)
def test_ratios_have_four_places_half_even_and_a_zero_has_no_sign(
    folder: PaceFolder, credited: str, attainment: str
) -> None:
    assert told(folder.run(PEOPLE, finals(), [now(credited)]))["r-1"]["attainment"] == attainment


class TestWhoHasAFigure:
    """Scope first, then the status, then whether the figures are stale, then whether it is too early."""

    def test_out_of_scope_goes_before_everything(self, folder: PaceFolder) -> None:
        people = [person("r-1", role="VP"), person("r-2", active="false")]

        lines = told(folder.run(people, [], [now()], as_of="2026-10-01"))

        assert {row["outcome"] for row in lines.values()} == {"out_of_scope"}
        nulls = ("reason", "attainment", "lower", "median", "upper", "group")
        assert [lines["r-1"][key] for key in nulls] == [None] * 6
        assert (lines["r-1"]["history"], lines["r-1"]["elapsed"]) == (0, "0.0476")

    @pytest.mark.parametrize(
        ("differs", "who", "reason"),
        [
            ({"quota": None, "leave_days": None}, {}, "quota_unknown"),
            ({"quota": "0", "leave_days": None}, {}, "quota_zero"),
            ({"leave_days": None}, {"hire_date": "2026-09-15"}, "leave_unknown"),
            ({"leave_days": "20"}, {"hire_date": "2026-09-15"}, "tenure"),
            ({"leave_days": "16"}, {}, "leave"),
        ],
    )
    def test_the_status_goes_before_stale_and_too_early(
        self, folder: PaceFolder, differs: Row, who: Row, reason: str
    ) -> None:
        old = now(day="2026-10-01", **differs)

        line = told(folder.run([person("r-1", **who)], [], [old]))["r-1"]

        assert (line["outcome"], line["reason"]) == ("not_assessable", reason)
        assert (line["attainment"], line["history"], line["group"]) == (None, 0, None)

    def test_somebody_without_a_figure_is_missing(self, folder: PaceFolder) -> None:
        line = told(folder.run(PEOPLE, finals(), [SEPTEMBER, now()]))["r-2"]

        assert (line["outcome"], line["reason"]) == ("not_assessable", "missing")

    def test_stale_goes_before_too_early(self, folder: PaceFolder) -> None:
        policy = POLICY | {"pace": TERMS | {"from": "1"}}

        line = told(folder.run(PEOPLE, [], [now(day="2026-10-13")], policy))["r-1"]

        assert (line["outcome"], line["reason"], line["attainment"]) == ("not_assessable", "stale", None)

    def test_figures_are_stale_where_they_lag_by_more_than_a_tenth(self, folder: PaceFolder) -> None:
        # February 2026 has 20 weekdays, so a tenth of it is exactly two of them.
        policy = POLICY | {"calendar": {"timezone": "UTC", "country": None, "subdivision": None}}
        february = {"period": "2026-02", "as_of": "2026-02-13"}

        def outcome(day: str) -> str:
            rows = [fact("r-1", "2026-02", "10")]
            return str(told(folder.run(PEOPLE, [], [(day, rows)], policy, **february))["r-1"]["outcome"])

        assert outcome("2026-02-11") == "no_history"  # 8 of 20 days, where 10 are over
        assert outcome("2026-02-10") == "not_assessable"

    def test_before_its_time_there_is_only_the_attainment(self, folder: PaceFolder) -> None:
        policy = POLICY | {"pace": TERMS | {"from": "0.523809523810"}}

        line = told(folder.run(PEOPLE, finals(), [SEPTEMBER, now()], policy))["r-1"]

        assert (line["outcome"], line["attainment"], line["history"]) == ("too_early", "0.1000", 0)
        assert [line[key] for key in ("lower", "median", "upper", "group", "reason")] == [None] * 5

    def test_at_its_very_time_the_history_is_looked_at(self, folder: PaceFolder) -> None:
        calendar = {"timezone": "UTC", "country": None, "subdivision": None}
        policy = POLICY | {"pace": TERMS | {"from": "0.5"}, "calendar": calendar}
        half = ("2026-02-13", [fact("r-1", "2026-02", "10")])

        lines = folder.run(PEOPLE, [], [half], policy, period="2026-02", as_of="2026-02-13")

        assert (told(lines)["r-1"]["elapsed"], told(lines)["r-1"]["outcome"]) == ("0.5000", "no_history")

    def test_the_quota_is_that_of_the_whole_period_after_leave(self, folder: PaceFolder) -> None:
        line = told(folder.run(PEOPLE, finals(), [now(leave_days="15")]))["r-1"]

        assert line["attainment"] == "0.1938"  # 100 / (1000 x 16/31)


class TestWhichSnapshotCounts:
    def test_the_latest_day_up_to_the_as_of_that_has_the_person(self, folder: PaceFolder) -> None:
        snapshots = [
            now("300", "2026-10-14"),
            ("2026-10-15", [fact("r-2", "2026-10", "5")]),
            now("200", "2026-10-13"),
            now("900", "2026-10-19"),
        ]

        lines = told(folder.run(PEOPLE, [], snapshots))

        assert (lines["r-1"]["attainment"], lines["r-2"]["attainment"]) == ("0.3000", "0.0050")

    def test_only_facts_of_the_period_and_days_within_it_count(self, folder: PaceFolder) -> None:
        september = fact("r-1", "2026-09", "700")
        snapshots = [("2026-10-16", [september]), ("2026-09-30", [fact("r-1", "2026-10", "1")])]

        assert told(folder.run(PEOPLE, [september], snapshots))["r-1"]["reason"] == "missing"

    def test_of_one_day_the_later_on_the_command_line_supersedes_person_by_person(
        self, folder: PaceFolder
    ) -> None:
        snapshots = [
            ("2026-10-16", [fact("r-1", "2026-10", "1"), fact("r-2", "2026-10", "2")]),
            now("300"),
            now("999", "2026-10-15"),
        ]

        lines = told(folder.run(PEOPLE, [], snapshots))

        assert [lines[rep]["attainment"] for rep in ("r-1", "r-2")] == ["0.3000", "0.0020"]

    def test_the_periods_own_facts_among_the_final_ones_are_not_looked_at(self, folder: PaceFolder) -> None:
        own = fact("r-1", "2026-10", "999", quota="not a number")

        assert told(folder.run(PEOPLE, [own], [now()]))["r-1"]["attainment"] == "0.1000"

    def test_a_weekend_day_is_as_far_as_its_friday(self, folder: PaceFolder) -> None:
        assert told(folder.run(PEOPLE, [], [now()], as_of="2026-10-18"))["r-1"]["elapsed"] == "0.5238"

    def test_holidays_are_those_of_the_policys_calendar(self, folder: PaceFolder) -> None:
        policy = POLICY | {"calendar": {"timezone": "UTC", "country": None, "subdivision": None}}

        assert told(folder.run(PEOPLE, [], [now()], policy))["r-1"]["elapsed"] == "0.5455"


@pytest.mark.parametrize(
    ("count", "coverage", "expected"),
    [
        (9, "0.8", ("0.0010", "0.0050", "0.0090")),
        (10, "0.8", ("0.0010", "0.0050", "0.0100")),
        (19, "0.8", ("0.0020", "0.0100", "0.0180")),
        (20, "0.8", ("0.0020", "0.0100", "0.0190")),
        (3, "0.5", ("0.0010", "0.0020", "0.0030")),
        (2, "0.333333333333", ("0.0010", "0.0010", "0.0020")),
    ],
)
def test_the_ends_are_gains_of_exact_numbers(
    folder: PaceFolder, count: int, coverage: str, expected: tuple[str, str, str]
) -> None:
    reps = [f"r-{number}" for number in range(1, count + 1)]
    rows = [fact(rep, "2026-09", str(at)) for at, rep in enumerate(reps, start=1)]
    policy = POLICY | {"pace": TERMS | {"coverage": coverage, "min_history": 1}}
    known = [("2026-09-16", nothing_yet(reps=reps)), now("0")]

    line = told(folder.run([person(rep) for rep in reps], rows, known, policy))["r-1"]

    assert (line["lower"], line["median"], line["upper"]) == expected


def test_quarters_are_paced_by_a_policy_of_quarters(folder: PaceFolder) -> None:
    policy = POLICY | {"period": "quarter"}
    known = [("2026-08-14", nothing_yet("2026-Q3")), ("2026-11-13", nothing_yet("2026-Q4"))]

    lines = folder.run(PEOPLE, finals("2026-Q3"), known, policy, period="2026-Q4", as_of="2026-11-13")

    assert (told(lines)["r-1"]["history"], told(lines)["r-1"]["median"]) == (9, "0.5000")
