"""Renders the mails. Each kind has a folder of templates: its subject, its text and its HTML. Pure.

A subject has neither names nor figures, because subjects show on locked screens and in lists.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2.runtime import Context

from shared.domain.effect import NoticeKind


class Fact:
    """A value that is built when a template first names it, and once: a mail costs only what it says."""

    def __init__(self, build: Callable[[], Any]) -> None:
        self.value: Final = cache(build)


class _FactsOnDemand(Context):
    def resolve_or_missing(self, key: str) -> Any:
        found = super().resolve_or_missing(key)
        return found.value() if isinstance(found, Fact) else found


class _Templates(Environment):
    context_class = _FactsOnDemand


_TEMPLATES: Final = _Templates(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    # By the template's name alone: text must not be escaped, and HTML always must.
    autoescape=lambda name: name is None or name.endswith(".html"),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


@dataclass(frozen=True, slots=True)
class Message:
    """One mail's words."""

    subject: str
    text: str
    html: str


def render(kind: NoticeKind, facts: Mapping[str, Any]) -> Message:
    """The mail of this kind. Raises UndefinedError if a template names a fact that is not there.

    ``mail_facts`` says which facts there are; a ``Fact`` is built only if a template names it.
    """
    return Message(
        subject=_TEMPLATES.get_template(f"{kind}/subject.txt").render(facts).strip(),
        text=_squeezed(_TEMPLATES.get_template(f"{kind}/body.txt").render(facts)),
        html=_TEMPLATES.get_template(f"{kind}/body.html").render(facts),
    )


def _squeezed(text: str) -> str:
    """The text with at most one empty line in a row, whichever parts of a template were left out."""
    kept: list[str] = []
    for line in map(str.rstrip, text.strip().splitlines()):
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept) + "\n"
