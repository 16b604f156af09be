"""The page on the ASVS names tests that exist, and answers every chapter."""

import re

import pytest

from tests.docs.shown import ROOT

PAGE = (ROOT / "docs/reference/asvs.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_every_test_that_the_page_names_exists(file: str, test: str) -> None:
    source = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"\bdef {test or 'test_'}", source)


def test_every_chapter_is_answered() -> None:
    assert re.findall(r"^## V(\d+) ", PAGE, re.MULTILINE) == [str(number) for number in range(1, 18)]
    assert len(NAMED) > 30


def test_every_row_has_a_test_or_a_reason() -> None:
    rows = [line.split("|")[1:-1] for line in PAGE.splitlines() if line.startswith("| V")]
    assert len(rows) > 50
    assert not [row for row in rows if not row[2].strip()]
