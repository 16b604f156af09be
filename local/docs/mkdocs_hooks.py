"""A hook of MkDocs: reads lists as CommonMark does, so that a page looks the same everywhere."""

import re
from typing import Any

_ITEM = re.compile(r"\s*([-*+]|[0-9]+[.)])\s")
_FENCE = re.compile(r"\s*(```|~~~)")


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Put a blank line before a list that follows a paragraph; Python-Markdown starts no list without one."""
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
