"""The response page: each screen as HTML without scripts, images or fonts. Pure."""

import base64
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from functions.notify.chart import chart
from functions.notify.screens import (
    AlreadyAnswered,
    Asking,
    MovedOn,
    NoSuchLink,
    NotNow,
    Recorded,
    Screen,
    SentFromElsewhere,
    SignIn,
)
from shared.domain.typed_reason import LONGEST_REASON, SHORTEST_REASON

_PAGES: Final = Path(__file__).parent / "pages"
_STYLE: Final = (_PAGES / "style.css").read_text(encoding="utf-8")
_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(_PAGES),
    undefined=StrictUndefined,
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
_FIELDS: Final = ("form", "choice", "reason", "seen", "code")
STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
"""The style is part of the page, and the content security policy allows only this one."""


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    html: str


def page(screen: Screen) -> Page:
    """The screen's HTML and its HTTP status."""
    template, status, facts = _parts(screen)
    # The style is our own file; everything else is escaped.
    html = _TEMPLATES.get_template(template).render(style=Markup(_STYLE), screen=screen, **facts)
    return Page(status, html)


def _parts(screen: Screen) -> tuple[str, int, dict[str, Any]]:
    match screen:
        case Asking():
            problems = dict.fromkeys(_FIELDS) | {each.field: each.message for each in screen.problems}
            figures = screen.figures
            drawing = chart(figures.periods, figures.bar_ratio, figures.bar)
            facts = {
                "problems": problems,
                "chart": drawing,
                "shortest": SHORTEST_REASON,
                "longest": LONGEST_REASON,
            }
            return "asking.html", 422 if screen.problems else 200, facts
        case SignIn():
            return "sign_in.html", 403 if screen.refused else 200, {}
        case Recorded():
            return "recorded.html", 200, {}
        case AlreadyAnswered():
            return "already_answered.html", 409 if screen.too_late else 200, {}
        case MovedOn():
            return "moved_on.html", 410, {}
        case NoSuchLink():
            return "no_such_link.html", 404, {}
        case SentFromElsewhere():
            return "sent_from_elsewhere.html", 403, {}
        case NotNow():
            return "not_now.html", 409 if screen.overtaken else 503, {}
