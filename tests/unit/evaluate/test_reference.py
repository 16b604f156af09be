"""Only tests run the reference evaluation; the product runs the columnar one."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
REFERENCE = "functions.evaluate.decisions.reference"
PRODUCT = ("functions", "shared", "infra", "local", "bench")


def imported(source: str) -> Iterator[str]:
    """Every module that the source may import, and every name from one, in full."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def users_of(module: str) -> set[str]:
    """The files of the product that import the module."""
    files = [ROOT / "app.py", *(file for folder in PRODUCT for file in (ROOT / folder).rglob("*.py"))]
    return {str(file.relative_to(ROOT)) for file in files if module in set(imported(file.read_text()))}


def test_nothing_but_tests_runs_the_reference_evaluation() -> None:
    assert users_of(REFERENCE) == set()


def test_the_commands_and_the_workflow_run_the_columnar_evaluation() -> None:
    assert {
        "functions/evaluate/backtest.py",
        "functions/evaluate/evaluate_shard.py",
        "local/commands/evaluate.py",
    } <= users_of("functions.evaluate.decisions.columnar")


def test_an_import_of_the_reference_is_found_in_either_spelling() -> None:
    for spelling in (f"from {REFERENCE} import decide", "from functions.evaluate.decisions import reference"):
        assert REFERENCE in set(imported(spelling))
