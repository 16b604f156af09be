"""Random directories, facts and policies, small but awkward: ties, gaps, leave, new hires, currencies."""

import json
from typing import Any

from hypothesis import strategies as st

from shared.domain.policy import Policy, parse_policy
from tests.unit.evaluate.population_files import Row

PERIODS = [f"2026-{month:02d}" for month in range(6, 10)] + ["2026-Q3"]

odd_ids = ["é", "z\u0308", "\U0001f600", 'q"\\']
ids = st.integers(0, 40).map(lambda number: f"r-{number}") | st.sampled_from(odd_ids)
amounts = (
    st.integers(-300, 1500).map(str)
    | st.decimals(-500, 2000, places=2, allow_nan=False).map(lambda value: plain(format(value, "f")))
    | st.sampled_from(["0", "700", "699.999999", "600", "999999999999999999.999999", "-0.000001"])
)
quotas = st.none() | st.sampled_from(["0", "1000", "1000", "900.5", "0.000001", "999999999999999999"])
leaves = st.none() | st.sampled_from(["0", "0", "0", "10", "15", "16", "30"])
shares = st.sampled_from(["0", "0.1", "0.25", "0.5", "0.60", "0.70", "1", "1.5"])


def plain(text: str) -> str:
    """Without needless zeros, as ``read`` writes a number."""
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


@st.composite
def people(draw: st.DrawFn) -> list[Row]:
    found = draw(st.lists(ids, unique=True, max_size=14))
    return [
        {
            "person_id": person,
            "name": "Nobody",
            "email": "nobody@example.com",
            "manager_id": draw(st.none() | st.sampled_from(["m-1", "m-2"])),
            "role": draw(st.sampled_from(["AE", "AE", "SDR", "VP"])),
            "region": draw(st.sampled_from(["West", "East"])),
            "hire_date": draw(st.sampled_from(["2020-01-15", "2026-05-31", "2026-06-01", "2026-08-15"])),
            "active": draw(st.sampled_from(["true", "true", "true", "false", None])),
        }
        for person in found
    ]


@st.composite
def facts(draw: st.DrawFn, of: list[Row]) -> list[Row]:
    rows: list[Row] = []
    for person in [*of, {"person_id": "stranger"}]:
        for period in PERIODS:
            for _ in range(draw(st.sampled_from([0, 1, 1, 1, 1, 2]))):
                rows.append(
                    {
                        "rep_id": person["person_id"],
                        "period": period,
                        "quota": draw(quotas),
                        "credited": draw(amounts),
                        "currency": draw(st.sampled_from(["USD", "USD", "USD", "EUR"])),
                        "leave_days": draw(leaves),
                        "line": len(rows) + 2,
                    }
                )
    return rows


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    groups = st.lists(st.sampled_from(["role", "region", "manager_id"]), unique=True, max_size=2)
    opens = st.sampled_from(["coaching", "improvement_plan"])
    rules: list[dict[str, Any]] = []
    for number in range(draw(st.integers(1, 4))):
        rule: dict[str, Any] = {"id": f"rule-{number}", "opens": draw(opens)}
        kind = draw(st.sampled_from(["below", "trailing_below", "peer_rank_below"]))
        rule[kind] = draw(shares)
        if kind == "peer_rank_below":
            rule |= {"group_by": draw(groups), "min_group": draw(st.integers(1, 5))}
        else:
            rule["of_last"] = draw(st.integers(1, 4))
        if kind == "below":
            rule["count"] = draw(st.integers(1, 3))
        rules.append(rule)
    structural = {"group_by": draw(groups), "min_group": draw(st.integers(1, 4)), "share_below": draw(shares)}
    document = {
        "policy": "random",
        "version": 1,
        "effective_from": "2026-01-01",
        "period": "month",
        "applies_to": {"roles": draw(st.sampled_from([["*"], ["AE", "SDR"]])), "regions": ["*"]},
        "eligibility": {
            "min_tenure_days": draw(st.sampled_from([0, 0, 30, 90])),
            "min_eligible_fraction": draw(st.sampled_from(["0", "0.5", "0.9"])),
            "ramp": draw(st.sampled_from([[], ["0.25", "0.50", "0.75"], ["0", "0.333333333333"]])),
        },
        "structural": draw(st.none() | st.just(structural)),
        "rules": rules,
        "ladder": [{"stage": "coaching"}, {"stage": "improvement_plan"}],
    }
    return parse_policy(json.dumps(document), "random")
