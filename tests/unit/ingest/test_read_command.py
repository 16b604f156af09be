"""`plumbline read` on the samples: their truths, and what is left in the directory."""

import json
from pathlib import Path
from typing import Any

import pytest

from local.cli import main

EXAMPLES = Path("examples")
PROFILES = Path("config/profiles")
REFUSED = json.loads((EXAMPLES / "refused/refused.truth.json").read_text("utf-8"))
WHOLE = [
    *(("varicent-attainment", path) for path in sorted((EXAMPLES / "varicent").glob("varicent-*.csv"))),
    ("hr-people", EXAMPLES / "varicent/people-2026-09.csv"),
    ("varicent-gzip-attainment", EXAMPLES / "varicent-gzip/varicent-attainment-2026-09.csv.gz"),
    ("canonical-attainment", EXAMPLES / "canonical/attainment-2026-09.csv"),
    ("canonical-people", EXAMPLES / "canonical/people-2026-09.csv"),
    ("sap-attainment", EXAMPLES / "sap/ACME_OGPT_PRD_20261002_061500_ATT202609.txt"),
    ("sap-people", EXAMPLES / "sap/ACME_OGPT_PRD_20261002_060000_PEOPLE.txt"),
    ("xactly-attainment", EXAMPLES / "xactly/xactly-attainment-2026-09.csv"),
    ("oracle-attainment", EXAMPLES / "oracle/oracle-participant-goals-2026-09.tsv"),
    ("salesforce-attainment", EXAMPLES / "salesforce/salesforce-quota-2026-Q3.csv"),
]


def plumbline_read(profile: Path, export: Path, out: Path) -> int:
    return main(["read", str(profile), str(export), "--out", str(out)])


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.parametrize("kind", ["attainment", "people"])
def test_the_messy_samples_read_as_their_truths_say(kind: str, tmp_path: Path) -> None:
    export = EXAMPLES / f"messy/messy-{kind}-2026-09.csv"
    truth = json.loads(Path(f"{export}.truth.json").read_text("utf-8"))
    assert plumbline_read(EXAMPLES / f"messy/messy-{kind}.profile.yaml", export, tmp_path) == 0
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert {key: summary[key] for key in summary if key in truth} == {
        key: truth[key] for key in summary if key in truth
    }
    assert summary["batch"] == truth["sha256"][:16]
    assert lines_of(tmp_path / "rejected.jsonl") == truth["rejected_rows"]
    assert lines_of(tmp_path / "accepted.jsonl") == truth["accepted_rows"]


@pytest.mark.parametrize(("profile", "export"), WHOLE, ids=lambda part: str(part).rpartition("/")[2])
def test_every_sample_of_every_layout_is_taken_whole(profile: str, export: Path, tmp_path: Path) -> None:
    """Each has a manifest beside it, whose control totals are thereby checked."""
    assert plumbline_read(PROFILES / f"{profile}.yaml", export, tmp_path) == 0
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    stated = json.loads(Path(f"{export}.manifest.json").read_text("utf-8"))
    assert (summary["rejected"], summary["codes"], summary["refused"]) == (0, {}, None)
    assert summary["accepted"] == summary["rows"] == stated["rows"]


def test_one_month_has_the_same_facts_in_every_layout(tmp_path: Path) -> None:
    facts = []
    for profile, export in WHOLE:
        if profile.endswith("-attainment") and "09" in export.name and "2026-Q3" not in export.name:
            plumbline_read(PROFILES / f"{profile}.yaml", export, tmp_path / profile)
            rows = lines_of(tmp_path / profile / "accepted.jsonl")
            facts.append([(row["rep_id"], row["period"], row["quota"], row["credited"]) for row in rows])
    assert len(facts) == 6
    assert all(each == facts[0] for each in facts)


@pytest.mark.parametrize("truth", REFUSED, ids=lambda truth: truth["file"])
def test_a_refused_file_leaves_its_summary_alone(
    truth: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("accepted.jsonl", "rejected.jsonl", "summary.json"):
        (tmp_path / name).write_text("from an earlier run")
    profile = EXAMPLES / f"refused/{truth['profile']}.profile.yaml"
    assert plumbline_read(profile, EXAMPLES / "refused" / truth["file"], tmp_path) == 3
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert {key: summary[key] for key in ("refused", "sha256", "bytes")} == {
        key: truth[key] for key in ("refused", "sha256", "bytes")
    }
    assert [path.name for path in tmp_path.iterdir()] == ["summary.json"]
    [told] = capsys.readouterr().err.splitlines()
    assert truth["refused"] in told


def test_what_was_counted_before_a_refusal_is_told(tmp_path: Path) -> None:
    folder = EXAMPLES / "refused"
    plumbline_read(folder / "varicent-attainment.profile.yaml", folder / "too-many-rejected.csv", tmp_path)
    summary = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    assert (summary["rows"], summary["accepted"], summary["rejected"]) == (40, 37, 3)
    assert sum(summary["codes"].values()) == 3


def test_what_is_not_there_or_not_valid_is_a_mistake_of_usage(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    profile = PROFILES / "varicent-attainment.yaml"
    wrong = tmp_path / "wrong.yaml"
    wrong.write_bytes(b"\xff\xfe")
    for arguments in (
        (tmp_path / "none.yaml", EXAMPLES / "messy/messy-people-2026-09.csv"),
        (profile, tmp_path / "none.csv"),
        (profile, tmp_path),
        (wrong, EXAMPLES / "messy/messy-people-2026-09.csv"),
    ):
        assert plumbline_read(*arguments, tmp_path / "out") == 2
        [told] = capsys.readouterr().err.splitlines()
        assert told.startswith("plumbline: ")
    assert not (tmp_path / "out").exists()
