"""Benchmark of `plumbline read` as a process on one core, beside peers that reject the same rows of a file.

python -m bench.read [--rows 1000000] [--rounds 3] [--peers polars ...] [--large]

Targets for a million rows: no more CPU than the fastest peer, and 200 MiB, also for five million (--large).
For ten thousand rows: at most 1.5 times a bare csv pass plus start-up. Each figure is the minimum of several
rounds, because other load only adds to it. The programs alternate, because the load changes. Peers run in the
interpreter in PEERS_PYTHON and are skipped if they are not installed. All programs may cache their bytecode.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.read_data import make

REPOSITORY = Path(__file__).parents[1]
PEERS = {"polars": "polars", "duckdb": "duckdb", "pandera": "pandera", "pydantic": "pydantic"}
_CSV_PASS = "import csv, sys; [None for _ in csv.reader(open(sys.argv[1], encoding='latin-1', newline=''))]"
_START = "import sys; from local.cli import main; sys.exit(main())"
SMALL = 10_000
_SMALL_TURNS = 5
LARGE = 5_000_000


@dataclass(frozen=True)
class Run:
    """The CPU time and peak memory of one process."""

    cpu_s: float
    peak_mib: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.read")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--peers", nargs="*", choices=PEERS, default=[*PEERS], help="peers to run; default: all"
    )
    parser.add_argument("--large", action="store_true", help="also read five million rows")
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as name:
        agreed = _beside_peers(Path(name), args.rows, args.rounds, args.peers)
        _small(Path(name), args.rounds)
        if args.large:
            profile, export, _ = make(Path(name), LARGE)
            run = _run(_ours(profile, export, Path(name) / "large"))
            print(f"read: {LARGE:,} rows\n  plumbline    {run.cpu_s:6.2f} s CPU   {run.peak_mib:6.0f} MiB")
    return 0 if agreed else 1


def _beside_peers(folder: Path, rows: int, rounds: int, peers: Sequence[str]) -> bool:
    profile, export, truth = make(folder, rows)
    commands = {"plumbline": _ours(profile, export, folder / "plumbline")}
    python = os.environ.get("PEERS_PYTHON", sys.executable)
    for peer in peers:
        module = PEERS[peer]
        if subprocess.run([python, "-c", f"import {module}"], capture_output=True, check=False).returncode:
            print(f"  {peer:<12} not installed: see bench/peers/requirements.in")
            continue
        (folder / peer).mkdir()
        script = str(REPOSITORY / f"bench/peers/read_{peer}.py")
        commands[peer] = [python, script, str(export), str(folder / peer)]
    least = _least_in_turns(commands, rounds)
    ours = least["plumbline"]
    print(
        f"read: {rows:,} rows of 10 columns, {len(truth):,} faulty, best of {rounds}; ratios: ours to theirs"
    )
    for name, run in least.items():
        figures = f"  {name:<12} {run.cpu_s:6.2f} s CPU   {run.peak_mib:6.0f} MiB"
        ratios = f"   ratios {ours.cpu_s / run.cpu_s:6.2f} {ours.peak_mib / run.peak_mib:6.2f}"
        print(figures if run is ours else figures + ratios)
    agreed = all(_rejected(folder / name) == truth for name in least)
    if not agreed:
        print("the rejected rows differ from the faulty rows of the generated data", file=sys.stderr)
    return agreed


def _small(folder: Path, rounds: int) -> None:
    """Compare with the target in two ways: start-up added to the csv pass, and start-up subtracted."""
    profile, export, _ = make(folder, SMALL)
    _, one_row, _ = make(folder, 1)
    least = _least_in_turns(
        {
            "ours": _ours(profile, export, folder / "small"),
            "start-up": _ours(profile, one_row, folder / "one"),
            "csv": [sys.executable, "-c", _CSV_PASS, str(export)],
            "csv of one row": [sys.executable, "-c", _CSV_PASS, str(one_row)],
        },
        _SMALL_TURNS * rounds,
    )
    ours, start_up, csv_pass = least["ours"], least["start-up"], least["csv"]
    passed_s = csv_pass.cpu_s - least["csv of one row"].cpu_s
    print(
        f"read: {SMALL:,} rows: {ours.cpu_s:.3f} s CPU; start-up {start_up.cpu_s:.3f} s, a bare csv pass "
        f"{passed_s:.3f} s\n  ratio to both {ours.cpu_s / (start_up.cpu_s + passed_s):.2f}; "
        f"without start-up, to the pass alone {(ours.cpu_s - start_up.cpu_s) / passed_s:.1f}"
    )


def _ours(profile: Path, export: Path, out: Path) -> list[str]:
    return [sys.executable, "-c", _START, "read", str(profile), str(export), "--out", str(out)]


def _rejected(out: Path) -> list[tuple[int, str]]:
    rows = map(json.loads, (out / "rejected.jsonl").read_text("utf-8").splitlines())
    return [(row["line"], row["faults"][0]["code"]) for row in rows]


def _least_in_turns(commands: Mapping[str, Sequence[str]], rounds: int) -> dict[str, Run]:
    runs: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            runs[name].append(_run(command))
    return {
        name: Run(min(run.cpu_s for run in of), min(run.peak_mib for run in of)) for name, of in runs.items()
    }


def _run(command: Sequence[str]) -> Run:
    one_core = {**os.environ, "POLARS_MAX_THREADS": "1", "OMP_NUM_THREADS": "1"}
    one_core.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, env=one_core)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:3])} ended with {process.returncode}")
    # ru_maxrss is in KiB on Linux and in bytes on macOS.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit)


if __name__ == "__main__":
    sys.exit(main())
