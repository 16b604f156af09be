"""Rows that share a key: duplicates where they agree, otherwise all rejected, or added up by the profile."""

import json
from pathlib import Path
from typing import Any

import pytest

from functions.ingest.reading.profile import Profile
from local.cli import main
from tests.independent_reader import reader
from tests.unit.ingest.reading import ATTAINMENT, HEADER, PEOPLE, ReadRows, both_ways, profile, read
from tests.unit.ingest.test_read_in_ranges import Office, after_one_pass
from tests.unit.ingest.test_receive_export import HEADER as SEPTEMBER_HEADER
from tests.unit.ingest.test_receive_export import KEY, PEOPLE_KEY, PROFILE

SUM = ATTAINMENT + "same_key: sum\n"
CONFLICTING = [(None, "conflicting", None)]
DUPLICATE = [(None, "duplicate", None)]
PEOPLE_HEADER = "id,name,email,boss,role,region,hired,zone,active,deputy,since\n"


def export(*rows: str) -> str:
    return "\n".join([HEADER, *rows, ""])


def amounts(row: dict[str, Any]) -> tuple[str | None, str | None, str | None]:
    return row["quota"], row["credited"], row["leave_days"]


def summed(*rows: str, **form: object) -> ReadRows:
    result = both_ways(export(*rows), profile(SUM, **form))
    assert result.told.rows == result.told.accepted + result.told.rejected
    assert result.told.accepted == len(result.rows) + (result.told.summed or 0)
    return result


def test_rows_of_one_rep_and_period_that_differ_are_all_rejected() -> None:
    result = both_ways(
        export("a,2026-09,400,20,USD,0", "b,2026-09,1,1,USD,0", "a,2026-09,600,880,USD,0", "c,x,1,1,USD,0")
    )
    assert result.ids == ["b"]
    assert list(result.faults) == [2, 4, 5]
    assert (result.faults[2], result.faults[4]) == (CONFLICTING, CONFLICTING)
    assert result.told.codes == {"bad_period": 1, "conflicting": 2}
    assert (result.told.rows, result.told.accepted, result.told.rejected) == (4, 1, 3)


@pytest.mark.parametrize("odd_one", range(3))
def test_one_row_that_differs_makes_all_rows_of_its_key_conflict(odd_one: int) -> None:
    rows = ["a,2026-09,1,1,USD,0"] * 3
    rows[odd_one] = "a,2026-09,1,1,USD,1"
    assert both_ways(export(*rows)).faults == dict.fromkeys((2, 3, 4), CONFLICTING)


@pytest.mark.parametrize(
    "other", ["2,1,USD,0", ",1,USD,0", "1,-1,USD,0", "1,1,EUR,0", "1,1,USD,", "1,1,USD,1"]
)
def test_a_difference_in_any_column_of_ours_counts(other: str) -> None:
    result = both_ways(export("a,2026-09,1,1,USD,0", f"a,2026-09,{other}"))
    assert result.faults == {2: CONFLICTING, 3: CONFLICTING}


def test_rows_are_compared_by_their_values_and_not_by_how_they_are_written() -> None:
    of = profile(ATTAINMENT + 'blank: {leave_days: "0"}', period="%m/%Y")
    result = both_ways(export("a,09/2026,1,1.50,USD,0", '"a", 09/2026,+1.000,01.5,USD,'), of)
    assert result.faults == {3: DUPLICATE}


def test_a_difference_in_a_column_that_is_not_ours_makes_a_duplicate() -> None:
    text = f"{HEADER},component\na,2026-09,1,1,USD,0,New\na,2026-09,1,1,USD,0,Renewal\n"
    assert both_ways(text).faults == {3: DUPLICATE}


def test_a_row_with_a_fault_of_its_own_conflicts_with_none() -> None:
    result = both_ways(export("a,2026-09,1,x,USD,0", "a,2026-09,1,1,USD,0", "a,2026-09,2,2,usd,0"))
    assert result.codes == {2: ["not_a_number"], 4: ["unknown_currency"]}
    assert result.ids == ["a"]


def test_people_of_one_id_who_differ_are_all_rejected() -> None:
    people = [("p", "Ann"), ("q", "Bo"), ("s", "Cy"), ("p", "Ann"), ("q", "Di")]
    rows = [f"{key},{name},a@b.co,,AE,West,2024-02-29,,,,\n" for key, name in people]
    result = both_ways(PEOPLE_HEADER + "".join(rows), profile(PEOPLE))
    assert result.faults == {3: CONFLICTING, 5: DUPLICATE, 6: CONFLICTING}
    assert result.ids == ["p", "s"]


