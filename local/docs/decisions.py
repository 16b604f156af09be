"""The page that lists the architecture decisions, read from the files in docs/adr."""

from pathlib import Path
from typing import Final

from local.docs.markdown import page

ADRS: Final = Path(__file__).parents[2] / "docs" / "adr"


def decisions() -> str:
    """One line a decision, in the order of their numbers."""
    said = (
        "Each record says what the situation was, what else was considered, what was decided and "
        "what follows from it."
    )
    return page("Decisions", "docs/adr", said, "\n".join(map(_line, sorted(ADRS.glob("[0-9]*.md")))))


def _line(path: Path) -> str:
    title = next(line for line in path.read_text("utf-8").splitlines() if line.startswith("# "))
    return f"- [{title.removeprefix('# ')}](../adr/{path.name})"
