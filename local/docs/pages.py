"""Which pages of docs/ are generated, and from what."""

from pathlib import Path
from typing import Final

from functions.audit.evidence.event_catalogue import as_markdown as events
from local.docs.command_line import command_line
from local.docs.decisions import decisions
from local.docs.languages import policy_language, profile_language
from local.docs.rights import rights
from local.docs.routes import routes
from local.docs.settings import settings

DOCS: Final = Path(__file__).parents[2] / "docs"


def pages() -> dict[str, str]:
    """Every generated page, by its path below docs/."""
    return {
        "reference/command-line.md": command_line(),
        "reference/settings.md": settings(),
        "reference/policy-language.md": policy_language(),
        "reference/profile-language.md": profile_language(),
        "reference/api-routes.md": routes(),
        "reference/rights.md": rights(),
        "reference/events.md": events(),
        "explanation/decisions.md": decisions(),
    }
