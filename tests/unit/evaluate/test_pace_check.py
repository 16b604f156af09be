"""``plumbline pace --check``: past periods projected as if live, and compared with how they ended."""

import json
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from random import Random
from typing import Any

import pytest

from local.cli import main
from shared.domain.business_days import business_days_of
from shared.domain.period import Period
from tests.unit.evaluate.pace_files import POLICY, TERMS, PaceFolder, fact, person
from tests.unit.evaluate.population_files import Row

PERIODS = Period.parse("2026-09").window(10)
POLICY_OF_60 = POLICY | {"pace": TERMS | {"min_history": 60}}
Course = Callable[[Random, int], Callable[[float], float]]
"""For a person, so many periods after the first one: credits, as a share of quota, by elapsed share."""


def hockey_stick(chance: Random, _: int) -> Callable[[float], float]:
    """Little comes before the last days."""
    final, bend = chance.betavariate(4, 1.5) * 1.3, chance.uniform(4, 9)
    return lambda share: final * share**bend


def lumpy_deals(chance: Random, _: int) -> Callable[[float], float]:
    """A few large deals, most of them late; for some people none is left to come."""
    deals = [(chance.random() ** 0.3, chance.uniform(0.1, 0.5)) for _ in range(chance.randint(1, 6))]
    return lambda share: sum(size for day, size in deals if day <= share)


def clawbacks(chance: Random, _: int) -> Callable[[float], float]:
    """Steady credits, of which some are taken back on a day late in the period."""
    final, day, back = chance.uniform(0.4, 1.2), chance.uniform(0.5, 1), chance.choice([0, 0, 0.3])
    return lambda share: final * share - (back if day <= share else 0)


def growth(chance: Random, age: int) -> Callable[[float], float]:
    """What is gained grows by a tenth of quota each period."""
    final = chance.uniform(0.3, 0.6) + 0.1 * age
    return lambda share: final * share


def decline(chance: Random, age: int) -> Callable[[float], float]:
    final = chance.uniform(1.2, 1.5) - 0.1 * age
    return lambda share: final * share


def windfalls(chance: Random, _: int) -> Callable[[float], float]:
    """Steady credits, to which a few people add a large deal on the last day."""
    final, windfall = chance.uniform(0.2, 1), chance.random() < 0.09
    return lambda share: final * share + (0.6 if windfall and share == 1 else 0)


class Past:
    """Ten months of 80 people: final figures, and snapshots around every tenth of each month."""

    def __init__(self, course: Course, roles: Sequence[str] = ("AE",), people: int = 80) -> None:
        chance = Random(11)
        self.people = [person(f"r-{at:02d}", role=roles[at % len(roles)]) for at in range(people)]
        self.facts: list[Row] = []
        self.snapshots: list[tuple[str, list[Row]]] = []
        for age, period in enumerate(PERIODS):
            courses = [course(chance, age) for _ in self.people]
            days = business_days_of(period, "US", None)
            for at, day in enumerate(days, start=1):
                if at / len(days) >= 0.35:
                    self.snapshots.append((str(day), self._rows(period, courses, at / len(days))))
            self.facts += self._rows(period, courses, 1)

    def _rows(self, period: Period, courses: Sequence[Callable[[float], float]], share: float) -> list[Row]:
        credited = [f"{1000 * course(share):.2f}" for course in courses]
        return [
            fact(who["person_id"], str(period), text) for who, text in zip(self.people, credited, strict=True)
        ]


@pytest.fixture
def checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., dict[str, Any]]:
    """Runs the check, and gives the report that it prints as JSON."""

    def run(past: Past, policy: Row = POLICY_OF_60, *more: str) -> dict[str, Any]:
        inputs = PaceFolder(tmp_path).inputs(past.people, past.facts, past.snapshots, policy)
        assert main(["pace", *inputs, "--check", "--json", *more]) == 0
        report: dict[str, Any] = json.loads(capsys.readouterr().out)
        return report

    return run


@pytest.mark.parametrize("course", [hockey_stick, lumpy_deals, clawbacks])
def test_a_band_with_coverage_0_8_holds_77_to_90_percent_on_average(
    checked: Callable[..., dict[str, Any]], course: Course
) -> None:
    report = checked(Past(course))

    total = report["total"]
    assert 0.77 <= total["inside"] / total["projected"] <= 0.90
    assert total["inside"] + total["ended_below"] + total["ended_above"] == total["projected"]
    assert total["behind"] + total["at_risk"] + total["on_pace"] == total["projected"]
    assert report["periods"] == [str(period) for period in PERIODS[1:]]


