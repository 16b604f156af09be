import hashlib
import json
from pathlib import Path

import pytest

from local.cli import main
from tests.unit.evaluate.population_files import jsonl

POLICY = Path(__file__).parents[2] / "policies/standard.policy.yaml"
PERSON = {"person_id": "r-7", "role": "AE", "region": "West", "hire_date": "2020-01-15", "active": "true"}
JULY = {
    "rep_id": "r-7",
    "period": "2026-07",
    "quota": "1000",
    "credited": "512.5",
    "currency": "USD",
    "leave_days": "0",
    "line": 2,
}
SEPTEMBER = {**JULY, "period": "2026-09", "line": 3}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "policy.yaml").write_bytes(POLICY.read_bytes())
    (tmp_path / "people.jsonl").write_bytes(jsonl([PERSON]))
    (tmp_path / "facts.jsonl").write_bytes(jsonl([JULY, SEPTEMBER]))
    return tmp_path


def _evaluate(folder: Path, *facts: str, period: str = "2026-09") -> int:
    people, out = str(folder / "people.jsonl"), str(folder / "decisions.jsonl")
    arguments = [str(folder / "policy.yaml"), "--people", people, *facts, "--period", period, "--out", out]
    return main(["evaluate", *arguments])


def test_a_decision_is_one_line_with_all_of_its_arithmetic(folder: Path) -> None:
    assert _evaluate(folder, "--facts", str(folder / "facts.jsonl")) == 0

    assert (folder / "decisions.jsonl").read_text(encoding="utf-8") == (
        '{"rep_id":"r-7","period":"2026-09","policy":"field-sales@3","outcome":"open_case","stage":"coaching",'
        '"reason":null,"findings":[{"rule":"two-of-three","observed":"2","threshold":"2",'
        '"periods":["2026-07","2026-09"]}],"inputs":[{"period":"2026-07","quota":"1000","credited":"512.5",'
        '"leave_days":0,"eligible_fraction":"1.0000","ramp_share":"1","adjusted_quota":"1000",'
        '"attainment":"0.5125","status":"assessable"},{"period":"2026-08","quota":null,"credited":null,'
        '"leave_days":null,"eligible_fraction":null,"ramp_share":null,"adjusted_quota":null,"attainment":null,'
        '"status":"missing"},{"period":"2026-09","quota":"1000","credited":"512.5","leave_days":0,'
        '"eligible_fraction":"1.0000","ramp_share":"1","adjusted_quota":"1000","attainment":"0.5125",'
        '"status":"assessable"}]}\n'
    )


def test_the_digest_of_what_was_written_is_printed_as_sha256sum_prints_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _evaluate(folder, "--facts", str(folder / "facts.jsonl")) == 0

    digest = hashlib.sha256((folder / "decisions.jsonl").read_bytes()).hexdigest()
    assert capsys.readouterr().out == f"{digest}  {folder / 'decisions.jsonl'}\n"


@pytest.mark.parametrize("form", ["one option", "two options"])
def test_a_later_file_supersedes_an_earlier_one_by_rep_and_period(folder: Path, form: str) -> None:
    later = folder / "later.jsonl"
    later.write_bytes(jsonl([{**SEPTEMBER, "credited": "800"}]))
    first = str(folder / "facts.jsonl")
    two = ["--facts", first, "--facts", str(later)]

    assert _evaluate(folder, *(["--facts", first, str(later)] if form == "one option" else two)) == 0

    decision = json.loads((folder / "decisions.jsonl").read_bytes())
    assert decision["outcome"] == "clear"
    assert [one["credited"] for one in decision["inputs"]] == ["512.5", None, "800"]


def test_facts_of_people_outside_the_directory_are_ignored(folder: Path) -> None:
    (folder / "more.jsonl").write_bytes(jsonl([{**SEPTEMBER, "rep_id": "stranger"}]))

    assert _evaluate(folder, "--facts", str(folder / "facts.jsonl"), str(folder / "more.jsonl")) == 0

    assert len((folder / "decisions.jsonl").read_bytes().splitlines()) == 1


