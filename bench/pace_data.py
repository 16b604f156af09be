"""A made-up directory, a year of final figures, and daily snapshots: any size, always the same bytes."""

import json
import random
from datetime import date
from pathlib import Path
from typing import NamedTuple

from shared.domain.business_days import business_days_of
from shared.domain.period import Period

PERIOD = Period.parse("2026-10")
AS_OF = date(2026, 10, 16)
_HISTORY = 12
_FORM = "one"
"""Changed whenever the data are made differently, so that older ones are not taken for these."""
_TERMS = """
pace: {below: "0.70", from: "0.4", coverage: "0.8", history: 12, min_history: 60, group_by: [role]}
"""
_ROLES = ("AE", "AE", "AE", "SDR", "SDR", "AM", "Other")


class PaceData(NamedTuple):
    """``snapshots`` are arguments as the command takes them; ``rows`` counts all of their lines."""

    policy: Path
    people: Path
    facts: list[Path]
    snapshots: list[str]
    rows: int


def make(folder: Path, reps: int, policy: Path) -> PaceData:
    """The data below the folder, made only where an earlier call did not make them.

    Every snapshot lacks one rep in a hundred, so that other days have to be opened, and a tenth of the reps
    was hired within the year. ``policy`` is the one to which the terms of pace are added.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / "made.json"
    if not stamp.exists() or json.loads(stamp.read_bytes())["form"] != [_FORM, reps]:
        stamp.unlink(missing_ok=True)
        rows = _write(folder, reps)
        stamp.write_text(json.dumps({"form": [_FORM, reps], "rows": rows}))
    with_pace = folder / "policy.yaml"
    with_pace.write_text(policy.read_text(encoding="utf-8") + _TERMS, encoding="utf-8")
    snapshots = sorted(folder.glob("snapshot-*.jsonl"))
    return PaceData(
        policy=with_pace,
        people=folder / "people.jsonl",
        facts=sorted(folder.glob("facts-*.jsonl")),
        snapshots=[f"{path.stem.removeprefix('snapshot-')}={path}" for path in snapshots],
        rows=json.loads(stamp.read_bytes())["rows"],
    )


def _write(folder: Path, reps: int) -> int:
    chance = random.Random(7)
    hired = [_hire_date(chance) for _ in range(reps)]
    with (folder / "people.jsonl").open("w", encoding="utf-8") as people:
        people.writelines(_person(number, hired[number], chance) for number in range(reps))
    quotas = [chance.randrange(30_000, 130_000, 400) for _ in range(reps)]
    rows = 0
    for period in PERIOD.window(_HISTORY + 1):
        there = [number for number in range(reps) if hired[number] <= str(period.last_day)]
        heads = [
            f'{{"line":{line},"rep_id":"R{number:07d}","period":"{period}","quota":"{quotas[number]}","credited":"'
            for line, number in enumerate(there, start=2)
        ]
        ends = [round(quotas[number] * chance.betavariate(4, 1.6) * 1.25) for number in there]
        if period != PERIOD:
            _lines(folder / f"facts-{period}.jsonl", heads, ends, 1, 0)
        days = business_days_of(period, "US", None)
        for at, day in enumerate(days, start=1):
            if day <= AS_OF:
                rows += _lines(folder / f"snapshot-{day}.jsonl", heads, ends, at / len(days), 100)
    return rows


def _lines(path: Path, heads: list[str], ends: list[int], share: float, gap: int) -> int:
    """Write everybody's line at this share of the period; with a gap, one rep in so many is left out."""
    tail = '","currency":"USD","leave_days":"0"}\n'
    lines = [f"{head}{int(end * share)}{tail}" for head, end in zip(heads, ends, strict=True)]
    if gap:
        del lines[int(share * 1000) % gap :: gap]
    with path.open("w", encoding="utf-8") as file:
        file.writelines(lines)
    return len(lines)


def _hire_date(chance: random.Random) -> str:
    year = 2026 if chance.random() < 0.1 else chance.randrange(2012, 2025)
    return f"{year}-{chance.randrange(1, 10):02d}-{chance.randrange(1, 29):02d}"


def _person(number: int, hired: str, chance: random.Random) -> str:
    active = "false" if chance.random() < 0.03 else "true"
    return (
        f'{{"line":{number + 2},"person_id":"R{number:07d}","name":"Rep Number {number}",'
        f'"email":"rep.{number}@example.com","manager_id":"M{number // 8:06d}",'
        f'"role":"{chance.choice(_ROLES)}","region":"West","hire_date":"{hired}","hr_partner_id":"H001","timezone":"America/New_York",'
        f'"active":"{active}","delegate_id":null,"delegate_from":null,"delegate_until":null}}\n'
    )
