"""Benchmark of `plumbline evaluate` as a process on one core, beside a DuckDB pipeline with the same output.

python -m bench.evaluate [--facts 1000000] [--rounds 3]

Targets for a million facts: 1.5 s of CPU and 300 MiB. Each figure is the minimum of several rounds, because
other load on the machine only adds to it. The two programs alternate, so that load affects both alike. The
peer runs in the interpreter in PEERS_PYTHON, and is skipped without DuckDB. The build of Python matters: an
optimised build takes about three quarters of the time of one without profile-guided optimisation.
"""

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.evaluate_data import make

REPOSITORY = Path(__file__).parents[1]
POLICY = REPOSITORY / "config/policies/field-sales.yaml"
PEER = REPOSITORY / "bench/peers/evaluate_duckdb.py"


@dataclass(frozen=True)
class Run:
    """The CPU time, peak memory and output digest of one process."""

    cpu_s: float
    peak_mib: float
    digest: str


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.evaluate")
    parser.add_argument("--facts", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="plumbline-bench-") as folder:
        people, facts = make(Path(folder), args.facts)
        lines = sum(path.read_bytes().count(b"\n") for path in facts)
        out = Path(folder) / "decisions.jsonl"
        commands = {"plumbline": _our_command(people, facts, out)}
        peer = _peer_command(people, facts, out)
        if peer is not None:
            commands["DuckDB SQL"] = peer
        runs: dict[str, list[Run]] = {name: [] for name in commands}
        for _ in range(args.rounds):
            for name, command in commands.items():
                runs[name].append(_run(command, out, Path(folder) / "bytecode"))
        print(f"evaluate: {lines:,} facts of {people.read_bytes().count(10):,} people, best of {args.rounds}")
    ours = _least(runs["plumbline"])
    _print("plumbline", ours)
    if "DuckDB SQL" not in runs:
        print("  DuckDB       not installed: see bench/peers/requirements.in")
        return 0
    theirs = _least(runs["DuckDB SQL"])
    _print("DuckDB SQL", theirs)
    print(f"  ratio        {ours.cpu_s / theirs.cpu_s:6.2f}         {ours.peak_mib / theirs.peak_mib:6.2f}")
    if ours.digest != theirs.digest:
        print("the outputs differ", file=sys.stderr)
        return 1
    return 0


def _print(name: str, run: Run) -> None:
    print(f"  {name:<12} {run.cpu_s:6.2f} s CPU   {run.peak_mib:6.0f} MiB   sha256 {run.digest[:16]}")


def _our_command(people: Path, facts: Sequence[Path], out: Path) -> list[str]:
    start = "import sys; from local.cli import main; sys.exit(main())"
    inputs = ["--people", str(people), "--facts", *map(str, facts), "--period", "2026-09", "--out", str(out)]
    return [sys.executable, "-c", start, "evaluate", str(POLICY), *inputs]


def _peer_command(people: Path, facts: Sequence[Path], out: Path) -> list[str] | None:
    python = os.environ.get("PEERS_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import duckdb"], capture_output=True, check=False).returncode:
        return None
    return [python, str(PEER), str(people), str(out), *map(str, facts)]


def _least(runs: Sequence[Run]) -> Run:
    return Run(min(run.cpu_s for run in runs), min(run.peak_mib for run in runs), runs[-1].digest)


def _run(command: Sequence[str], out: Path, bytecode: Path) -> Run:
    # Python caches its bytecode, as it does by default. Only the first round has no cache.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(bytecode)
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    # ru_maxrss is in KiB on Linux and in bytes on macOS.
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    with out.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Run(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / unit, digest)


if __name__ == "__main__":
    sys.exit(main())
