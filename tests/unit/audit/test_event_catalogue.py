from pathlib import Path

from functions.audit.evidence.event_catalogue import MEANINGS, as_markdown
from functions.audit.verify.event_data import FORMS
from shared.domain.event import EventTag


def test_every_kind_of_event_is_explained_to_auditors() -> None:
    assert set(EventTag) == set(MEANINGS)


def test_the_page_for_auditors_is_the_catalogue_of_today() -> None:
    page = Path(__file__).parents[3] / "docs" / "reference" / "events.md"
    assert page.read_text(encoding="utf-8") == as_markdown()


def test_a_published_form_never_changes() -> None:
    """A kind of event that needs another form gets it beside the old; both then stand in this copy."""
    copy = Path(__file__).with_name("published_events.txt").read_text(encoding="utf-8").splitlines()
    today = [f"{tag} | {data} | {names}" for tag, forms in sorted(FORMS.items()) for data, names in forms]
    assert today == copy


def test_every_kind_of_event_has_a_form() -> None:
    assert {tag.value for tag in EventTag} == set(FORMS)
