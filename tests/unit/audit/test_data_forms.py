"""The patterns of the published forms say of plain spellings what the forms themselves say."""

import random
import re
from typing import Any

import pytest

from functions.audit.verify.data_forms import PUBLISHED, Form
from functions.audit.verify.events import plain_event
from shared.domain.canonical import canonical_bytes
from tests.unit.audit.bundles import bundle_of_ledger, unpacked
from tests.unit.audit.workshop import lived_in

EXAMPLES: dict[str, Any] = {
    "text": "m-1",
    "whole": -17,
    "flag": True,
    "time": "2026-10-05T19:00:00.000Z",
    "hash": "9f" * 32,
    "texts": ["coach", "dispute_figures"],
    "null": None,
}
KEPT = {"open": "eJw", "sealed": {"ciphertext": "c2Vh", "key": "r-7", "nonce": "AAAA"}}
FORMS = [(tag, form) for tag, forms in PUBLISHED.items() for form in forms]
SPELLED = [(tag, form) for tag, form in FORMS if form.patterns()[0] is not None]


def some_data(chance: random.Random, form: Form) -> dict[str, Any]:
    """Data with and without what may be left out, and now and then without what may not."""
    data: dict[str, Any] = {"state": chance.choice([KEPT, {"open": "", "sealed": None}])}
    for name, (kind, _) in form.members.items():
        data[name] = EXAMPLES.get(kind.rstrip("?"), {})
        if chance.random() < 0.3:
            data[name] = None
    for name in sorted(data):
        needed = form.members.get(name, ("", False))[1]
        if chance.random() < (0.05 if needed else 0.5):
            del data[name]
    return data


@pytest.mark.parametrize(("tag", "form"), SPELLED, ids=[tag for tag, _ in SPELLED])
def test_a_pattern_matches_the_data_that_has_the_form_and_no_other(tag: str, form: Form) -> None:
    spelled, names = form.patterns()
    assert spelled is not None
    chance, relied_on = random.Random(tag), dict.fromkeys(form.names, "p")
    fitting = 0
    for _ in range(200):
        data = some_data(chance, form)
        fits = form.fits(data, relied_on)
        plain = all(
            kind.rstrip("?") in EXAMPLES or name not in data for name, (kind, _) in form.members.items()
        )
        matched = re.fullmatch(spelled.encode(), canonical_bytes(data)) is not None
        assert matched == (fits and plain), data
        fitting += matched
    assert fitting
    assert re.fullmatch(names.encode(), canonical_bytes(relied_on))
    needed = {name for name, has_to in form.names.items() if has_to}
    for name in needed:
        rest = {other: "p" for other in form.names if other != name}
        assert not re.fullmatch(names.encode(), canonical_bytes(rest)), name


@pytest.mark.parametrize(
    ("needed", "spelling", "matches"),
    [
        (False, "{}", True),
        (False, '{"a":"1"}', True),
        (False, '{"b":"1"}', True),
        (False, '{"a":"1","b":"2"}', True),
        (False, '{"a":"1",}', False),
        (False, '{,"b":"1"}', False),
        (False, '{"b":"1","a":"2"}', False),
        (False, '{"a":"1""b":"2"}', False),
        (True, "{}", False),
        (True, '{"a":"1"}', False),
        (True, '{"b":"1"}', True),
        (True, '{"a":"1","b":"2"}', True),
        (True, '{"a":"1","b":"2",}', False),
        (True, '{"a":"1""b":"2"}', False),
    ],
)
def test_commas_stand_between_the_members_that_are_there(needed: bool, spelling: str, matches: bool) -> None:
    form = Form({}, {"a": False, "b": needed})
    assert (re.fullmatch(form.patterns()[1], spelling) is not None) == matches


def test_every_event_of_a_case_takes_the_fast_path() -> None:
    files = unpacked(bundle_of_ledger(lived_in()))
    lines = [line for name, data in files.items() if "/segments/" in name for line in data.splitlines()]
    cases = [line for line in lines if b'"subject":"case/' in line]
    assert cases
    for line in cases:
        assert plain_event(line, "f", 1, 0) is not None, line


def test_an_answer_is_plain_though_what_was_compared_has_no_plain_spelling() -> None:
    (form,) = PUBLISHED["request:answered"]
    spelled, _ = form.patterns()
    assert spelled is not None
    data = {name: EXAMPLES[kind.rstrip("?")] for name, (kind, needed) in form.members.items() if needed}
    assert re.fullmatch(spelled.encode(), canonical_bytes(data))
    assert not re.fullmatch(spelled.encode(), canonical_bytes({**data, "compared": {"kept": 1}}))
