"""Hooks of MkDocs: the site shows what other readers of Markdown show, and loads nothing from elsewhere."""

import re
from typing import Any

_ITEM = re.compile(r"\s*([-*+]|[0-9]+[.)])\s")
_FENCE = re.compile(r"\s*(```|~~~)")
_DIAGRAM = re.compile(r"^```mermaid\nstateDiagram-v2\n(.*?)^```$", re.M | re.S)
_ARROW = re.compile(r"\s*(\S+) --> (\S+): (.+)")
_FOREIGN = re.compile(
    r"""<(?:script|img|link|iframe|source)\b[^>]*\b(?:src|href)=["']?(?:https?:)?//[^>]*>"""
)
_LABEL = re.compile(r"\s*(\w+): (.+)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    return with_lists(_DIAGRAM.sub(lambda found: state_table(found[1]), markdown))


def on_post_page(output: str, **_: Any) -> str:
    """Stop the build at a page that would load something from another server."""
    if foreign := _FOREIGN.search(output):
        raise ValueError(f"a page of the site loads from elsewhere: {foreign[0]}")
    return output


def with_lists(markdown: str) -> str:
    """Put a blank line before a list that follows a paragraph, as CommonMark does not need it.

    Python-Markdown starts no list without one.
    """
    lines: list[str] = []
    in_fence = in_list = False
    for line in markdown.splitlines():
        if _FENCE.match(line):
            in_fence = not in_fence
        starts_item = not in_fence and bool(_ITEM.match(line))
        if starts_item and not in_list and lines and lines[-1].strip():
            lines.append("")
        if not in_fence:
            in_list = starts_item or (in_list and bool(line.strip()))
        lines.append(line)
    return "\n".join(lines) + "\n"


def state_table(diagram: str) -> str:
    """A Mermaid state diagram as a table: drawing one would load a large script from elsewhere."""
    lines = diagram.splitlines()
    labels = {found[1]: found[2] for line in lines if "-->" not in line and (found := _LABEL.match(line))}
    rows = [
        f"| {_state(found[1], labels)} | {found[3]} | {_state(found[2], labels)} |"
        for line in lines
        if (found := _ARROW.match(line))
    ]
    return "\n".join(["| from | because of | to |", "| --- | --- | --- |", *rows])


def _state(name: str, labels: dict[str, str]) -> str:
    return "(start)" if name == "[*]" else labels.get(name, f"`{name}`")
