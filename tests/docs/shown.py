"""What the pages show: their shell blocks, each with the output that stands below it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = (
    ROOT / "README.md",
    *sorted((ROOT / "docs" / "tutorial").glob("*.md")),
    *sorted((ROOT / "docs" / "how-to").glob("*.md")),
)
_FENCE: Final = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<body>.*?)^ *```$", re.M | re.S)
_STATUS: Final = re.compile(r"# exit status ([0-9]+)$", re.M)
_ELISION: Final = "..."


@dataclass(frozen=True, slots=True)
class Shown:
    """One shell block of a page. ``output`` is None where the page shows none."""

    page: Path
    line: int
    script: str
    output: str | None

    @property
    def status(self) -> int:
        """The exit status that the block's comment promises; 0 without one."""
        found = _STATUS.search(self.script)
        return int(found[1]) if found else 0

    @property
    def commands(self) -> list[str]:
        """The block's lines, continued ones joined."""
        lines = re.sub(r" *\\\n *", " ", self.script).splitlines()
        return [line.strip() for line in lines if line.strip()]


def shown_in(page: Path) -> Iterator[Shown]:
    text = page.read_text("utf-8")
    fences = list(_FENCE.finditer(text))
    for number, fence in enumerate(fences):
        if fence["language"] != "sh":
            continue
        below = fences[number + 1] if number + 1 < len(fences) else None
        output = None if below is None or below["language"] == "sh" else _body(below)
        yield Shown(page, text.count("\n", 0, fence.start()) + 1, _body(fence), output)


def matches(output: str, shown: str) -> bool:
    """Whether an output is the one shown, in which a line ``...`` stands for any number of lines."""
    parts = [re.escape(line.rstrip()) for line in shown.strip("\n").splitlines()]
    pattern = "".join("(.*\n)*?" if part == re.escape(_ELISION) else f"{part}\n" for part in parts)
    found = "".join(f"{line.rstrip()}\n" for line in output.strip("\n").splitlines())
    return re.fullmatch(pattern, found) is not None


def _body(fence: re.Match[str]) -> str:
    return re.sub(f"^{fence['indent']}", "", fence["body"], flags=re.M)