def test_conflicting_rows_count_as_rejected_ones_and_a_manifest_counts_all_rows() -> None:
    rows = ["a,2026-09,1,1,USD,0", "a,2026-09,2,2,USD,0", "b,2026-09,1,1,USD,0", "c,2026-09,1,1,USD,0"]
    of = profile(ATTAINMENT.replace('"1"', '"0.49"'))
    stated = {"rows": 4, "sum_quota": "5", "sum_credited": "5"}
    assert both_ways(export(*rows), of, manifest=stated).refused == "too_many_rejected"
    assert both_ways(export(*rows), profile(), manifest=stated).refused is None
    assert summed_with(stated, rows).refused is None


def summed_with(stated: dict[str, object], rows: list[str]) -> ReadRows:
    return both_ways(export(*rows), profile(SUM), manifest=stated)


def test_amounts_of_one_key_are_added_up_where_the_profile_says_so() -> None:
    result = summed(
        "a,2026-09,400.10,20,USD,0",
        "b,2026-09,1,1,USD,0",
        "a,2026-09,600,-880.25,USD,3",
        "a,2026-08,1,1,USD,0",
    )
    assert result.rows[0] == {
        **{"line": 2, "rep_id": "a", "period": "2026-09", "quota": "1000.1", "credited": "-860.25"},
        **{"currency": "USD", "leave_days": "3", "lines": [2, 4]},
    }
    assert [row.get("lines") for row in result.rows] == [[2, 4], None, None]
    assert (result.told.rows, result.told.accepted, result.told.summed) == (4, 4, 1)
    assert result.ids == ["a", "b", "a"]


def test_one_unknown_quota_or_leave_makes_that_of_the_sum_unknown() -> None:
    assert amounts(summed("a,2026-09,,1,USD,2", "a,2026-09,5,1,USD,3").rows[0]) == (None, "2", "3")
    assert amounts(summed("a,2026-09,5,1,USD,2", "a,2026-09,5,1,USD,").rows[0]) == ("10", "2", None)


def test_rows_in_several_currencies_are_never_added_up() -> None:
    rows = ("a,2026-09,1,1,USD,0", "a,2026-09,1,1,EUR,0", "a,2026-09,2,1,USD,0", "b,2026-09,1,1,EUR,0")
    assert summed(*rows).faults == dict.fromkeys((2, 3, 4), CONFLICTING)


def test_a_sum_of_more_digits_than_a_fact_may_have_conflicts() -> None:
    most = "9" * 18
    rows = (f"a,2026-09,{most}.999999,1,USD,0", "a,2026-09,0.000001,1,USD,0")
    assert summed(*rows).faults == {2: CONFLICTING, 3: CONFLICTING}
    negative = (f"a,2026-09,1,-{most},USD,0", "a,2026-09,1,-1,USD,0")
    assert summed(*negative).faults == {2: CONFLICTING, 3: CONFLICTING}
    fits = summed(f"a,2026-09,{most}.999998,-0.5,USD,0", "a,2026-09,0.000001,0.5,USD,0")
    assert amounts(fits.rows[0]) == (f"{most}.999999", "0", "0")


def test_rows_that_agree_stay_duplicates_though_others_are_added_up() -> None:
    result = summed("a,2026-09,1,1,USD,0", "a,2026-09,1,1,USD,0")
    assert (result.faults, result.told.summed) == ({3: DUPLICATE}, 0)
    assert amounts(summed(*["a,2026-09,1,1,USD,0"] * 2, "a,2026-09,2,2,USD,0").rows[0]) == ("4", "4", "0")


def test_a_summary_counts_summed_rows_only_where_the_profile_adds_up() -> None:
    assert "summed" in json.loads(summed("a,2026-09,1,1,USD,0").told.as_json())
    assert "summed" not in json.loads(read(export("a,2026-09,1,1,USD,0")).told.as_json())


def many_rows() -> bytes:
    """Keys that repeat near and far, some agreeing, some not, with blank lines and faults between."""
    rows = []
    for number in range(400):
        currency = "EUR" if number % 101 == 0 else "USD"
        if number % 3:
            rows.append(f"far{number * 7 % 60},2026-09,1,{number},{currency},{number % 3 - 1}\n")
        else:
            rows.append(f"near{number // 9},2026-0{8 + number % 2},1,1,USD,0\n")
        rows.append("\n" if number % 50 == 0 else "")
    return f"{HEADER}\n{''.join(rows)}".encode()


