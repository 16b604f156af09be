"""The generated pages are what the code says now, examples on them are valid, and links lead somewhere."""

import re
import struct
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from pydantic import BaseModel

from functions.ingest.reading.profile import Profile, parse_profile
from local.docs.languages import CONFIG
from local.docs.mkdocs_hooks import on_page_markdown, on_post_page
from local.docs.model_keys import keys, parts
from local.docs.pages import DOCS, pages
from local.docs.policy_keys import POLICY_KEYS
from local.docs.profile_keys import PROFILE_KEYS
from shared.domain import strict_yaml
from shared.domain.policy import Policy, parse_policy
from tests.docs.screenshots import KEPT, NAMES, take_all

ROOT: Final = DOCS.parent
LINK: Final = re.compile(r"\]\(([^)\s]+)\)")
LARGEST_PICTURE: Final = 150_000
PEER_RULE: Final = (
    '{id: bottom-decile, peer_rank_below: "0.10", group_by: [role], min_group: 20, opens: coaching}'
)

PACE: Final = (
    'pace: {below: "0.70", from: "0.4", coverage: "0.8", history: 12, min_history: 60, group_by: [role]}'
)


DOCUMENTS: Final = (ROOT / "README.md", ROOT / "SECURITY.md", *sorted(DOCS.rglob("*.md")))


def test_the_generated_pages_say_what_the_code_says() -> None:
    stale = [name for name, text in pages().items() if (DOCS / name).read_text("utf-8") != text]
    assert stale == [], "`make docs` writes them again"


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_files_lead_to_files(page: Path) -> None:
    targets = [target.partition("#")[0] for target in LINK.findall(page.read_text("utf-8"))]
    ours = [target for target in targets if target and "://" not in target]
    assert [target for target in ours if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("path", sorted(POLICY_KEYS))
def test_each_example_of_a_policys_key_is_accepted(path: str) -> None:
    text = (CONFIG / "policies" / "field-sales.yaml").read_text("utf-8")
    sample: dict[str, Any] = yaml.safe_load(text.replace("rules:\n", f"{PACE}\nrules:\n  - {PEER_RULE}\n"))
    put(sample, path, strict_yaml.load(POLICY_KEYS[path][0]))
    parse_policy(yaml.safe_dump(sample), path)


@pytest.mark.parametrize("path", sorted(PROFILE_KEYS))
def test_each_example_of_a_profiles_key_is_accepted(path: str) -> None:
    sample = yaml.safe_load((CONFIG / "profiles" / "varicent-attainment.yaml").read_text("utf-8"))
    put(sample, path, yaml.safe_load(PROFILE_KEYS[path][0]))
    parse_profile(yaml.safe_dump(sample), path)


def put(document: dict[str, Any], path: str, value: Any) -> None:
    """Set a value where the path of a key says; of a list's entries, the first that has a sibling of it."""
    *above, last = re.sub(r"\[\] with `(\w+)`", r"[\1]", path).split(".")
    here: Any = document
    for step in above:
        name, _, kind = step.rstrip("]").partition("[")
        here = here[name]
        if isinstance(here, list):
            here = next(entry for entry in here if not kind or kind in entry)
    here[last] = value


@pytest.mark.parametrize("model", [Policy, Profile])
def test_every_key_of_a_language_is_found(model: type[BaseModel]) -> None:
    found = [key.path for part in parts(model) for key in keys(part)]
    assert len(found) == len(set(found))
    own = {field.alias or name for name, field in model.model_fields.items()}
    assert own <= set(found)


def test_the_tutorials_pictures_can_be_taken_from_the_pages_as_they_are(tmp_path: Path) -> None:
    take_all(tmp_path)
    assert sorted(file.stem for file in tmp_path.glob("*.png")) == sorted(NAMES)


def test_the_pictures_that_are_kept_are_those_that_the_tutorial_shows() -> None:
    tutorial = (DOCS / "tutorial" / "ten-minutes.md").read_text("utf-8")
    assert sorted(re.findall(r"screenshots/([a-z-]+)\.png", tutorial)) == sorted(NAMES)
    assert sorted(file.stem for file in KEPT.iterdir()) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_picture_is_small_and_is_one(name: str) -> None:
    data = (KEPT / f"{name}.png").read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    assert width >= 300
    assert height >= 300
    assert len(data) < LARGEST_PICTURE


def test_a_list_below_a_paragraph_becomes_a_list_on_the_site() -> None:
    assert on_page_markdown("Then:\n1. one\n   more\n2. two\n") == "Then:\n\n1. one\n   more\n2. two\n"


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://unpkg.com/mermaid"></script>',
        '<link rel="stylesheet" href="//fonts.example.com/css">',
        "<img src='http://example.com/a.png'>",
    ],
)
def test_a_page_that_loads_from_elsewhere_stops_the_build(page: str) -> None:
    with pytest.raises(ValueError, match="loads from elsewhere"):
        on_post_page(f"<html>{page}</html>")


def test_a_page_may_link_elsewhere_and_load_its_own_files() -> None:
    page = '<link href="../assets/main.css"><img src="a.png"><a href="https://example.com/">there</a>'
    assert on_post_page(page) == page


def test_a_state_diagram_becomes_a_table_on_the_site() -> None:
    diagram = (
        "```mermaid\nstateDiagram-v2\n    a: it waits\n    [*] --> a: opened\n    a --> b: time is up\n```\n"
    )
    assert on_page_markdown(diagram).splitlines()[2:] == [
        "| (start) | opened | it waits |",
        "| it waits | time is up | `b` |",
    ]


def test_what_looks_like_a_list_within_a_fence_stays_as_it_is() -> None:
    fenced = "Then:\n```yaml\nladder:\n- stage: coaching\n```\n"
    assert on_page_markdown(fenced) == fenced
