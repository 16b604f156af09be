"""The mails: each kind has a folder of templates with its subject, its text and its HTML. Pure.

A subject carries neither name nor figure, because subjects show on locked screens and in lists.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from shared.domain.effect import NoticeKind

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    undefined=StrictUndefined,
    # By the template's own name alone: a text must not be escaped, and nothing in HTML may go unescaped.
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
    """The mail of this kind. A fact that a template names and that is not there raises UndefinedError.

    Every template may use ``to``, ``parameters``, ``case``, ``request``, ``link``, ``batch``, ``code`` and
    ``code_until``, ``details``, ``digest`` and ``case_page``; which of them are null depends on the kind.
    """
    return Message(
        subject=_TEMPLATES.get_template(f"{kind}/subject.txt").render(facts).strip(),
        text=_squeezed(_TEMPLATES.get_template(f"{kind}/body.txt").render(facts)),
        html=_TEMPLATES.get_template(f"{kind}/body.html").render(facts),
    )


def _squeezed(text: str) -> str:
    """No more than one empty line on end, whatever parts of a template were left out."""
    kept: list[str] = []
    for line in map(str.rstrip, text.strip().splitlines()):
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept) + "\n"