def test_an_empty_directory_decides_about_nobody(folder: Path) -> None:
    (folder / "people.jsonl").write_bytes(b"")

    assert _evaluate(folder, "--facts", str(folder / "facts.jsonl")) == 0

    assert (folder / "decisions.jsonl").read_bytes() == b""


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ('below: "0.70"', "below: 0.70"),
        ("roles: [AE, SDR]", "roles: []"),
        ("opens: coaching", "opens: nowhere"),
        ("id: trailing-three", "id: two-of-three"),
        ("effective_from: 2020-01-01", "effective_from: 2026-09-02"),
        ("period: month", "period: quarter"),
        ("period: month", "period: ["),
    ],
)
def test_a_policy_that_cannot_decide_is_a_usage_error_in_one_line(
    folder: Path, was: str, becomes: str, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (folder / "policy.yaml").read_text(encoding="utf-8")
    (folder / "policy.yaml").write_text(text.replace(was, becomes, 1), encoding="utf-8")

    assert _evaluate(folder, "--facts", str(folder / "facts.jsonl")) == 2

    assert capsys.readouterr().err.count("\n") == 1
    assert not (folder / "decisions.jsonl").exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("people.jsonl", b"{"),
        ("people.jsonl", b"[]\n"),
        ("people.jsonl", b"\xff\n"),
        ("people.jsonl", jsonl([PERSON, PERSON])),
        ("people.jsonl", jsonl([{**PERSON, "hire_date": None}])),
        ("people.jsonl", jsonl([{**PERSON, "person_id": None}])),
        ("people.jsonl", jsonl([{**PERSON, "role": ["AE"]}])),
        ("people.jsonl", jsonl([{**PERSON, "region": 7}])),
        ("facts.jsonl", jsonl([{**SEPTEMBER, "currency": ["USD"]}])),
        ("facts.jsonl", b"nothing\n"),
        ("facts.jsonl", jsonl([{**SEPTEMBER, "rep_id": None}])),
        ("facts.jsonl", jsonl([{**SEPTEMBER, "quota": 1000.5}])),
        ("facts.jsonl", jsonl([{**SEPTEMBER, "quota": "1e3"}])),
        ("facts.jsonl", jsonl([{**SEPTEMBER, "quota": "-1"}])),
        ("facts.jsonl", jsonl([{**SEPTEMBER, "credited": None}])),
        ("facts.jsonl", jsonl([{**SEPTEMBER, "credited": "NaN"}])),
        ("facts.jsonl", jsonl([{**SEPTEMBER, "leave_days": "31"}])),
        ("facts.jsonl", jsonl([{**SEPTEMBER, "leave_days": "1.5"}])),
    ],
)
def test_malformed_files_are_refused_in_one_line(
    folder: Path, name: str, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / name).write_bytes(content)

    assert _evaluate(folder, "--facts", str(folder / "facts.jsonl")) == 2

    assert capsys.readouterr().err.count("\n") == 1
    assert not (folder / "decisions.jsonl").exists()


def test_a_missing_folder_is_named_and_not_created(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = folder / "nowhere" / "decisions.jsonl"
    inputs = ["--people", str(folder / "people.jsonl"), "--facts", str(folder / "facts.jsonl")]

    policy = str(folder / "policy.yaml")
    assert main(["evaluate", policy, *inputs, "--period", "2026-09", "--out", str(out)]) == 2

    assert capsys.readouterr().err == f"plumbline: {out.parent}: no such folder to write to\n"


def test_a_facts_file_given_as_people_is_refused_by_name(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "people.jsonl").write_bytes((folder / "facts.jsonl").read_bytes())

    assert _evaluate(folder, "--facts", str(folder / "facts.jsonl")) == 2

    assert "a row of the people file has no person_id" in capsys.readouterr().err


def test_a_file_that_is_not_there_is_a_usage_error(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _evaluate(folder, "--facts", str(folder / "nowhere.jsonl")) == 2
    assert "nowhere.jsonl" in capsys.readouterr().err
