"""`plumbline policy` as HR uses it: its output and exit status."""

import hashlib
from pathlib import Path

import pytest

from local.cli import main

POLICY = Path(__file__).parents[3] / "config/policies/field-sales.yaml"


def _changed(folder: Path, was: str, becomes: str) -> Path:
    text = POLICY.read_text(encoding="utf-8")
    assert was in text
    path = folder / "changed.yaml"
    path.write_text(text.replace(was, becomes, 1), encoding="utf-8")
    return path


def test_a_policy_that_can_go_live_is_read_out_under_its_digest(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "check", str(POLICY)]) == 0

    said = capsys.readouterr()
    assert said.out.startswith(f"field-sales@1  sha256 {hashlib.sha256(POLICY.read_bytes()).hexdigest()}\n")
    assert "- Field sales performance (version 1) applies from 2026-09-01" in said.out
    assert said.err == ""


@pytest.mark.parametrize(
    ("was", "becomes", "fault"),
    [
        ("country: US", "country: XX", "calendar.country: no holidays are known for 'XX'"),
        ("subdivision: null", "subdivision: ZZ", "calendar.subdivision: US has no known subdivision 'ZZ'"),
        (
            "country: US, subdivision: null",
            "country: null, subdivision: CA",
            "calendar.subdivision: 'CA' needs a country",
        ),
        ("New_York", "Nowhere", "calendar.timezone: 'America/Nowhere' is not an IANA time zone"),
        ("roles: [AE, SDR, AM]", "roles: []", "applies_to.roles: is empty; name at least one"),
        ('below: "0.70"', "below: 0.70", 'rules[0].below: is a YAML number; write it in quotes: "0.7"'),
        ("period: month", "period: [", "line 8, column 1: expected ',' or ']', but got '<scalar>'"),
    ],
)
def test_a_fault_is_one_line_with_its_path(
    was: str, becomes: str, fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _changed(tmp_path, was, becomes)

    assert main(["policy", "check", str(path)]) == 1

    said = capsys.readouterr()
    assert said.err == f"{path}: {fault}\n"
    assert said.out == ""


def test_a_subdivision_that_keeps_holidays_of_its_own_can_go_live(tmp_path: Path) -> None:
    assert main(["policy", "check", str(_changed(tmp_path, "subdivision: null", "subdivision: CA"))]) == 0


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"", b"- a list\n"])
def test_a_file_that_is_not_a_policy_is_refused_in_one_line(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(content)

    assert main(["policy", "check", str(path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_policy_that_is_not_there_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["policy", "check", str(tmp_path / "nowhere.yaml")]) == 2
    assert "nowhere.yaml" in capsys.readouterr().err


def test_a_difference_is_named_by_its_path_and_an_unchanged_version_gets_a_warning(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changed = _changed(tmp_path, 'below: "0.70"', 'below: "0.65"')

    assert main(["policy", "diff", str(POLICY), str(changed)]) == 1

    said = capsys.readouterr()
    assert said.out == "rules.two-of-three.below: 0.70 -> 0.65\n"
    assert said.err == "both files are field-sales@1: a version in use must not change\n"


def test_a_policy_does_not_differ_from_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["policy", "diff", str(POLICY), str(POLICY)]) == 0
    assert capsys.readouterr().out == ""


def test_a_policy_is_not_compared_with_an_invalid_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = _changed(tmp_path, "version: 1", "version: none")

    assert main(["policy", "diff", str(POLICY), str(path)]) == 2
    assert "version: " in capsys.readouterr().err
