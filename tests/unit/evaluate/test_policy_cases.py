"""Runs the cases of ``tests/policies`` in every way in which decisions are made."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.domain import strict_yaml
from shared.domain.period import Period
from shared.domain.policy import Policy, parse_policy
from tests.unit.evaluate.population_files import Row, by_shards, in_one_process

FOLDER = Path(__file__).parents[2] / "policies"
FACT = re.compile(
    r"(?P<credited>-?[0-9.]+) of (?P<quota>unknown|[0-9.]+)"
    r"(, leave (?P<leave>\w+))?(, (?P<currency>[A-Z]{3}))?"
)


def _cases() -> Iterator[Any]:
    for path in sorted(FOLDER.glob("*.yaml")):
        if not path.name.endswith(".policy.yaml"):
            document = strict_yaml.load(path.read_text(encoding="utf-8"))
            for case in document["cases"]:
                yield pytest.param({**document, **case}, document, id=f"{path.stem}: {case['says']}")


@pytest.mark.parametrize(("case", "document"), list(_cases()))
def test_the_policy_says(case: dict[str, Any], document: dict[str, Any]) -> None:
    policy = _policy(case["policy"], [document.get("change", {}), case.get("change", {})])
    period = Period.parse(case["period"])
    people, facts = _population(case)
    plain = in_one_process(policy, period, people, facts)

    decision = json.loads(next(line for line in plain.splitlines() if json.loads(line)["rep_id"] == "r-1"))

    assert _as_told(decision, case["expect"]) == case["expect"]
    assert by_shards(policy, period, people, facts, [1, 2, 0]) == plain


def _policy(name: str, changes: list[dict[str, Any]]) -> Policy:
    document = strict_yaml.load((FOLDER / name).read_text(encoding="utf-8"))
    for path, value in (item for change in changes for item in change.items()):
        *way, last = path.split(".")
        place = document
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place[step]
        place[last] = value
    return parse_policy(json.dumps(document), name)


def _population(case: dict[str, Any]) -> tuple[list[Row], list[Row]]:
    people = [_person("r-1", case.get("person", {}))]
    facts = _facts("r-1", case["facts"]) + _facts("r-1", case.get("restated", {}))
    for group, others in enumerate(case.get("others", [])):
        for number in range(others["people"]):
            colleague = f"c-{group}-{number}"
            people.append(_person(colleague, others.get("person", {})))
            facts += _facts(colleague, others["facts"])
    return people, facts


def _person(person_id: str, differs: dict[str, Any]) -> Row:
    return {
        "person_id": person_id,
        "name": f"Somebody {person_id}",
        "email": f"{person_id}@example.com",
        "manager_id": "m-1",
        "role": "AE",
        "region": "West",
        "hire_date": "2020-01-15",
        "active": "true",
        **differs,
    }


def _facts(rep: str, told: dict[str, str]) -> list[Row]:
    rows = []
    for line, (period, text) in enumerate(told.items(), start=2):
        found = FACT.fullmatch(text)
        assert found is not None, text
        leave = found["leave"] or "0"
        rows.append(
            {
                "rep_id": rep,
                "period": period,
                "quota": None if found["quota"] == "unknown" else found["quota"],
                "credited": found["credited"],
                "currency": found["currency"] or "USD",
                "leave_days": None if leave == "unknown" else leave,
                "line": line,
            }
        )
    return rows


def _as_told(decision: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    """The decision in the case's own words, cut down to what the case speaks of."""
    now = decision["inputs"][-1]
    told = {
        **decision,
        "findings": [
            f"{one['rule']} {one['observed']}/{one['threshold']} in {' '.join(one['periods'])}"
            for one in decision["findings"]
        ],
        "statuses": [one["status"] for one in decision["inputs"]],
        "now": {key: now[key] for key in expected.get("now", {})},
    }
    return {key: told[key] for key in expected}
