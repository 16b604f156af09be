"""A backtest uses columns, and counts what the reference decides about each period."""

from collections import Counter
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.evaluate.backtest import backtest, bar_of
from functions.evaluate.decisions.directory_columns import Directory
from functions.evaluate.decisions.period_figures import exact
from functions.evaluate.decisions.reference import evaluate
from functions.evaluate.decisions.rows import facts_by_rep
from shared.domain.period import Period
from shared.domain.policy import Policy, TrailingRule, parse_policy
from tests.unit.evaluate.population_files import Row, jsonl
from tests.unit.evaluate.populations import facts, people, policies

STANDARD = parse_policy(Path("tests/policies/standard.policy.yaml").read_text(encoding="utf-8"), "standard")
FIRST, LAST = Period.parse("2026-07"), Period.parse("2026-10")


@settings(max_examples=40, deadline=None)
@given(policies(), st.data())
def test_a_backtest_counts_what_the_reference_decides(policy: Policy, data: st.DataObject) -> None:
    directory = data.draw(people())
    content = jsonl(data.draw(facts(directory)))
    columns = Directory(policy, [jsonl(directory)], "people")

    result = backtest(policy, columns, [("facts", [content])], FIRST, LAST)

    by_rep = facts_by_rep([("facts", [content])])
    met: dict[str, bool] = {}
    for tally, period in zip(result.periods, LAST.window(4), strict=True):
        decided = list(evaluate(policy, directory, by_rep, period))
        assert tally.outcomes == Counter(each.outcome for each in decided)
        assert tally.rules == Counter(finding.rule for each in decided for finding in each.findings)
        assert tally.flagged == {each.rep_id for each in decided if each.outcome == "open_case"}
        assert tally.clear == {each.rep_id for each in decided if each.outcome == "clear"}
        for each in decided:
            attainment = each.inputs[-1].attainment
            if attainment is not None and each.outcome != "out_of_scope":
                reached = attainment >= exact(bar_of(policy))
                met[each.rep_id] = met.get(each.rep_id, False) or reached
    assert (result.met_the_bar, result.assessed) == (sum(met.values()), len(met))


def test_a_currency_in_an_unusually_written_row_is_not_overlooked() -> None:
    rows: list[Row] = [
        {"rep_id": "r-1", "period": f"2026-0{month}", "quota": "1000", "credited": "100", "currency": "USD"}
        | {"leave_days": "0", "line": str(month)}
        for month in (7, 8, 9)
    ]
    content = jsonl(rows).replace(b'"2026-09"', b'"2026\\u002d09"').splitlines(keepends=True)
    content[2] = content[2].replace(b"USD", b"EUR")
    rule = {"id": "three", "trailing_below": "0.5", "of_last": 3, "opens": "coaching"}
    policy = STANDARD.model_copy(update={"rules": (TrailingRule.model_validate(rule),)})
    everybody = jsonl([{"person_id": "r-1", "role": "AE", "region": "West", "hire_date": "2020-01-15"}])

    result = backtest(policy, Directory(policy, [everybody], "people"), [("facts", content)], FIRST, LAST)

    assert not any(tally.flagged for tally in result.periods)