@pytest.mark.parametrize(
    ("course", "side", "other"), [(growth, "above", "below"), (decline, "below", "above")]
)
def test_where_people_gain_more_or_less_than_before_the_report_shows_on_which_side_it_missed(
    checked: Callable[..., dict[str, Any]], course: Course, side: str, other: str
) -> None:
    total = checked(Past(course))["total"]

    assert total["inside"] / total["projected"] < 0.77
    assert total[f"ended_{side}"] > 5 * total[f"ended_{other}"]


def test_with_a_hockey_stick_nobody_is_behind_before_the_last_days_and_at_risk_carries_the_weight(
    checked: Callable[..., dict[str, Any]],
) -> None:
    groups = [group for group in checked(Past(hockey_stick))["groups"] if group["group"] is None]
    early, late = groups[0], groups[-1]

    assert (early["elapsed"], late["elapsed"]) == ("0.4", "0.9")
    assert early["behind"] < 0.02 * early["projected"]
    assert late["behind"] > 5 * max(1, early["behind"])
    assert late["behind_came_true"] > 0.8 * late["behind"]


def test_each_group_stands_apart_and_everybody_last(checked: Callable[..., dict[str, Any]]) -> None:
    groups = checked(Past(clawbacks, roles=["SDR", "AE"]))["groups"]

    shares = ["0.4", "0.5", "0.6", "0.7", "0.8", "0.9"]
    assert [(json.dumps(group["group"]), group["elapsed"]) for group in groups] == [
        (named, share) for named in ('{"role": "AE"}', '{"role": "SDR"}', "null") for share in shares
    ]
    for share in shares:
        ae, sdr, everybody = (group for group in groups if group["elapsed"] == share)
        assert ae["inside"] + sdr["inside"] == everybody["inside"]


@pytest.mark.parametrize("course", [lumpy_deals, windfalls])
def test_counts_are_those_of_the_lines_that_pace_would_have_written(
    checked: Callable[..., dict[str, Any]], tmp_path: Path, course: Course
) -> None:
    past = Past(course)
    counts = {group["elapsed"]: group for group in checked(past)["groups"] if group["group"] is None}
    september = [row for row in past.facts if row["period"] == "2026-09"]
    ends = {row["rep_id"]: float(row["credited"]) / 1000 for row in september}
    halfway = str(next(day for at, day in enumerate(_september(), start=1) if at / 21 >= 0.5))

    before = checked(past, POLICY_OF_60, "--period", "2026-09")
    earlier = {group["elapsed"]: group for group in before["groups"] if group["group"] is None}

    lines = PaceFolder(tmp_path).run(
        past.people, past.facts, past.snapshots, POLICY_OF_60, period="2026-09", as_of=halfway
    )
    rows = [json.loads(line) for line in lines.splitlines()]

    assert before["periods"] == [str(period) for period in PERIODS[1:-1]]
    inside = sum(float(row["lower"]) <= ends[row["rep_id"]] <= float(row["upper"]) for row in rows)
    assert counts["0.5"]["inside"] - earlier["0.5"]["inside"] == inside
    for word in ("behind", "at_risk", "on_pace"):
        called = [ends[row["rep_id"]] for row in rows if row["outcome"] == word]
        ending = "ended_under_the_bar" if word == "on_pace" else "came_true"
        assert counts["0.5"][word] - earlier["0.5"][word] == len(called)
        came_true = counts["0.5"][f"{word}_{ending}"] - earlier["0.5"][f"{word}_{ending}"]
        assert came_true == sum(end < 0.7 for end in called)


def _september() -> tuple[date, ...]:
    return business_days_of(PERIODS[-1], "US", None)


def test_the_report_is_a_table_with_the_words_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    past = Past(hockey_stick)
    inputs = PaceFolder(tmp_path).inputs(past.people, past.facts, past.snapshots, POLICY_OF_60)

    assert main(["pace", *inputs, "--check"]) == 0

    shown = capsys.readouterr().out
    assert "field-sales@3: bands with coverage 0.8, 2026-01 to 2026-09" in shown
    assert "everybody" in shown
    assert "ended under 0.70 of quota" in shown


def test_without_enough_history_the_check_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    past = Past(hockey_stick, people=5)
    inputs = PaceFolder(tmp_path).inputs(past.people, past.facts, past.snapshots, POLICY_OF_60)

    assert main(["pace", *inputs, "--check"]) == 0

    assert "the history before each is too short" in capsys.readouterr().out


@pytest.mark.parametrize(
    "more",
    [
        ["--check", "--period", "2025-01"],
        ["--check", "--out", "x"],
        ["--check", "--as-of", "2026-09-16"],
        ["--json"],
    ],
)
def test_a_check_that_cannot_be_made_is_a_usage_error(
    tmp_path: Path, more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = PaceFolder(tmp_path).inputs([], [], [("2026-09-16", [])], POLICY)

    assert main(["pace", *inputs, *more]) == 2

    assert capsys.readouterr().err.count("\n") == 1
