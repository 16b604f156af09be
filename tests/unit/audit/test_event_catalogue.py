from pathlib import Path

from functions.audit.event_catalogue import MEANINGS, as_markdown
from shared.domain.event import EventTag


def test_every_kind_of_event_is_explained_to_auditors() -> None:
    assert set(EventTag) == set(MEANINGS)


def test_the_page_for_auditors_is_the_catalogue_of_today() -> None:
    page = Path(__file__).parents[3] / "docs" / "events.md"
    assert page.read_text(encoding="utf-8") == as_markdown()
