"""`plumbline pace` as a whole process: many reps, with twelve months of daily snapshots.

python -m bench.pace [--reps 100000] [--rounds 1]

The target for 100,000 reps (some 25 million rows) is 60 s and 500 MiB on two cores. The data, some 3 GB, are
made in build/bench-pace once, and kept there. Figures are the least of some rounds, since a busy machine only
adds. There is no peer: nothing else computes these figures.
"""

import argparse
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from bench.pace_data import AS_OF, PERIOD, PaceData, make

REPOSITORY = Path(__file__).parents[1]
POLICY = REPOSITORY / "config/policies/field-sales.yaml"
_WALL_S, _PEAK_MIB, _REPS = 60, 500, 100_000
"""The target, and the number of reps for which it is set."""


@dataclass(frozen=True)
class Run:
    """One process: user and system time, time on the wall, and its peak of memory."""

    cpu_s: float
    wall_s: float
    peak_mib: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.pace")
    parser.add_argument("--reps", type=int, default=_REPS)
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args(arguments)
    folder = REPOSITORY / "build/bench-pace"
    data = make(folder, args.reps, POLICY)
    out = folder / "pace.jsonl"
    runs = [_run(_command(data, out)) for _ in range(args.rounds)]
    cpu_s, wall_s = min(run.cpu_s for run in runs), min(run.wall_s for run in runs)
    peak_mib = min(run.peak_mib for run in runs)
    with out.open("rb") as lines:
        outcomes = Counter(orjson.loads(line)["outcome"] for line in lines)
    print(f"pace: {args.reps:,} reps, {len(data.snapshots)} snapshots of {data.rows:,} rows")
    print(f"  plumbline    {cpu_s:6.2f} s CPU   {wall_s:6.2f} s wall   {peak_mib:6.0f} MiB")
    print("  " + ", ".join(f"{outcome} {count:,}" for outcome, count in sorted(outcomes.items())))
    if args.reps <= _REPS and (wall_s > _WALL_S or peak_mib > _PEAK_MIB):
        print(f"more than {_WALL_S} s or {_PEAK_MIB} MiB", file=sys.stderr)
        return 1
    return 0


def _command(data: PaceData, out: Path) -> list[str]:
    start = "import sys; from local.cli import main; sys.exit(main())"
    inputs = ["--people", str(data.people), "--facts", *map(str, data.facts), "--snapshot", *data.snapshots]
    moment = ["--period", str(PERIOD), "--as-of", str(AS_OF), "--out", str(out)]
    return [sys.executable, "-c", start, "pace", str(data.policy), *inputs, *moment]


def _run(command: Sequence[str]) -> Run:
    begun = time.monotonic()
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall_s = time.monotonic() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"plumbline pace ended with {process.returncode}")
    # Linux counts the peak in KiB, macOS in bytes.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Run(usage.ru_utime + usage.ru_stime, wall_s, usage.ru_maxrss / unit)


if __name__ == "__main__":
    sys.exit(main())
