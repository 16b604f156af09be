"""``plumbline pace`` on the command line: its arguments, and what it refuses in one line."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from local.cli import main
from tests.unit.evaluate.pace_files import POLICY, TERMS, PaceFolder, fact, person, told
from tests.unit.evaluate.population_files import jsonl

PEOPLE = [person("r-1"), person("r-2")]
FIRST = ("2026-10-16", [fact("r-1", "2026-10", "100"), fact("r-2", "2026-10", "200")])
SECOND = ("2026-10-16", [fact("r-1", "2026-10", "300")])
MOMENT = ["--period", "2026-10", "--as-of", "2026-10-16"]


@pytest.fixture
def folder(tmp_path: Path) -> PaceFolder:
    return PaceFolder(tmp_path)


def _run(folder: PaceFolder, *arguments: str) -> int:
    return main(["pace", *arguments, "--out", str(folder.out)])


def _attainments(folder: PaceFolder) -> dict[str, Any]:
    return {rep: row["attainment"] for rep, row in told(folder.out.read_bytes()).items()}


def test_the_digest_of_what_was_written_is_printed_as_sha256sum_prints_it(
    folder: PaceFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    written = folder.run(PEOPLE, [], [FIRST])

    assert capsys.readouterr().out == f"{hashlib.sha256(written).hexdigest()}  {folder.out}\n"


def test_snapshots_are_listed_after_one_option_or_after_one_each_in_any_place(folder: PaceFolder) -> None:
    *inputs, first, second = folder.inputs(PEOPLE, [], [FIRST, SECOND], POLICY)

    assert _run(folder, *inputs, first, second, *MOMENT) == 0
    assert _attainments(folder) == {"r-1": "0.3000", "r-2": "0.2000"}
    assert _run(folder, *inputs, first, *MOMENT, "--snapshot", second) == 0
    assert _attainments(folder) == {"r-1": "0.3000", "r-2": "0.2000"}
    assert _run(folder, *inputs, second, *MOMENT, "--snapshot", first) == 0
    assert _attainments(folder) == {"r-1": "0.1000", "r-2": "0.2000"}


@pytest.mark.parametrize("form", ["one option", "two options"])
def test_a_later_facts_file_supersedes_an_earlier_one(folder: PaceFolder, form: str) -> None:
    policy = POLICY | {"pace": TERMS | {"min_history": 1, "coverage": "0.3"}}
    reps = [f"r-{number}" for number in range(1, 4)]
    september = ("2026-09-16", [fact(rep, "2026-09", "0") for rep in reps])
    october = ("2026-10-16", [fact(rep, "2026-10", "0") for rep in reps])
    earlier = [fact(rep, "2026-09", "400") for rep in reps]
    inputs = folder.inputs([person(rep) for rep in reps], earlier, [september, october], policy)
    later = folder.write("later.jsonl", [fact("r-1", "2026-09", "500"), fact("r-2", "2026-09", "500")])
    at = inputs.index("--facts") + 2

    more = [later] if form == "one option" else ["--facts", later]
    assert _run(folder, *inputs[:at], *more, *inputs[at:], *MOMENT) == 0

    assert told(folder.out.read_bytes())["r-1"]["median"] == "0.5000"


def test_the_path_of_a_snapshot_is_all_after_the_first_equals_sign(folder: PaceFolder) -> None:
    *inputs, _ = folder.inputs(PEOPLE, [], [FIRST], POLICY)
    odd = folder.write("2026-10-15=a=b.jsonl", FIRST[1])

    assert _run(folder, *inputs, f"2026-10-16={odd}", *MOMENT) == 0

    assert _attainments(folder)["r-1"] == "0.1000"


def test_without_any_facts_there_is_no_history(folder: PaceFolder) -> None:
    inputs = folder.inputs(PEOPLE, [], [FIRST], POLICY)
    at = inputs.index("--facts")

    assert _run(folder, *inputs[:at], *inputs[at + 2 :], *MOMENT) == 0

    line = told(folder.out.read_bytes())["r-1"]
    assert (line["outcome"], line["history"], line["group"]) == ("no_history", 0, {})


def test_an_empty_directory_has_no_lines(folder: PaceFolder) -> None:
    assert folder.run([], [], [FIRST]) == b""


def test_a_file_of_no_comparable_day_is_not_opened(folder: PaceFolder) -> None:
    bad = ("2026-09-03", [{"no": "fact"}])

    assert folder.run(PEOPLE, [], [bad, FIRST])


@pytest.mark.parametrize(
    "differs",
    [
        {"period": "2026-Q4"},
        {"period": "2026-13"},
        {"period": "2025-12", "as_of": "2025-12-16"},
        {"as_of": "2026-09-30"},
        {"as_of": "2026-11-01"},
        {"as_of": "2026-10-32"},
        {"as_of": "20261016"},
        {"as_of": "16.10.2026"},
        {"as_of": None},
        {"period": None},
    ],
)
def test_a_moment_that_cannot_be_is_a_usage_error(
    folder: PaceFolder, differs: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = folder.inputs(PEOPLE, [], [FIRST], POLICY)
    moment = {"period": "2026-10", "as_of": "2026-10-16"} | differs
    named = [text for key, value in moment.items() if value for text in (f"--{key.replace('_', '-')}", value)]

    assert _run(folder, *inputs, *named) == 2

    assert capsys.readouterr().err.count("\n") == 1
    assert not folder.out.exists()


@pytest.mark.parametrize(
    "text", ["{}", "={}", "2026-10-16=", "20261016={}", "2026-10-32={}", "2026-W42-5={}"]
)
def test_a_snapshot_without_a_date_or_a_file_is_a_usage_error(
    folder: PaceFolder, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = folder.inputs(PEOPLE, [], [FIRST], POLICY)

    assert _run(folder, *inputs, text.format(folder.write("more.jsonl", [])), *MOMENT) == 2

    told_why = capsys.readouterr().err
    assert "--snapshot" in told_why
    assert told_why.count("\n") == 1


def test_a_snapshot_that_is_not_there_is_told_even_if_its_day_does_not_matter(
    folder: PaceFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = folder.inputs(PEOPLE, [], [FIRST], POLICY)

    assert _run(folder, *inputs, "2020-01-01=nowhere.jsonl", *MOMENT) == 2

    assert capsys.readouterr().err == "plumbline: nowhere.jsonl: No such file or directory\n"


def test_a_policy_without_pace_has_none_of_it(folder: PaceFolder, capsys: pytest.CaptureFixture[str]) -> None:
    policy = {key: value for key, value in POLICY.items() if key != "pace"}
    inputs = folder.inputs(PEOPLE, [], [FIRST], policy)

    assert _run(folder, *inputs, *MOMENT) == 2
    assert main(["pace", *inputs, "--check"]) == 2

    assert capsys.readouterr().err == 2 * (
        "plumbline: field-sales@3 has no key pace, so no unfinished month is projected\n"
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("snapshot-0.jsonl", b"nothing\n"),
        ("snapshot-0.jsonl", jsonl([fact("r-1", "2026-10", "1e3")])),
        ("snapshot-0.jsonl", jsonl([fact("r-1", "2026-10", "1", leave_days="32")])),
        ("snapshot-1.jsonl", b"[]\n"),
        ("snapshot-1.jsonl", jsonl([fact("r-1", "2026-09", "NaN")])),
        ("snapshot-1.jsonl", jsonl([fact("r-1", "2026-09", "1") | {"credited": None}])),
        ("snapshot-1.jsonl", jsonl([fact("r-1", "2026-09", "1") | {"currency": 7}])),
        ("snapshot-1.jsonl", jsonl([fact("r-1", "2026-09", "1") | {"rep_id": None}])),
        ("facts.jsonl", jsonl([fact("r-1", "2026-09", "1", quota="-1")])),
        ("people.jsonl", jsonl([person("r-1"), person("r-1")])),
    ],
)
def test_files_that_read_never_wrote_are_refused_in_one_line(
    folder: PaceFolder, name: str, content: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    september = fact("r-1", "2026-09", "500")
    inputs = folder.inputs(PEOPLE, [september], [FIRST, ("2026-09-16", [september])], POLICY)
    (folder.folder / name).write_bytes(content)

    assert _run(folder, *inputs, *MOMENT) == 2

    assert capsys.readouterr().err.count("\n") == 1
    assert not folder.out.exists()


def test_rows_that_read_did_not_write_in_its_own_form_are_read_all_the_same(folder: PaceFolder) -> None:
    """Keys in another order and escapes take the slow way, with the same result."""
    reps = [f"r-{number}" for number in range(1, 10)]
    known = [
        ("2026-09-16", [fact(rep, "2026-09", "100.0000015"[:10]) for rep in reps]),
        ("2026-10-16", [fact(rep, "2026-10", "100") for rep in reps]),
    ]
    finals = [fact(rep, "2026-09", str(number)) for number, rep in enumerate(reps)]
    plain = folder.run([person(rep) for rep in reps], finals, known)
    for name in ("facts.jsonl", "snapshot-0.jsonl", "snapshot-1.jsonl"):
        path = folder.folder / name
        rows = [json.loads(line) for line in path.read_bytes().splitlines()]
        path.write_text(
            "".join(
                json.dumps(dict(reversed(row.items()))).replace("2026", "\\u0032026") + "\n" for row in rows
            )
        )

    arguments = [str(folder.folder / "policy.yaml"), "--people", str(folder.folder / "people.jsonl")]
    arguments += ["--facts", str(folder.folder / "facts.jsonl"), "--snapshot"]
    arguments += [f"{day}={folder.folder}/snapshot-{at}.jsonl" for at, (day, _) in enumerate(known)]
    assert _run(folder, *arguments, *MOMENT) == 0

    assert folder.out.read_bytes() == plain
