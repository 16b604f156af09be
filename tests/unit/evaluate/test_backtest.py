import json
import sys
from pathlib import Path

import pytest

from local.cli import main
from shared.domain.policy import parse_policy
from tests.unit.evaluate.population_files import Row, jsonl

POLICY = Path(__file__).parents[2] / "policies/standard.policy.yaml"
LOW, GOOD = "500", "900"


def _person(person_id: str) -> Row:
    return {
        "person_id": person_id,
        "role": "AE",
        "region": "West",
        "hire_date": "2020-01-15",
        "active": "true",
    }


def _facts(rep: str, credits: dict[str, str]) -> list[Row]:
    return [
        {
            "rep_id": rep,
            "period": period,
            "quota": "1000",
            "credited": credited,
            "currency": "USD",
            "leave_days": "0",
        }
        for period, credited in credits.items()
    ]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Three reps from January to April: one low throughout, one who recovers in April, one always good."""
    months = [f"2019-{month:02d}" for month in range(1, 5)]
    people = [
        {**_person(rep), "hire_date": "2015-01-15"} for rep in ("always-good", "always-low", "recovers")
    ]
    facts = (
        _facts("always-low", dict.fromkeys(months, LOW))
        + _facts("recovers", {**dict.fromkeys(months, LOW), "2019-04": GOOD})
        + _facts("always-good", dict.fromkeys(months, GOOD))
    )
    (tmp_path / "people.jsonl").write_bytes(jsonl(people))
    (tmp_path / "facts.jsonl").write_bytes(jsonl(facts))
    return tmp_path


def _backtest(files: Path, first: str, last: str, *more: str) -> int:
    inputs = ["--people", str(files / "people.jsonl"), "--facts", str(files / "facts.jsonl")]
    span = ["--from", first, "--to", last, "--out", str(files / "report.json")]
    return main(["backtest", str(POLICY), *inputs, *span, *more])


def test_each_period_is_counted_by_outcome_and_by_rule_even_before_the_policys_date(
    files: Path,
) -> None:
    assert _backtest(files, "2019-01", "2019-04") == 0

    report = json.loads((files / "report.json").read_bytes())

    policy = parse_policy(POLICY.read_text(encoding="utf-8"), "standard")
    assert policy.effective_from.isoformat() > "2019-04"
    assert report == {
        "policy": "field-sales@3",
        "from": "2019-01",
        "to": "2019-04",
        "periods": [
            {"period": "2019-01", "outcomes": {"clear": 3}, "rules": {}},
            {"period": "2019-02", "outcomes": {"clear": 1, "open_case": 2}, "rules": {"two-of-three": 2}},
            {
                "period": "2019-03",
                "outcomes": {"clear": 1, "open_case": 2},
                "rules": {"trailing-three": 2, "two-of-three": 2},
            },
            {
                "period": "2019-04",
                "outcomes": {"clear": 2, "open_case": 1},
                "rules": {"trailing-three": 1, "two-of-three": 1},
            },
        ],
        "reps_ever_flagged": 2,
        "self_corrected": 1,
    }


def test_a_flag_of_the_last_period_cannot_have_corrected_itself_yet(files: Path) -> None:
    assert _backtest(files, "2019-02", "2019-03") == 0

    report = json.loads((files / "report.json").read_bytes())

    assert report["reps_ever_flagged"] == 2
    assert report["self_corrected"] == 0


@pytest.mark.parametrize(("first", "last"), [("2019-04", "2019-01"), ("2019-Q1", "2019-Q2"), ("x", "y")])
def test_a_span_without_periods_of_the_policys_kind_is_a_usage_error(
    files: Path, first: str, last: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _backtest(files, first, last) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert not (files / "report.json").exists()


@pytest.mark.parametrize("ending", [".svg", ".png"])
def test_the_chart_is_drawn_in_the_form_that_its_name_asks_for(files: Path, ending: str) -> None:
    chart = files / f"chart{ending}"

    assert _backtest(files, "2019-01", "2019-04", "--chart", str(chart)) == 0

    assert chart.read_bytes().startswith(b"<?xml" if ending == ".svg" else b"\x89PNG")


def test_a_chart_of_another_form_is_refused_before_any_work_is_done(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _backtest(files, "2019-01", "2019-04", "--chart", str(files / "chart.gif")) == 2

    assert capsys.readouterr().err.endswith("chart.gif: a chart has to be .svg or .png\n")
    assert not (files / "report.json").exists()


def test_rules_are_named_in_full_however_narrow_the_terminal(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "60")

    assert _backtest(files, "2019-01", "2019-04") == 0

    assert "…" not in capsys.readouterr().out


def test_without_the_drawing_library_the_report_is_written_and_the_chart_is_refused(
    files: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)

    assert _backtest(files, "2019-01", "2019-04", "--chart", str(files / "chart.svg")) == 2

    assert "requirements/charts.in" in capsys.readouterr().err
    assert (files / "report.json").exists()
