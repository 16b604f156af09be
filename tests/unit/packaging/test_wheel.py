"""The wheel, installed where there is nothing but the libraries that it names, does what a checkout does."""

import json
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import Distribution, PathDistribution, distribution
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement

from tests.unit.audit.bundles import bundle_of_case
from tests.unit.audit.workshop import lived_in

ROOT: Final = Path(__file__).parents[3]
UV: Final = ROOT / ".venv-tools/bin/uv"
PACKAGES: Final = ("functions", "shared", "infra", "local")
VARICENT: Final = ROOT / "examples/varicent"


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel, and a folder to work in that is no checkout."""

    python: Path
    folder: Path

    def plumbline(self, *arguments: object) -> str:
        command = [str(self.python.with_name("plumbline")), *map(str, arguments)]
        return _run(command, self.folder)

    def evaluate(self, code: str) -> str:
        return _run([self.python, "-c", code], self.folder).strip()


def _run(command: Sequence[Path | str], folder: Path) -> str:
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr or ended.stdout
    return ended.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)], ROOT)
    (made,) = folder.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("elsewhere")
    environment = folder / "environment"
    venv.create(environment, with_pip=False, symlinks=True)
    python = environment / "bin/python"
    _run([UV, "pip", "install", "-q", "--offline", "--no-deps", "--python", str(python), str(wheel)], folder)
    (site_packages,) = environment.glob("lib/python*/site-packages")
    (info,) = site_packages.glob("plumbline-*.dist-info")
    _link_libraries(PathDistribution(info), site_packages)
    return Installed(python, folder)


def _link_libraries(project: Distribution, site_packages: Path) -> None:
    """Link what the project requires, and what that requires, from the environment of the tests."""
    here = Path(sysconfig.get_path("purelib"))
    for name in _closure(project, {}):
        for top in {file.parts[0] for file in distribution(name).files or ()} - {"..", "__pycache__"}:
            link = site_packages / top
            if not link.exists():
                link.symlink_to(here / top)


def _closure(needing: Distribution, seen: dict[tuple[str, str], None], extra: str = "") -> Iterator[str]:
    for text in needing.requires or ():
        requirement = Requirement(text)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        for wanted in ("", *sorted(requirement.extras)):
            if (requirement.name, wanted) not in seen:
                seen[requirement.name, wanted] = None
                yield requirement.name
                yield from _closure(distribution(requirement.name), seen, wanted)


def test_the_wheel_holds_each_file_of_the_packages_and_of_what_they_look_for_beside_them(wheel: Path) -> None:
    command = [
        "git",
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
        *PACKAGES,
        "config",
        "console",
    ]
    wanted = {name for name in _run(command, ROOT).splitlines() if (ROOT / name).is_file()}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert held == wanted
    assert {"shared/py.typed", "infra/case.asl.json", "functions/ingest/reading/iso4217.txt"} <= held


def test_the_wheel_names_the_pins_of_the_requirement_files(installed: Installed) -> None:
    code = "import importlib.metadata as m; print('\\n'.join(m.requires('plumbline')))"
    named = {re.sub(r"\s*;.*", "", line) for line in installed.evaluate(code).splitlines()}
    files = ("function", "command", "charts", "cloud")
    lines = [line for name in files for line in (ROOT / f"requirements/{name}.in").read_text().splitlines()]
    assert named == {line for line in lines if line and not line.startswith("#")}


def test_what_the_wheel_names_is_all_that_its_libraries_need(installed: Installed) -> None:
    tools = UV.with_name("python")
    checked = _run([tools, "-m", "pip", "--python", str(installed.python), "check"], installed.folder)
    assert checked == "No broken requirements found.\n"


def test_the_installed_code_is_the_wheels_and_finds_its_data(installed: Installed) -> None:
    code = "import shared.runtime.configuration as c, os; print(c.__file__, *sorted(os.listdir(c.BUNDLED)))"
    file, *folders = installed.evaluate(code).split()
    assert Path(file).is_relative_to(installed.folder)
    assert folders == ["policies", "profiles"]


def test_exports_are_read_and_decided_from_another_folder(installed: Installed) -> None:
    config = ROOT / "config"
    installed.plumbline(
        "read", config / "profiles/hr-people.yaml", VARICENT / "people-2026-09.csv", "--out", "people"
    )
    months = [f"2026-{month:02}" for month in (7, 8, 9)]
    profile = config / "profiles/varicent-attainment.yaml"
    for month in months:
        installed.plumbline("read", profile, VARICENT / f"varicent-attainment-{month}.csv", "--out", month)
    policy = config / "policies/field-sales.yaml"
    assert "Field sales" in installed.plumbline("policy", "check", policy)
    facts = [f"{month}/accepted.jsonl" for month in months]
    command = ("evaluate", policy, "--people", "people/accepted.jsonl", "--period", "2026-09")
    installed.plumbline(*command, "--out", "decisions.jsonl", "--facts", *facts)
    decided = [json.loads(line) for line in (installed.folder / "decisions.jsonl").read_text().splitlines()]
    assert len(decided) == len((installed.folder / "people/accepted.jsonl").read_text().splitlines())
    assert "open_case" in {decision["outcome"] for decision in decided}


def test_evidence_is_verified_from_another_folder(installed: Installed) -> None:
    (installed.folder / "case.zip").write_bytes(bundle_of_case(lived_in()))
    assert json.loads(installed.plumbline("verify", "case.zip", "--json"))["verdict"] == "intact"