@pytest.mark.parametrize("of", [profile(), profile(SUM)], ids=lambda of: of.same_key)
@pytest.mark.parametrize("block", [1, 300, 1 << 16])
def test_keys_that_repeat_near_and_far_are_judged_as_the_second_reader_judges_them(
    of: Profile, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.ingest.reading.text_reader.BLOCK", block)
    ours, theirs = both_ways(many_rows(), of, piece=1000), reader.read(many_rows(), of.model_dump())
    assert ours.rows == theirs.accepted
    assert ours.told.codes == theirs.codes
    assert list(ours.faults) == [row["line"] for row in theirs.rejected]
    assert ours.told.codes["duplicate"] > 5
    assert ours.told.codes["conflicting"] > 5
    assert (ours.told.summed or 6) > 5


@pytest.mark.parametrize("adds_up", [False, True])
def test_rows_of_one_key_in_several_ranges_come_to_what_one_pass_makes_of_them(adds_up: bool) -> None:
    office = Office()
    profile_text = PROFILE.replace("0.5", "1") + ("same_key: sum\n" if adds_up else "")
    office.profiles["varicent-attainment"] = profile_text
    rows = [b"r-%d,2026-%02d,100,%d,USD\n" % (n % 30, 8 + n % 2, n) for n in range(60)]
    same = [b"r-99,2026-09,1,1,USD\n"] * 3
    received = after_one_pass(office, SEPTEMBER_HEADER + b"".join([same[0], *rows, *same[1:]]), KEY)
    conflicting = {} if adds_up else {"conflicting": 60}
    assert received.batch.codes == conflicting | {"duplicate": 2}
    assert received.batch.rows == received.batch.accepted + received.batch.rejected


def test_a_period_of_which_every_row_conflicts_is_not_one_of_the_batch() -> None:
    office = Office()
    office.profiles["varicent-attainment"] = PROFILE.replace("0.5", "1")
    rows = [b"r-1,2026-08,1,1,USD\n", b"r-1,2026-09,1,1,USD\n", b"r-1,2026-08,2,2,USD\n", b"\n" * 200]
    assert after_one_pass(office, SEPTEMBER_HEADER + b"".join(rows)).batch.periods == ("2026-09",)


def test_a_directory_has_nobody_of_whom_it_says_two_things() -> None:
    office = Office()
    office.profiles["hr-people"] += 'max_rejected_fraction: "1"\n'
    rows = [f"p-{n % 40},Name {n % 39},a{n % 40}@example.com,,MGR,West,2020-01-01\n" for n in range(50)]
    content = "id,name,email,boss,role,region,hired\n" + "".join(rows)
    received = after_one_pass(office, content.encode(), PEOPLE_KEY)
    assert received.batch.codes == {"conflicting": 20}
    assert received.batch.accepted == 30


def test_only_the_profile_of_an_attainment_export_may_add_up(tmp_path: Path) -> None:
    path = tmp_path / "people.yaml"
    path.write_text(PEOPLE + "same_key: sum\n", "utf-8")
    assert main(["profile", "check", str(path)]) == 1


@pytest.mark.parametrize(("adds_up", "counts"), [(False, (2, 4)), (True, (4, 0))])
def test_the_command_rewrites_what_it_wrote_before_a_key_repeated(
    adds_up: bool, counts: tuple[int, int], tmp_path: Path
) -> None:
    (tmp_path / "p.yaml").write_text(SUM if adds_up else ATTAINMENT, "utf-8")
    rows = [f"r{n},2026-09,1,{1 + row},USD,0" for row in range(2) for n in (1, 2)]
    (tmp_path / "e.csv").write_text(export(*rows, "r0,2026-09,1,1,USD,0", "r9,2026-09,1,1,USD,0"), "utf-8")
    out = tmp_path / "out"
    assert main(["read", str(tmp_path / "p.yaml"), str(tmp_path / "e.csv"), "--out", str(out)]) == 0
    lines = [len((out / f"{name}.jsonl").read_bytes().splitlines()) for name in ("accepted", "rejected")]
    assert tuple(lines) == counts
    assert sorted(path.name for path in out.iterdir()) == ["accepted.jsonl", "rejected.jsonl", "summary.json"]


def test_decisions_do_not_depend_on_whether_a_fact_is_a_sum(tmp_path: Path) -> None:
    people = tmp_path / "people.jsonl"
    person = both_ways(
        PEOPLE_HEADER + "a,Ann,a@b.co,,AE,West,2020-02-29,,,,\nb,Bo,b@b.co,,AE,West,2020-02-29,,,,\n",
        profile(PEOPLE),
    )
    people.write_bytes(person.jsonl)
    facts = summed("a,2026-09,400,20,USD,0", "b,2026-09,9,3,USD,0", "a,2026-09,600,20,USD,2").jsonl
    assert b'"lines":[2,4]' in facts
    told = []
    for number, text in enumerate((facts, facts.replace(b',"lines":[2,4]', b""))):
        path, out = tmp_path / f"facts-{number}.jsonl", tmp_path / f"decisions-{number}.jsonl"
        path.write_bytes(text)
        arguments = ["--people", str(people), "--facts", str(path), "--period", "2026-09", "--out", str(out)]
        assert main(["evaluate", "config/policies/field-sales.yaml", *arguments]) == 0
        told.append(out.read_bytes())
    assert told[0] == told[1]
    assert b'"quota":"1000"' in told[0]
