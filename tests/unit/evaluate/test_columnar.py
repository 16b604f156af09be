"""The columnar evaluation gives the bytes of the reference, however the lines of its files are written."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.evaluate.decisions.columnar import assess_files, decide_many, summarise_many
from functions.evaluate.decisions.directory_columns import Directory
from functions.evaluate.decisions.period_column import PeriodColumn
from functions.evaluate.decisions.population import GroupStatistics, Population, merge
from functions.evaluate.decisions.window_rules import Window, read_columns
from shared.domain.errors import InvalidDirectory, InvalidFacts
from shared.domain.period import Period
from shared.domain.policy import Policy, parse_policy
from tests.unit.evaluate.population_files import Row, in_one_process, jsonl
from tests.unit.evaluate.populations import facts, people, policies

PEOPLE_COLUMNS = (
    *("person_id", "name", "email", "manager_id", "role", "region", "hire_date", "hr_partner_id", "timezone"),
    *("active", "delegate_id", "delegate_from", "delegate_until"),
)
SEPTEMBER = Period.parse("2026-09")
POLICY = parse_policy(Path("config/policies/field-sales.yaml").read_text(), "field-sales")


def _as_read_writes(row: Row) -> str:
    first = {"line": row["line"], **{key: cell for key, cell in row.items() if key != "line"}}
    return json.dumps(first, ensure_ascii=False, separators=(",", ":"))


def _person_as_read_writes(person: Row, line: int) -> Row:
    return {"line": line, **dict.fromkeys(PEOPLE_COLUMNS), **person}


def _turned_round(row: Row) -> str:
    return json.dumps(dict(reversed(row.items())))


SPELLINGS: list[Callable[[Row], str]] = [
    _as_read_writes,
    lambda row: json.dumps(row, ensure_ascii=False),
    lambda row: json.dumps(row),
    _turned_round,
    lambda row: "  " + _as_read_writes(row) + "\r",
    lambda row: _as_read_writes(row).replace("2026-09", "2026\\u002d09"),
]


def _columnar(policy: Policy, people: list[bytes], chunks: list[bytes]) -> bytes:
    window = Window(policy, SEPTEMBER)
    assessed = assess_files(window, Directory(policy, people, "people"), [("facts", chunks)])
    statistics = GroupStatistics.from_data(json.loads(json.dumps(summarise_many(window, assessed).as_data())))
    population = Population.from_data(json.loads(json.dumps(merge(policy, [statistics]).as_data())))
    return b"".join(decided.lines() for decided in decide_many(window, assessed, population))


def _columns(chunks: list[bytes], people: Sequence[Row] = ()) -> list[PeriodColumn]:
    directory = Directory(POLICY, [jsonl(people)], "people")
    return read_columns(POLICY, SEPTEMBER.window(3), directory, [("facts", chunks)])


@settings(max_examples=80, deadline=None)
@given(policies(), st.data())
def test_every_spelling_of_the_same_facts_decides_the_same(policy: Policy, data: st.DataObject) -> None:
    directory = data.draw(people())
    known = data.draw(facts(directory))
    spelling = data.draw(st.lists(st.sampled_from(SPELLINGS), min_size=len(known), max_size=len(known)))
    alike = data.draw(st.sampled_from(SPELLINGS))
    mixed = "".join(spell(row) + "\n" for spell, row in zip(spelling, known, strict=True)).encode()
    uniform = "".join(alike(row) + "\n" for row in known).encode()

    plainly = in_one_process(policy, SEPTEMBER, directory, known)

    everybody = [jsonl(directory)]
    assert _columnar(policy, everybody, [mixed]) == plainly
    assert _columnar(policy, everybody, [uniform]) == plainly
    assert _columnar(policy, everybody, uniform.splitlines(keepends=True)) == plainly
    assert _columnar(policy, everybody, [uniform[:-1]]) == plainly


@settings(max_examples=80, deadline=None)
@given(policies(), st.data())
def test_every_spelling_of_the_same_directory_decides_the_same(policy: Policy, data: st.DataObject) -> None:
    directory = data.draw(people())
    known = jsonl(data.draw(facts(directory)))
    rows = [_person_as_read_writes(person, line) for line, person in enumerate(directory, start=2)]
    spelling = data.draw(st.lists(st.sampled_from(SPELLINGS), min_size=len(rows), max_size=len(rows)))
    usual = "".join(_as_read_writes(row) + "\n" for row in rows).encode()
    mixed = "".join(spell(row) + "\n" for spell, row in zip(spelling, rows, strict=True)).encode()

    plainly = _columnar(policy, [jsonl(directory)], [known])

    assert _columnar(policy, [usual], [known]) == plainly
    assert _columnar(policy, [usual[:-1]], [known]) == plainly
    assert _columnar(policy, usual.splitlines(keepends=True), [known]) == plainly
    assert _columnar(policy, [mixed], [known]) == plainly


def test_a_later_fact_replaces_an_earlier_one_whatever_its_form() -> None:
    usual: Row = {"quota": "1000", "credited": "100.5", "currency": "USD", "leave_days": "0"}
    changes: list[Row] = [
        *({}, {"credited": "900.25"}, {"credited": "100.125"}, {"credited": "-3"}),
        *({"quota": None}, {"quota": "0"}, {"quota": "90"}, {"currency": "EUR"}),
        *({"leave_days": None}, {"leave_days": "10"}, {"leave_days": "30"}),
    ]
    known: list[Row] = []
    lines: list[str] = []
    pairs = [(first, then) for first in changes for then in changes]
    for number, (first, then) in enumerate(pairs):
        rep = f"r-{number:03d}"
        earlier = [{"period": period, **usual} for period in ("2026-07", "2026-08")]
        for spell, row in zip(
            (_as_read_writes, _as_read_writes, SPELLINGS[number % 4], SPELLINGS[number // 4 % 4]),
            [*earlier, {"period": "2026-09", **usual, **first}, {"period": "2026-09", **usual, **then}],
            strict=True,
        ):
            known.append({"rep_id": rep, **row, "line": len(known) + 2})
            lines.append(spell(known[-1]) + "\n")
    directory: list[Row] = [
        {"person_id": f"r-{number:03d}", "role": "AE", "region": "West", "hire_date": "2020-01-15"}
        for number in range(len(pairs))
    ]

    plainly = in_one_process(POLICY, SEPTEMBER, directory, known)

    chunks = [line.encode() for line in lines]
    assert _columnar(POLICY, [jsonl(directory)], [jsonl(known)]) == plainly
    assert _columnar(POLICY, [jsonl(directory)], chunks) == plainly
    assert _columnar(POLICY, [jsonl(directory)], [b"".join(chunks)]) == plainly


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('"r-2"', '"r-1"', "'r-1' is in the people file twice"),
        ('"r-2"', '""', "no person_id"),
        ('"hire_date":"2020-01-15","hr_partner_id":null,"timezone":null,"active":"false"', '"x":1', "r-2"),
        ("2020-01-15", "2020-13-15", "is not an ISO date"),
        ('{"line":3', '"line":3', "people: line 2 is not JSON"),
        ("Nobody", "No\x01body", "people: line 1 is not JSON"),
        ("Nobody", "No\nbody", "people: line 1 is not JSON"),
    ],
)
def test_a_malformed_directory_is_refused(was: str, becomes: str, said: str) -> None:
    rows = [
        _person_as_read_writes({"person_id": f"r-{number}", "name": "Nobody", "active": active}, number + 1)
        for number, active in ((1, "true"), (2, "false"))
    ]
    text = "".join(_as_read_writes({**row, "hire_date": "2020-01-15"}) + "\n" for row in rows)
    assert was in text

    with pytest.raises(InvalidDirectory, match=said):
        Directory(POLICY, text.replace(was, becomes, 1).encode().splitlines(keepends=True), "people")


_GOOD = (
    b'{"line":2,"rep_id":"r-1","period":"2026-09","quota":"1","credited":"1","currency":"USD",'
    b'"leave_days":"0"}\n'
)


@pytest.mark.parametrize(
    "content",
    [
        b'{"rep_id":"r-1","period":"2025-01","quota":"1","credi',
        b'PAYEE;PERIOD\n"1";"2025-01"\n',
        b'{"rep_id":"r-1"}\n{"period":"2026-09"}\n',
        b'garbage{"line":2,"rep_id":"r-1","period":"2026-09","quota":"1","credited":"1","currency":"USD",'
        b'"leave_days":"0"}\n',
        b'{"line":2,"rep_id":"r-1","period":"2026-09"\xff}\n',
        b'{"line":2,"rep_id":"r-1","period":"2026-09","quota":"1"\n,"credited":"1","currency":"USD",'
        b'"leave_days":"0"}\n',
        3 * _GOOD + b'{"line":3,"rep_id":"r-1","period":"2026-05","quota":"1"\n,"credited":"1",'
        b'"currency":"USD","leave_days":"0"}\n',
        3 * _GOOD + b'{"line":3,"rep_id":"r-1","period":"2026-05","quota":"1","credited":"1",'
        b'"currency":"USD"\n,"leave_days":"0"}\n',
        3 * _GOOD + b'{"line":3,"rep_id":"r-1"\n,"period":"2026-05"}\n',
    ],
)
def test_a_truncated_file_or_one_of_another_kind_is_refused(content: bytes) -> None:
    with pytest.raises(InvalidFacts):
        _columns([content])


def test_of_a_large_file_only_the_windows_facts_are_read() -> None:
    rows = [
        {"line": line, "rep_id": f"r-{line}", "period": f"2026-{month:02d}", "quota": "1", "credited": "1"}
        | {"currency": "USD", "leave_days": "0"}
        for line, month in enumerate([month for month in range(1, 13) for _ in range(40)], start=2)
    ]

    columns = _columns(
        [jsonl(rows)], [{"person_id": f"r-{line}", "hire_date": "2020-01-15"} for line in range(2, 500)]
    )

    assert [sum(credit is not None for credit in column.credits) for column in columns] == [40, 40, 40]
