"""Measures how well the tests of a pure room notice changes of its code.

``make mutants ROOM=functions/evaluate/cases``: mutmut changes one expression at a time and runs the tests
that reach it. A mutant that no test notices survives. Each room has a folder of its own under build/mutants,
so a second run goes on where the first one stopped. ``RETRY=1`` runs the survivors again, after tests were
added; to begin anew, delete the folder.
"""

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
MUTMUT: Final = Path(sys.executable).with_name("mutmut")
# What the tests read beside the code that is changed.
BESIDE: Final = (
    "app.py", "bench", "cdk.json", "config", "console", "docs", "examples", "infra", "local", "node_modules",
    "pyproject.toml", "requirements", "tests",
)  # fmt: skip
# The tests of a room; of a room that is not here, those of its bounded context.
TESTS: Final = {
    "functions/evaluate/cases": (
        "tests/unit/evaluate/test_deadlines.py",
        "tests/unit/evaluate/test_escalation*.py",
        "tests/unit/evaluate/test_policy_ends_and_leave.py",
        "tests/unit/evaluate/test_stage_edges.py",
        "tests/unit/evaluate/test_trigger_names.py",
        "tests/unit/evaluate/test_who_may_answer.py",
        "tests/unit/audit/test_rules_fit_the_core.py",
    ),
}
# mutmut's exit codes of a mutant's tests; a time-out and a crash are noticed, too.
SURVIVED: Final = 0
UNREACHED: Final = (5, 33)


def main() -> int:
    parser = argparse.ArgumentParser(description="Mutation testing of one room")
    parser.add_argument("room", type=Path, help="a folder or a file, such as functions/evaluate/cases")
    parser.add_argument("--tests", nargs="+", help="the tests of the room; else those of its bounded context")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--retry", action="store_true", help="run the survivors again")
    chosen = parser.parse_args()
    room: Path = chosen.room
    if not (ROOT / room).exists():
        parser.error(f"there is no {room}")
    workspace = _workspace(room, chosen.tests or _tests_of(room))
    # CI makes Hypothesis draw the same examples each time and keep none: a failure that one mutant's tests
    # found is not tried on the next.
    environment = os.environ | {"PYTHONPATH": str(workspace / "mutants"), "CI": "true"}
    again = list(_names(workspace, room, SURVIVED)) if chosen.retry else []
    command = [str(MUTMUT), "run", "--max-children", str(chosen.workers), *again]
    finished = subprocess.run(command, cwd=workspace, env=environment, check=False)
    return finished.returncode or _report(workspace, room)


def _tests_of(room: Path) -> list[str]:
    for name, patterns in TESTS.items():
        if room.is_relative_to(name):
            return sorted(str(path.relative_to(ROOT)) for pattern in patterns for path in ROOT.glob(pattern))
    context = ROOT / "tests/unit" / room.parts[1]
    return [str(context.relative_to(ROOT))] if context.is_dir() else ["tests/unit"]


def _workspace(room: Path, tests: list[str]) -> Path:
    """A folder in which mutmut finds the project: links to it, and settings for this room."""
    workspace = ROOT / "build/mutants" / ".".join(room.with_suffix("").parts)
    # Python looks at PYTHONPATH when it starts, and forgets a folder that is not there yet.
    (workspace / "mutants").mkdir(parents=True, exist_ok=True)
    for name in ("functions", "shared", *BESIDE):
        link = workspace / name
        if not link.is_symlink():
            link.symlink_to(ROOT / name)
    # Named in a file, more tests are more tests, and not other settings that would spoil every result so far.
    selection = workspace / "tests.txt"
    selection.write_text("\n".join(tests) + "\n", encoding="utf-8")
    pattern = str(room) if room.suffix == ".py" else f"{room}/*.py"
    settings = {
        "source_paths": ["functions", "shared"],
        "only_mutate": [pattern],
        "also_copy": [name for name in BESIDE if name != "node_modules"],
        "pytest_add_cli_args_test_selection": [f"@{selection}"],
        "pytest_add_cli_args": ["-p no:cacheprovider"],
        "use_git_change_detection": ["false"],
        # A mutant that never ends is stopped after so many times the usual time of its tests.
        "timeout_multiplier": ["5"],
    }
    lines = ["[mutmut]"]
    for key, values in settings.items():
        lines.append(
            f"{key} =" + (f" {values[0]}" if len(values) == 1 else "".join(f"\n    {v}" for v in values))
        )
    (workspace / "setup.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return workspace


def _outcomes(workspace: Path, room: Path) -> Iterator[tuple[str, dict[str, int | None]]]:
    """Each file of the room with its mutants' exit codes; None for a mutant not yet tried."""
    found = workspace / "mutants"
    folder = found / room
    for meta in (
        sorted(folder.rglob("*.meta")) if folder.is_dir() else [folder.with_name(room.name + ".meta")]
    ):
        yield (
            str(meta.relative_to(found)).removesuffix(".meta"),
            json.loads(meta.read_text())["exit_code_by_key"],
        )


def _names(workspace: Path, room: Path, *codes: int) -> Iterator[str]:
    for _, outcomes in _outcomes(workspace, room):
        yield from (name for name, code in outcomes.items() if code in codes)


def _report(workspace: Path, room: Path) -> int:
    total: Counter[str] = Counter()
    print(f"\n{'file':<56} {'mutants':>7} {'noticed':>7} {'untried':>7}  score")
    for file, outcomes in _outcomes(workspace, room):
        counted = Counter(_fate(code) for code in outcomes.values())
        total += counted
        print(_line(file, counted))
    print(_line(str(room), total))
    for name in _names(workspace, room, SURVIVED, *UNREACHED):
        shown = subprocess.run(
            [MUTMUT, "show", name], cwd=workspace, capture_output=True, text=True, check=True
        )
        print("\n" + shown.stdout.strip())
    return 0


def _fate(code: int | None) -> str:
    if code is None:
        return "untried"
    return "survived" if code in (SURVIVED, *UNREACHED) else "noticed"


def _line(name: str, counted: Counter[str]) -> str:
    tried = counted["noticed"] + counted["survived"]
    score = f"{100 * counted['noticed'] / tried:5.1f} %" if tried else "    –"
    return f"{name:<56} {counted.total():>7} {counted['noticed']:>7} {counted['untried']:>7}  {score}"


if __name__ == "__main__":
    raise SystemExit(main())
