"""Pace against a second, plain implementation of its definition, byte for byte."""

import json
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.evaluate import pace_oracle
from tests.unit.evaluate.pace_files import POLICY, TERMS, PaceFolder, fact, person
from tests.unit.evaluate.population_files import Row
from tests.unit.evaluate.populations import plain

MONTHS = ("2026-06", "2026-07", "2026-08", "2026-09", "2026-10")
IDS = [*(f"r-{number}" for number in range(25)), "é", 'q"\\', "\U0001f600"]
AMOUNTS = ["0", "0", "100", "250.5", "699.999999", "-0.000001", "999999999999999999.999999"]

# A world is drawn by one seed: drawing cell by cell would take a hundred times as long.
seeds = st.integers(0, 2**32)


class World:
    """A policy, a directory, facts and snapshots, small but awkward: ties, gaps, leave, hires, currencies."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        pick, flip = self.chance.choice, self.chance.random
        self.policy = POLICY | {"pace": self._terms(), "eligibility": self._eligibility()}
        country, subdivision = pick([("US", None), ("US", "TX"), ("DE", "BY"), (None, None)])
        self.policy["calendar"] = {"timezone": "UTC", "country": country, "subdivision": subdivision}
        self.people = [
            person(
                rep,
                role=pick(["AE", "AE", "AE", "AE", "SDR", "SDR", "VP"]),
                region=pick(["West", "East"]),
                manager_id=pick(["m-1", None]),
                hire_date=pick([*["2020-01-15"] * 8, "2026-05-31", "2026-08-15"]),
                active=pick([*["true"] * 8, "false", None]),
            )
            for rep in self.chance.sample(IDS, pick([0, 4, 15, len(IDS)]))
        ]
        self.missing = pick([0, 0, 0.05, 0.3])
        self.odd = pick([0, 0.02, 0.3])
        self.facts = self._rows((*MONTHS, "2026-Q3"))
        self.snapshots = [
            (f"{month}-{day:02d}", self._rows((month,) if flip() < 0.7 else (month, "2026-09", "2026-Q3")))
            for month in MONTHS
            for day in self.chance.choices([1, 8, 12, *range(13, 20), 15, 16, 17, 30], k=pick([2, 4, 6, 6]))
        ]
        self.chance.shuffle(self.snapshots)
        self.snapshots = self.snapshots or [("2026-10-16", [])]
        self.as_of = f"2026-10-{pick([1, 14, 16, 16, 16, 18, 18, 31]):02d}"

    def _terms(self) -> Row:
        pick = self.chance.choice
        groups = ["role", "region", "manager_id"]
        return {
            "below": pick(["0.70", "0.7", "1", "1.5", "0"]),
            "from": pick(["0", "0.4", "0.4", "0.523809523809", "1"]),
            "coverage": pick(["0.8", "0.5", "0.5", "0.333333333333", "0.95"]),
            "history": pick([1, 2, 4, 5]),
            "min_history": pick([1, 5, 10, 15, 40]),
            "group_by": self.chance.sample(groups, self.chance.randint(0, 2)),
        }

    def _eligibility(self) -> Row:
        ramp = self.chance.choice([[], ["0.25", "0.50", "0.75"], ["0", "0.333333333333"]])
        tenure = self.chance.choice([0, 90])
        return {"min_tenure_days": tenure, "min_eligible_fraction": "0.5", "ramp": ramp}

    def _rows(self, periods: tuple[str, ...]) -> list[Row]:
        rows = []
        for rep in [*(row["person_id"] for row in self.people), "stranger"]:
            for period in periods:
                if self.chance.random() >= self.missing:
                    rows.append(self._fact(rep, period))
                if self.chance.random() < self.odd:
                    rows.append(self._fact(rep, period))
        return rows

    def _fact(self, rep: str, period: str) -> Row:
        pick, is_odd = self.chance.choice, self.chance.random() < self.odd
        if is_odd:
            quota = pick(["900.5", "0.000001", "0", None])
            leave = pick(["10", "15", "16", "20", None])
            currency = pick(["USD", "EUR"])
            return fact(rep, period, pick(AMOUNTS), quota=quota, leave_days=leave, currency=currency)
        places = pick([1, 1, 2, 3])
        return fact(rep, period, plain(f"{self.chance.uniform(-100, 1100):.{places}f}"))


@settings(deadline=None, max_examples=150)
@given(seeds)
def test_pace_is_to_the_byte_what_its_definition_says(seed: int) -> None:
    world = World(seed)

    with tempfile.TemporaryDirectory() as folder:
        written = PaceFolder(Path(folder)).run(
            world.people, world.facts, world.snapshots, world.policy, as_of=world.as_of
        )

    assert written == pace_oracle.pace(
        world.policy, world.people, world.facts, world.snapshots, "2026-10", world.as_of
    )


def test_the_random_worlds_reach_every_outcome_and_reason() -> None:
    found: Counter[str] = Counter()
    for seed in range(40):
        world = World(seed)
        lines = pace_oracle.pace(
            world.policy, world.people, world.facts, world.snapshots, "2026-10", world.as_of
        )
        for row in map(json.loads, lines.splitlines()):
            found[row["reason"] or row["outcome"]] += 1

    assert set(found) >= {
        *("out_of_scope", "missing", "quota_unknown", "quota_zero", "leave_unknown", "tenure", "leave"),
        *("stale", "too_early", "no_history", "behind", "at_risk", "on_pace"),
    }


@settings(deadline=None, max_examples=40)
@given(seeds)
def test_gains_too_near_for_floats_are_told_apart_exactly(seed: int) -> None:
    chance = Random(seed)
    reps = [f"r-{number:02d}" for number in range(chance.randint(9, 25))]

    quota = "999999999999999999"
    short = [Decimal(chance.randint(4, 9)) - Decimal(chance.randint(0, 9)).scaleb(-6) for _ in reps]
    """By how much each rep missed the quota: all of these gains are the same float."""
    finals = [
        fact(rep, "2026-09", str(int(quota) - missing), quota=quota)
        for rep, missing in zip(reps, short, strict=True)
    ]
    then = [fact(rep, "2026-09", "0", quota=quota) for rep in reps]
    # With one of these amounts added, a gain is the whole quota exactly.
    now = [fact(rep, "2026-10", str(chance.choice(short)), quota=quota) for rep in reps]
    policy = POLICY | {"pace": TERMS | {"history": 1, "group_by": [], "below": "1"}}
    known = [("2026-09-16", then), ("2026-10-15", now)]
    who = [person(rep) for rep in reps]

    with tempfile.TemporaryDirectory() as folder:
        written = PaceFolder(Path(folder)).run(who, finals, known, policy)

    assert written == pace_oracle.pace(policy, who, finals, known, "2026-10", "2026-10-16")
    assert {json.loads(line)["history"] for line in written.splitlines()} == {len(reps)}
