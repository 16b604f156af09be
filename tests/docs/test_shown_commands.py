"""The README and the pages show commands that work, with the output that they have."""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from local.cli import COMMANDS, imported, parser_of
from tests.docs.shown import PAGES, ROOT, Shown, matches, shown_in

BUNDLE: Final = ROOT / "tests" / "releases" / "0.1" / "lived-rep-asked.zip"
OFFLINE: Final = frozenset({"read", "evaluate", "backtest", "policy", "profile", "verify"})
NEEDS_NO_CLOUD: Final = (
    *(f".venv/bin/plumbline {command} " for command in sorted(OFFLINE)),
    *("for ", "done", "cat ", "head ", "grep ", "sed "),
)
ELSEWHERE: Final = ("aws ", ".venv/bin/python -m local.node exec node_modules/.bin/cdk ")
"""What needs an account of AWS; tests of the template and of the local cloud stand in for it."""


def ids(value: object) -> str:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else ""


def runs_offline(shown: Shown) -> bool:
    return all(command.startswith(NEEDS_NO_CLOUD) for command in shown.commands)


@pytest.fixture
def workplace(tmp_path: Path) -> Path:
    """A folder that looks like the project's, and keeps what the commands write out of it."""
    for name in ("config", "examples"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    program = tmp_path / ".venv" / "bin" / "plumbline"
    program.write_text(f"#!{sys.executable}\nimport sys\nfrom local.cli import main\nsys.exit(main())\n")
    program.chmod(0o755)
    (tmp_path / "build").mkdir()
    shutil.copy(BUNDLE, tmp_path / "evidence.zip")
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_command_that_needs_no_cloud_does_what_the_page_shows(page: Path, workplace: Path) -> None:
    for shown in filter(runs_offline, shown_in(page)):
        done = subprocess.run(
            ["bash", "-euc", shown.script],
            cwd=workplace,
            env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "COLUMNS": "80", "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        where = f"{page.name}:{shown.line}"
        assert done.returncode == shown.status, f"{where}: {done.stderr or done.stdout}"
        if shown.output is not None:
            assert matches(done.stdout, shown.output), f"{where} has in truth:\n{done.stdout}"


@pytest.mark.parametrize("page", PAGES, ids=ids)
def test_every_other_command_exists_with_the_options_that_the_page_shows(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.M))
    for shown in shown_in(page):
        if runs_offline(shown):
            continue
        if "<<'END'" in shown.script:
            compile(shown.script.split("<<'END'\n")[1].partition("\nEND")[0], str(page), "exec")
            continue
        for command in shown.commands:
            words = shlex.split(command, comments=True)
            if command.startswith("make "):
                assert words[1] in targets, f"{page.name}:{shown.line}: {command}"
            elif words[0].endswith("plumbline"):
                parses(words[1:])
            else:
                assert command.startswith(ELSEWHERE), f"{page.name}:{shown.line}: {command}"


def parses(words: list[str]) -> None:
    """The command line takes these words; argparse ends the test where it does not."""
    words = [word for word in words if word != ">"]
    assert words[0] in COMMANDS
    parser_of(words[0], imported(words[0])).parse_args(words[1:])


def test_the_pages_show_each_command_that_needs_no_cloud_and_most_with_their_output() -> None:
    offline = [shown for page in PAGES for shown in shown_in(page) if runs_offline(shown)]
    run = {found for shown in offline for found in re.findall(r"bin/plumbline (\w+)", shown.script)}
    assert run == OFFLINE
    assert sum(shown.output is not None for shown in offline) >= 6


@pytest.mark.parametrize(
    ("output", "shown", "same"),
    [
        ("a\nb\nc\n", "a\n...\nc\n", True),
        ("a\nc\n", "a\n...\nc\n", True),
        ("a\nb\n", "a\n", False),
        ("a\n", "a\nb\n", False),
        ("ab\n", "a\n", False),
        ("a.c\n", "abc\n", False),
    ],
)
def test_an_output_matches_only_what_is_shown(output: str, shown: str, same: bool) -> None:
    assert matches(output, shown) is same
