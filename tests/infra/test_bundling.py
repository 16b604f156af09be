"""What a function carries: every library that it loads, no more than it may, and always the same bytes."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra import bundling

ROOT = Path(__file__).parents[2]
FOLDERS = ("ingest", "evaluate", "notify", "audit")
IN_THE_RUNTIME = {"boto3", "botocore"}
NAMED_OTHERWISE = {"aws_lambda_powertools": "aws-lambda-powertools", "yaml": "pyyaml"}


def pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ \\]+)", path.read_text(), re.MULTILINE))


def imports_at_load(path: Path) -> Iterator[str]:
    """Modules that a file imports when it is loaded: not for the type checker, nor in a function's body."""
    pending: list[ast.stmt] = list(ast.parse(path.read_text()).body)
    while pending:
        statement = pending.pop()
        if isinstance(statement, ast.Import):
            yield from (name.name for name in statement.names)
        elif isinstance(statement, ast.ImportFrom):
            yield statement.module or ""
            yield from (f"{statement.module}.{name.name}" for name in statement.names)
        elif isinstance(statement, ast.If) and "TYPE_CHECKING" not in ast.unparse(statement.test):
            pending += [*statement.body, *statement.orelse]
        elif isinstance(statement, ast.Try | ast.With | ast.ClassDef):
            pending += statement.body


def loaded_by(folder: str) -> set[str]:
    """The outside libraries that the folder's handlers import, through all of our own modules."""
    seen: set[Path] = set()
    libraries: set[str] = set()
    pending = sorted((ROOT / "functions" / folder).glob("handlers/*.py"))
    assert pending
    while pending:
        path = pending.pop()
        if path in seen:
            continue
        seen.add(path)
        for module in imports_at_load(path):
            top = module.partition(".")[0]
            if top in ("functions", "shared"):
                base = ROOT / module.replace(".", "/")
                pending += [each for each in (base.with_suffix(".py"), base / "__init__.py") if each.exists()]
            elif top not in sys.stdlib_module_names:
                libraries.add(top)
    return libraries - IN_THE_RUNTIME


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_bundle_carries_every_library_that_its_handlers_load(folder: str) -> None:
    carried = pins(bundling.requirements(folder))
    wanted = {NAMED_OTHERWISE.get(name, name) for name in loaded_by(folder)}
    assert wanted
    assert wanted <= set(carried)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_bundle_has_the_very_versions_that_are_tested(folder: str) -> None:
    tested = pins(ROOT / "requirements/function.txt")
    carried = pins(bundling.requirements(folder))
    assert carried.items() <= tested.items()
    assert {"pydantic", "aws-lambda-powertools"} <= set(carried)


def test_all_that_is_tested_is_carried_by_some_bundle() -> None:
    carried = set().union(*(pins(bundling.requirements(folder)) for folder in FOLDERS))
    assert carried == set(pins(ROOT / "requirements/function.txt"))


def test_ingest_leaves_out_what_would_make_it_heavy() -> None:
    assert not {"cryptography", "holidays", "jinja2"} & set(pins(bundling.requirements("ingest")))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_bundle_holds_our_source_and_nothing_that_running_it_left_behind(folder: str) -> None:
    names = set(bundling.source_files(folder))
    assert "shared/ports.py" in names
    assert "functions/__init__.py" in names
    assert any(name.startswith("config/") for name in names)
    others = set(FOLDERS) - {folder}
    assert not [name for name in names if name.split("/")[0] == "functions" and name.split("/")[1] in others]
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


def test_the_same_content_gives_the_same_bundle() -> None:
    first, second = bundling.bundle("audit", False), bundling.bundle("audit", False)
    assert first == second
    assert (first.folder / "functions/audit/handlers/seal.py").read_bytes() == (
        ROOT / "functions/audit/handlers/seal.py"
    ).read_bytes()


def test_one_changed_byte_gives_another_digest(tmp_path: Path) -> None:
    files = {"a.py": tmp_path / "a.py"}
    files["a.py"].write_text("one")
    before = bundling.digest_of(files)
    files["a.py"].write_text("two")
    assert bundling.digest_of(files) != before


def test_policies_of_another_folder_take_the_place_of_the_projects_own(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/ours.yaml").write_text("policy: ours")
    files = bundling.source_files("evaluate", tmp_path)
    assert [name for name in files if name.startswith("config/")] == ["config/policies/ours.yaml"]
    assert files["config/policies/ours.yaml"] == tmp_path / "policies/ours.yaml"
