"""Measures the time from an export's drop to the last manager's mail, on the local cloud.

python -m bench.mails [--reps 10000]

The people and two months are read before. The time starts with the PutObject of the third month. The result
depends on the engine and this machine as much as on the product: on AWS the shards, the cases and the mails
are processed in parallel.
"""

import argparse
import csv
import json
import os
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from bench.evaluate_data import make
from local.cloud.clients import SignedIn
from local.cloud.stack import Stack, running_stack

MONTHS = ("2026-07", "2026-08", "2026-09")
REPS_OF_A_MANAGER = 8
MANAGERS_OF_A_DIRECTOR = 8
GIVE_UP_S = 3600
QUESTION = "A performance case needs your answer"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.mails", description=__doc__.partition("\n")[0])
    parser.add_argument("--reps", type=int, default=10_000)
    reps = parser.parse_args(arguments).reps
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name:
        folder = Path(name)
        people, months = exports(folder, reps)
        with running_stack(folder / "cloud") as stack:
            hr = SignedIn(stack, "bench", ("hr_admin",), "H001")
            _drop(stack, "canonical-people", people)
            _until(lambda: _accepted(hr) == 1)
            for month in months[:-1]:
                _drop(stack, "canonical-attainment", month)
            _until(lambda: _accepted(hr) == 1 + len(months[:-1]))
            load = os.getloadavg()[0]
            began = time.time()
            _drop(stack, "canonical-attainment", months[-1])
            _report(reps, load, stack, hr, began)
    return 0


def exports(folder: Path, reps: int) -> tuple[Path, list[Path]]:
    """The people (reps, managers, directors) and three months of facts, in our own columns."""
    made, facts = make(folder / "made", round(reps * 11.5))
    people = folder / "people.csv"
    rows = [json.loads(line) for line in made.read_text().splitlines()]
    managers = sorted({row["manager_id"] for row in rows})
    directors = [f"D{number:05d}" for number in range(len(managers) // MANAGERS_OF_A_DIRECTOR + 1)]
    above = [
        *(_boss(each, directors[number // MANAGERS_OF_A_DIRECTOR]) for number, each in enumerate(managers)),
        *(_boss(each, "") for each in [*directors, "H001"]),
    ]
    _write(people, [*rows, *above])
    months = []
    for period in MONTHS:
        source = next(path for path in facts if period in path.name)
        months.append(folder / f"attainment-{period}.csv")
        _write(months[-1], [json.loads(line) for line in source.read_text().splitlines()])
    return people, months


def _boss(person_id: str, manager_id: str) -> dict[str, Any]:
    return {
        "person_id": person_id,
        "name": f"Person {person_id}",
        "email": f"{person_id.lower()}@example.com",
        "manager_id": manager_id,
        "role": "Manager",
        "region": "EMEA",
        "hire_date": "2015-01-01",
        "hr_partner_id": "H001",
        "timezone": "Europe/Berlin",
        "active": "true",
    }


def _write(path: Path, rows: list[dict[str, Any]]) -> None:
    columns = [name for name in rows[0] if name != "line"]
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns, extrasaction="ignore", restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _drop(stack: Stack, profile: str, export: Path) -> None:
    key = f"incoming/{profile}/{export.name}"
    stack.client("s3").put_object(Bucket=stack.info["exports_bucket"], Key=key, Body=export.read_bytes())


def _accepted(hr: SignedIn) -> int:
    exports = hr.get("/exports").json()["exports"]
    refused = [export for export in exports if export["refused"]]
    if refused:
        raise RuntimeError(f"{refused[0]['name']} was refused: {refused[0]['refused']}")
    return len(exports)


def _until(seen: Any, every_s: float = 0.5) -> float:
    gives_up = time.monotonic() + GIVE_UP_S
    while not seen():
        if time.monotonic() > gives_up:
            raise RuntimeError(f"not seen in {GIVE_UP_S} s")
        time.sleep(every_s)
    return time.time()


def _report(reps: int, load: float, stack: Stack, hr: SignedIn, began: float) -> None:
    evaluated = _until(lambda: hr.get("/evaluations").json()["evaluations"])
    (evaluation,) = hr.get("/evaluations").json()["evaluations"]
    wanted = evaluation["outcomes"].get("open_case", 0)
    print(
        f"{reps:,} reps on {os.cpu_count()} cores, load {load:.1f} before: {evaluation['outcomes']}",
        flush=True,
    )
    print(f"  {wanted:,} cases are open after       {evaluated - began:7.1f} s", flush=True)
    _until(lambda: len(_questions(stack)) >= wanted, 5)
    times = sorted(_questions(stack))
    print(f"  the first manager's mail after    {times[0] - began:7.1f} s")
    print(f"  the last manager's mail after     {times[-1] - began:7.1f} s")
    print(f"  questions mailed more than once   {len(times) - wanted:7}")
    kinds = Counter(mail["subject"] for mail in stack.mails())
    print(f"  mails by subject: {dict(kinds.most_common())}")


def _questions(stack: Stack) -> list[float]:
    """The real time at which each manager's question was mailed."""
    mails: Iterator[dict[str, Any]] = (mail for mail in stack.mails() if mail["subject"] == QUESTION)
    return [datetime.fromisoformat(mail["sent_at"]).timestamp() for mail in mails]


if __name__ == "__main__":
    raise SystemExit(main())
