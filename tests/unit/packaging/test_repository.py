"""What the repository says about itself is so: paths that guides name, pins, decisions, the console."""

import json
import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[3]
GUIDES: Final = (
    "CONTRIBUTING.md", "SECURITY.md", "docs/adr/0011-the-map-of-rooms.md",
)  # fmt: skip
TOP: Final = ("functions", "shared", "infra", "local", "console", "config", "tests", "docs", "examples")
# A text of labels.json is one line, however long.
CONSOLE: Final = sorted(path for path in (ROOT / "console").iterdir() if path.suffix != ".json")
ADRS: Final = sorted((ROOT / "docs/adr").glob("[0-9]*.md"))


@pytest.mark.parametrize("guide", GUIDES)
def test_each_path_that_a_guide_names_is_there(guide: str) -> None:
    text = (ROOT / guide).read_text(encoding="utf-8")
    named = {name for name in re.findall(rf"`((?:{'|'.join(TOP)})/[\w./-]*)`", text) if "<" not in name}
    assert len(named) > 5
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("guide", GUIDES)
def test_each_link_of_a_guide_leads_somewhere(guide: str) -> None:
    path = ROOT / guide
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert [link for link in links if "://" not in link and not (path.parent / link).exists()] == []


def test_the_decisions_are_numbered_without_gaps_and_listed() -> None:
    assert [path.name[:4] for path in ADRS] == [f"{number:04}" for number in range(1, len(ADRS) + 1)]
    listed = (ROOT / "docs/explanation/decisions.md").read_text(encoding="utf-8")
    assert re.findall(r"adr/(\d{4}-[\w-]+\.md)\)", listed) == [path.name for path in ADRS]


@pytest.mark.parametrize("path", ADRS, ids=lambda path: path.stem)
def test_a_decision_has_the_form_of_all(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    heading = (
        rf"# {path.name[:4]}\. .+\n\n- Status: (accepted|superseded by \d{{4}})\n- Date: \d{{4}}-\d\d-\d\d\n"
    )
    assert re.match(heading, text)
    sections = [line for line in text.splitlines() if line.startswith("## ")]
    assert [line for line in sections if line != "## Considered options"] == [
        "## Context",
        "## Decision",
        "## Consequences",
    ]


def test_every_action_of_a_workflow_is_pinned_to_a_commit() -> None:
    used = [
        line.partition("uses:")[2].strip()
        for path in (ROOT / ".github/workflows").glob("*.yml")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "uses:" in line
    ]
    assert used
    assert [pin for pin in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", pin)] == []


def test_locked_packages_name_their_digest_and_no_registry() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [name for name, package in packages.items() if "integrity" not in package] == []
    for pins in (ROOT / "requirements").rglob("*.txt"):
        assert not re.search(r"index-url|://", pins.read_text(encoding="utf-8")), pins


@pytest.mark.parametrize("path", CONSOLE, ids=lambda path: path.name)
def test_a_line_of_the_console_has_at_most_110_characters(path: Path) -> None:
    # The formatter breaks code, and leaves long texts and comments as they are.
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [(number, line) for number, line in enumerate(lines, 1) if len(line) > 110] == []
