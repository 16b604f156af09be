import json

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.period import Period
from shared.domain.policy import Policy
from tests.unit.evaluate.population_files import by_shards, in_one_process
from tests.unit.evaluate.populations import facts, people, policies

SEPTEMBER = Period.parse("2026-09")
modest = settings(max_examples=60, deadline=None)


@modest
@given(policies(), st.data(), st.permutations(range(4)))
def test_shards_in_any_order_give_the_decisions_of_one_process(
    policy: Policy, data: st.DataObject, order: list[int]
) -> None:
    directory = data.draw(people())
    known = data.draw(facts(directory))

    whole = in_one_process(policy, SEPTEMBER, directory, known)

    assert by_shards(policy, SEPTEMBER, directory, known, order) == whole


@modest
@given(policies(), st.data())
def test_everybody_gets_one_line_in_the_order_of_code_points(policy: Policy, data: st.DataObject) -> None:
    directory = data.draw(people())
    known = data.draw(facts(directory))

    lines = in_one_process(policy, SEPTEMBER, data.draw(st.permutations(directory)), known).splitlines()

    assert [json.loads(line)["rep_id"] for line in lines] == sorted(row["person_id"] for row in directory)


@modest
@given(policies(), st.data())
def test_neither_the_order_of_people_nor_of_different_facts_changes_a_byte(
    policy: Policy, data: st.DataObject
) -> None:
    directory = data.draw(people())
    latest = {(row["rep_id"], row["period"]): row for row in data.draw(facts(directory))}
    known = list(latest.values())

    shuffled = in_one_process(
        policy, SEPTEMBER, data.draw(st.permutations(directory)), data.draw(st.permutations(known))
    )

    assert shuffled == in_one_process(policy, SEPTEMBER, directory, known)


@modest
@given(policies(), st.data())
def test_a_protected_or_unknown_period_never_counts_against_anybody(
    policy: Policy, data: st.DataObject
) -> None:
    directory = data.draw(people())
    known = data.draw(facts(directory))

    for line in in_one_process(policy, SEPTEMBER, directory, known).splitlines():
        decision = json.loads(line)
        counted = {period for finding in decision["findings"] for period in finding["periods"]}
        assessable = {one["period"] for one in decision["inputs"] if one["status"] == "assessable"}
        assert counted <= assessable
        assert decision["findings"] == [] or decision["inputs"][-1]["status"] == "assessable"
