"""The cost of an evaluation in workflow transitions: it depends on shards, not on people."""

import json
import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from functions.evaluate import run_evaluation
from shared.domain import paths
from shared.domain.record import PlannedEvaluation
from tests.unit.evaluate.organisation import ROOT, Organisation

FLOW = json.loads((ROOT / "infra/evaluation.asl.json").read_text())
HEADER = b"Payee ID,Period,Quota,Credited Amount,Currency,Leave Days\n"
PEOPLE_HEADER = (ROOT / "examples/varicent/people-2026-09.csv").read_text("utf-8-sig").splitlines()[0]


def transitions(machine: Mapping[str, Any], taken: Mapping[str, str], items: Mapping[str, int]) -> int:
    """States entered, those of every iteration of every map included.

    ``taken`` says where each choice leads; ``items`` how many items each source of a map has.
    """
    name, entered = machine["StartAt"], 0
    while True:
        state = machine["States"][name]
        entered += 1
        if state["Type"] == "Map":
            inside = transitions(state["ItemProcessor"], taken, items)
            entered += items[source(state)] * inside
        if state["Type"] in ("Succeed", "Fail") or state.get("End"):
            return entered
        name = taken[name] if state["Type"] == "Choice" else state["Next"]


def source(state: Mapping[str, Any]) -> str:
    """Where a map's items are: a path of its input, or the key of a file."""
    return str(state["ItemReader"]["Parameters"]["Key.$"] if "ItemReader" in state else state["ItemsPath"])


TAKEN = {"Is its version named?": "Take the latest", "Was it taken?": "Plan the evaluations"}


def people(count: int, flagged: int) -> tuple[bytes, bytes]:
    """A directory of so many reps and their September; the first ``flagged`` of them fell short."""
    columns = PEOPLE_HEADER.split(",")
    rows, facts = [PEOPLE_HEADER.encode()], [HEADER.rstrip()]
    for number in range(count):
        rep = f"P{number:06d}"
        known = {
            "Employee ID": rep, "Full Name": f"Rep {number}", "Work Email": f"{rep}@example.com",
            "Manager ID": "", "Job Role": "AE", "Sales Region": "West", "Hire Date": "2020-01-01",
            "HR Partner ID": "", "Active": "true",
        }  # fmt: skip
        rows.append(",".join(known.get(column, "") for column in columns).encode())
        for month in ("2026-07", "2026-08", "2026-09"):
            facts.append(f"{rep},{month},1000,{100 if number < flagged else 950},USD,0".encode())
    return b"\n".join(rows) + b"\n", b"\n".join(facts) + b"\n"


def evaluated(count: int, flagged: int, shards: int) -> tuple[int, PlannedEvaluation, int]:
    """The transitions of evaluating so many people, its plan, and how many people were acted on."""
    organisation = Organisation()
    organisation.planning = replace(organisation.planning, shards=shards)
    organisation.receiving = replace(organisation.receiving, shards=shards)
    directory, facts = people(count, flagged)
    organisation.drop("hr-people", "people.csv", directory)
    plans = organisation.plan(organisation.drop("varicent-attainment", "facts.csv", facts))
    (plan,) = plans
    organisation.run(plan)
    slices = run_evaluation.collect(plan.id, organisation.store, organisation.files)
    listed = json.loads(organisation.files.read(paths.shards(plan.id)))
    items = {"$.evaluations": len(plans), "$.shards_key": len(listed), "$.collected.slices": len(slices)}
    assert sum(organisation.store.evaluation(plan.id).outcomes.values()) == count
    return transitions(FLOW, TAKEN, items), plan, len(organisation.to_act_on(plan))


def test_ten_times_the_people_take_no_more_transitions() -> None:
    few, many = evaluated(60, 5, shards=4), evaluated(600, 5, shards=4)
    assert few[0] == many[0]
    assert few[2] == many[2] == 5


@pytest.mark.parametrize("shards", [1, 4, 16])
def test_transitions_are_two_a_shard_one_a_slice_of_people_to_act_on_and_a_constant(shards: int) -> None:
    entered, plan, acted_on = evaluated(120, 40, shards)
    assert plan.shards == shards
    assert acted_on == 40
    constant = transitions(FLOW, TAKEN, {"$.evaluations": 1, "$.shards_key": 0, "$.collected.slices": 0})
    assert entered == constant + 2 * shards + math.ceil(40 / run_evaluation.SLICE)
    assert constant < 20


def test_no_map_of_the_flow_goes_over_people() -> None:
    sources = set()

    def look(machine: Mapping[str, Any]) -> None:
        for state in machine["States"].values():
            if state["Type"] == "Map":
                sources.add(source(state))
                look(state["ItemProcessor"])

    look(FLOW)
    # Ranges are those of a large export: so many megabytes each, whoever is in them.
    assert sources == {"$.ranges", "$.evaluations", "$.shards_key", "$.collected.slices"}
