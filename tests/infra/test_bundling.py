"""Bundles: each has the code and the libraries that its handlers import, and always the same bytes."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from infra import bundling
from tests.infra.conftest import Template

ROOT = Path(__file__).parents[2]
FOLDERS = ("ingest", "evaluate", "notify", "audit")
IN_THE_RUNTIME = {"boto3", "botocore"}
# What Lambda's runtime has beside Python: the SDK and the libraries that it needs.
RUNTIME_LIBRARIES = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")
ROOMS = {
    "ingest": {"handlers", "reading"},
    "evaluate": {"handlers", "decisions", "cases"},
    "notify": {"handlers", "templates"},
    "audit": {"handlers", "api", "evidence", "ledger", "verify"},
}
IMPORT_HANDLER = """
import importlib, sys
sys.path += sys.argv[2:]
module, _, entry = sys.argv[1].rpartition(".")
assert callable(getattr(importlib.import_module(module), entry))
ours = [each for name, each in sys.modules.items() if name.partition(".")[0] in ("functions", "shared")]
print(*sorted({each.__file__ for each in ours}), sep="\\n")
"""
NAMED_OTHERWISE = {"aws_lambda_powertools": "aws-lambda-powertools", "yaml": "pyyaml"}


def pins(path: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==([^ \\]+)", path.read_text(), re.MULTILINE))


def imports_at_load(path: Path) -> Iterator[str]:
    """Modules that a file imports on load: neither for the type checker only nor in a function's body."""
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
    """The third-party libraries that the folder's handlers import, directly or through our modules."""
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
def test_every_bundle_has_the_tested_versions(folder: str) -> None:
    tested = pins(ROOT / "requirements/function.txt")
    carried = pins(bundling.requirements(folder))
    assert carried.items() <= tested.items()
    assert {"pydantic", "aws-lambda-powertools"} <= set(carried)


def test_every_tested_library_is_in_some_bundle() -> None:
    carried = set().union(*(pins(bundling.requirements(folder)) for folder in FOLDERS))
    assert carried == set(pins(ROOT / "requirements/function.txt"))


def test_ingests_bundle_leaves_out_heavy_libraries() -> None:
    assert not {"cryptography", "holidays", "jinja2"} & set(pins(bundling.requirements("ingest")))


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_bundle_has_our_source_and_no_caches(folder: str) -> None:
    names = set(bundling.source_files(folder))
    assert "shared/ports.py" in names
    assert "functions/__init__.py" in names
    assert any(name.startswith("config/") for name in names)
    others = set(FOLDERS) - {folder}
    assert not [name for name in names if name.split("/")[0] == "functions" and name.split("/")[1] in others]
    assert not [name for name in names if "__pycache__" in name or name.endswith(".pyc")]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_bundle_has_every_room_of_its_folder(folder: str) -> None:
    made = bundling.bundle(folder, False).folder / "functions" / folder
    assert {each.name for each in made.iterdir() if each.is_dir()} >= ROOMS[folder]
    modules = {each.relative_to(made).as_posix() for each in made.rglob("*.py")}
    source = ROOT / "functions" / folder
    assert modules == {each.relative_to(source).as_posix() for each in source.rglob("*.py")}


def handlers() -> list[str]:
    """The entry of every Lambda, by the convention that each module in ``handlers/`` is one."""
    found = (ROOT / "functions").glob("*/handlers/*.py")
    modules = (path.relative_to(ROOT).with_suffix("") for path in found if path.name != "__init__.py")
    return sorted(".".join([*module.parts, "handle"]) for module in modules)


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """For each folder a directory with the libraries of its bundle and of Lambda's runtime, and no others."""
    made = {folder: tmp_path_factory.mktemp(folder) for folder in FOLDERS}
    for folder, directory in made.items():
        for library in (*pins(bundling.requirements(folder)), *RUNTIME_LIBRARIES):
            try:
                files = distribution(library).files or []
            except PackageNotFoundError:
                continue  # pinned for another version of Python; an import that needs it fails below
            for name in {file.parts[0] for file in files} - {"..", "__pycache__"}:
                if not (directory / name).exists():
                    (directory / name).symlink_to(Path(str(distribution(library).locate_file(name))))
    return made


def test_the_template_names_every_handler(template: Template) -> None:
    named = [function["Handler"] for function in template.properties("Lambda::Function")]
    assert sorted(named) == handlers()
    assert len(named) == 13


@pytest.mark.parametrize("handler", handlers())
def test_a_handler_is_imported_from_its_bundle_alone(
    handler: str, libraries: dict[str, Path], tmp_path: Path
) -> None:
    folder = handler.split(".")[1]
    made = bundling.bundle(folder, False).folder
    # Isolated, without site-packages: neither this repository nor the environment is on the path.
    command = [
        sys.executable,
        "-I",
        "-S",
        "-B",
        "-c",
        IMPORT_HANDLER,
        handler,
        str(made),
        str(libraries[folder]),
    ]
    environment = {"PATH": os.defpath}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = [Path(line) for line in done.stdout.splitlines()]
    assert len(loaded) > 10
    assert all(path.is_relative_to(made) for path in loaded)


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


def test_policies_of_another_folder_replace_the_projects_own(tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies/ours.yaml").write_text("policy: ours")
    files = bundling.source_files("evaluate", tmp_path)
    assert [name for name in files if name.startswith("config/")] == ["config/policies/ours.yaml"]
    assert files["config/policies/ours.yaml"] == tmp_path / "policies/ours.yaml"
