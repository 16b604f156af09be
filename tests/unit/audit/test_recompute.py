"""The verifier decides anew in its own words; whatever the evaluation says, it has to say as well."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.audit.verify.recompute import Basis, depends_on_others, recompute
from functions.evaluate.decisions.population import merge
from functions.evaluate.decisions.reference import assess, evaluate, summarise
from shared.domain.period import Period
from shared.domain.policy import Policy
from tests.independent_verifier.recomputing import decide as decided_independently
from tests.unit.evaluate import populations, test_policy_cases

Row = dict[str, Any]
CASES = list(test_policy_cases._cases())


def by_rep(facts: list[Row]) -> dict[str, dict[str, Row]]:
    found: dict[str, dict[str, Row]] = {}
    for row in facts:
        found.setdefault(row["rep_id"], {})[row["period"]] = row
    return found


def assert_all_agree(policy: Policy, period: Period, people: list[Row], facts: list[Row]) -> int:
    """How many decisions there were, each the same from every side."""
    document = json.loads(policy.model_dump_json(exclude_unset=True))
    rows = by_rep(facts)
    assessed = [assess(policy, one, rows.get(one["person_id"], {}), period) for one in people]
    population = json.loads(json.dumps(merge(policy, [summarise(policy, assessed)]).as_data()))
    persons = {one["person_id"]: one for one in people}
    decisions = list(evaluate(policy, people, rows, period))
    for decision in decisions:
        person = persons[decision.rep_id]
        theirs: Mapping[str, Row] = rows.get(decision.rep_id, {})
        window = {str(each) for each in period.window(policy.longest_window)}
        relevant = {name: row for name, row in theirs.items() if name in window}
        assert recompute(Basis(document, person, relevant, population), str(period)) == decision.as_data()
        anew = decided_independently(document, person, relevant, population, str(period))
        assert anew == decision.as_data()
    return len(decisions)


@pytest.mark.parametrize(("case", "document"), CASES)
def test_recomputing_agrees_with_the_policy_cases(case: Row, document: Row) -> None:
    policy = test_policy_cases._policy(case["policy"], [document.get("change", {}), case.get("change", {})])
    people, facts = test_policy_cases._population(case)
    assert assert_all_agree(policy, Period.parse(case["period"]), people, facts) == len(people)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_recomputing_agrees_with_the_evaluation_for_everybody(data: st.DataObject) -> None:
    policy = data.draw(populations.policies())
    people = data.draw(populations.people())
    facts = data.draw(populations.facts(people))
    period = Period.parse("2026-09" if policy.period == "month" else "2026-Q3")
    assert assert_all_agree(policy, period, people, facts) == len(people)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"quota": "1e9"},
        {"quota": 1000},
        {"credited": None},
        {"leave_days": "31"},
        {"leave_days": "1.5"},
        {"currency": ["USD"], "quota": "ten"},
    ],
)
def test_a_row_that_no_export_can_contain_is_refused(spoilt: Row) -> None:
    policy = {
        "policy": "p",
        "version": 1,
        "applies_to": {"roles": ["*"], "regions": ["*"]},
        "eligibility": {"min_tenure_days": 0, "min_eligible_fraction": "0.5"},
        "rules": [{"id": "a", "below": "0.7", "count": 1, "of_last": 1, "opens": "coaching"}],
        "ladder": [{"stage": "coaching"}],
    }
    person = {"person_id": "r-7", "role": "AE", "region": "West", "hire_date": "2020-01-15"}
    row = {"quota": "1000", "credited": "100", "currency": "USD", "leave_days": "0"}
    basis = Basis(policy, person, {"2026-09": row}, {"peers": [], "structural": []})
    assert recompute(basis, "2026-09")["outcome"] == "open_case"
    assert not depends_on_others(policy)
    with pytest.raises((ValueError, TypeError)):
        recompute(Basis(policy, person, {"2026-09": {**row, **spoilt}}, {}), "2026-09")


@pytest.mark.parametrize("period", ["2026", "2026-13", "2026-Q5", "2026-9", ""])
def test_an_invalid_period_is_refused(period: str) -> None:
    with pytest.raises(ValueError, match="is not a period"):
        recompute(Basis({"rules": []}, {}, {}, {}), period)
