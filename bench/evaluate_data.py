"""Generates a directory and its facts as ``read`` writes them. The same size gives the same bytes."""

import random
from pathlib import Path
from typing import TextIO

PERIODS = [f"2025-{month:02d}" for month in range(10, 13)] + [f"2026-{month:02d}" for month in range(1, 10)]
_ROLES = ("AE", "AE", "AE", "SDR", "SDR", "AM")
_REGIONS = ("Northeast", "Southeast", "Central", "West", "EMEA")


def make(folder: Path, facts: int, seed: int = 7) -> tuple[Path, list[Path]]:
    """Write ``people.jsonl`` and twelve monthly files with about this many facts in all.

    Of the reps, one in twelve was hired within the year, one in thirty has leave in a month, and one in forty
    is missing in a month's export. One row in two hundred is restated a month later.
    """
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    reps = max(1, round(facts / 11.5))
    with (folder / "people.jsonl").open("w", encoding="utf-8") as people:
        hired = [_person(people, number, chance) for number in range(reps)]
    level = [chance.betavariate(4, 1.6) * 1.25 for _ in range(reps)]
    quota = [chance.randrange(30_000, 130_000, 400) for _ in range(reps)]
    paths = []
    for month, period in enumerate(PERIODS):
        path = folder / f"facts-{period}.jsonl"
        with path.open("w", encoding="utf-8") as file:
            line = 1
            for number in range(reps):
                if hired[number] > f"{period}-28" or chance.random() < 0.025:
                    continue
                line += 1
                file.write(_fact(line, number, period, quota[number], level[number], chance))
                if month and chance.random() < 0.005:
                    line += 1
                    before = PERIODS[month - 1]
                    file.write(_fact(line, number, before, quota[number], level[number], chance))
        paths.append(path)
    return folder / "people.jsonl", paths


def _person(people: TextIO, number: int, chance: random.Random) -> str:
    recent = chance.random() < 1 / 12
    year, month = (
        chance.choice([(2025, 11), (2026, 2), (2026, 5), (2026, 7)])
        if recent
        else (
            chance.randrange(2012, 2025),
            chance.randrange(1, 13),
        )
    )
    hire_date = f"{year}-{month:02d}-{chance.randrange(1, 29):02d}"
    role, region = chance.choice(_ROLES), chance.choice(_REGIONS)
    active = "false" if chance.random() < 0.03 else "true"
    people.write(
        f'{{"line":{number + 2},"person_id":"R{number:07d}","name":"Rep Number {number}",'
        f'"email":"rep.{number}@example.com","manager_id":"M{number // 8:06d}","role":"{role}",'
        f'"region":"{region}","hire_date":"{hire_date}","hr_partner_id":"H001","timezone":"America/New_York",'
        f'"active":"{active}","delegate_id":null,"delegate_from":null,"delegate_until":null}}\n'
    )
    return hire_date


def _fact(line: int, number: int, period: str, quota: int, level: float, chance: random.Random) -> str:
    credited = f"{quota * level * chance.lognormvariate(0, 0.35):.2f}".rstrip("0").rstrip(".")
    unknown = chance.random() < 0.002
    leave = f'"{chance.randrange(1, 29)}"' if chance.random() < 0.03 else '"0"'
    quota_text = "null" if chance.random() < 0.002 else f'"{quota}"'
    return (
        f'{{"line":{line},"rep_id":"R{number:07d}","period":"{period}","quota":{quota_text},'
        f'"credited":"{credited}","currency":"USD","leave_days":{"null" if unknown else leave}}}\n'
    )
