"""A directory, facts and snapshots as files on disk, and ``plumbline pace`` run on them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from local.cli import main
from tests.unit.evaluate.population_files import Row, jsonl

TERMS: Row = {
    "below": "0.70",
    "from": "0.4",
    "coverage": "0.8",
    "history": 12,
    "min_history": 9,
    "group_by": ["role"],
}
POLICY: Row = {
    "policy": "field-sales",
    "version": 3,
    "effective_from": "2026-01-01",
    "period": "month",
    "calendar": {"timezone": "America/New_York", "country": "US", "subdivision": None},
    "applies_to": {"roles": ["AE", "SDR"], "regions": ["*"]},
    "eligibility": {"min_tenure_days": 90, "min_eligible_fraction": "0.5", "ramp": ["0.25", "0.5", "0.75"]},
    "pace": TERMS,
    "rules": [],
    "ladder": [{"stage": "coaching"}],
}
"""October 2026 has 21 business days there: Columbus Day is the 12th."""


def person(rep: str, **differs: Any) -> Row:
    row = {
        "person_id": rep,
        "name": "Somebody",
        "email": "somebody@example.com",
        "manager_id": "m-1",
        "role": "AE",
        "region": "West",
        "hire_date": "2020-01-15",
        "hr_partner_id": None,
        "timezone": None,
        "active": "true",
        "delegate_id": None,
        "delegate_from": None,
        "delegate_until": None,
    }
    return {"line": 2, **row, **differs}


def fact(rep: str, period: str, credited: str, **differs: Any) -> Row:
    row = {"rep_id": rep, "period": period, "quota": "1000", "credited": credited}
    return {"line": 2, **row, "currency": "USD", "leave_days": "0", **differs}


class PaceFolder:
    """Writes the inputs below a folder, and runs the command on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.out = folder / "pace.jsonl"

    def write(self, name: str, rows: Sequence[Row]) -> str:
        """The path of a new file of these rows."""
        path = self.folder / name
        path.write_bytes(jsonl(rows))
        return str(path)

    def inputs(
        self,
        people: Sequence[Row],
        facts: Sequence[Row],
        snapshots: Sequence[tuple[str, Sequence[Row]]],
        policy: Mapping[str, Any],
    ) -> list[str]:
        """The arguments that name the inputs, once they are written."""
        path = self.folder / "policy.yaml"
        path.write_text(json.dumps(policy), encoding="utf-8")
        arguments = [str(path), "--people", self.write("people.jsonl", people)]
        arguments += ["--facts", self.write("facts.jsonl", facts), "--snapshot"]
        for number, (day, rows) in enumerate(snapshots):
            arguments.append(f"{day}={self.write(f'snapshot-{number}.jsonl', rows)}")
        return arguments

    def run(
        self,
        people: Sequence[Row],
        facts: Sequence[Row],
        snapshots: Sequence[tuple[str, Sequence[Row]]],
        policy: Mapping[str, Any] = POLICY,
        period: str = "2026-10",
        as_of: str = "2026-10-16",
    ) -> bytes:
        """What the command writes; it has to end well."""
        inputs = self.inputs(people, facts, snapshots, policy)
        moment = ["--period", period, "--as-of", as_of, "--out", str(self.out)]
        assert main(["pace", *inputs, *moment]) == 0
        return self.out.read_bytes()


def told(lines: bytes) -> dict[str, Row]:
    """The lines by rep id."""
    return {row["rep_id"]: row for row in map(json.loads, lines.splitlines())}


REPS = [f"r-{number}" for number in range(1, 10)]
PEOPLE = [person(rep) for rep in REPS]
"""Nine people, the fewest for a band with coverage 0.8: its ends are then the least and the greatest gain."""


def finals(period: str = "2026-09", **differs: Any) -> list[Row]:
    """The rep of number k ends on k hundreds of 1000."""
    return [fact(rep, period, f"{100 * at}", **differs) for at, rep in enumerate(REPS, start=1)]


def nothing_yet(period: str = "2026-09", reps: Sequence[str] = REPS, **differs: Any) -> list[Row]:
    return [fact(rep, period, "0", **differs) for rep in reps]


SEPTEMBER: tuple[str, list[Row]] = ("2026-09-16", nothing_yet())
"""12 of the 21 business days of September were over, Labor Day being none; so it is on 16 October."""


def now(credited: str = "100", day: str = "2026-10-16", **differs: Any) -> tuple[str, list[Row]]:
    return day, [fact("r-1", "2026-10", credited, **differs)]
