"""Ids seen before are found exactly, whichever way they are kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.ingest.reading import seen_keys
from functions.ingest.reading.seen_keys import SeenKeys

IDS = st.one_of(
    st.integers(0, 60).map(lambda n: f"R{n:03d}"),
    st.integers(0, 30).map(lambda n: f"a-rather-long-identifier-{n}"),
    st.sampled_from(["1", "11", "111", "é", "zz", "\u0100"]),
)
BLOCKS = st.lists(st.lists(st.tuples(IDS, st.sampled_from("xxxy")), max_size=30), max_size=8)


def repeated_by_a_set(blocks: list[list[tuple[str, str]]]) -> list[list[int]]:
    seen: set[tuple[str, str]] = set()
    again = []
    for block in blocks:
        again.append([place for place, key in enumerate(block) if key in seen or key in block[:place]])
        seen.update(block)
    return again


@pytest.mark.parametrize(("few", "run"), [(10**6, 4), (0, 4), (10**6, 2048)])
@given(
    blocks=BLOCKS, order=st.sampled_from(["any", "ascending", "nearly ascending"]), moved=st.integers(0, 29)
)
@settings(max_examples=150, deadline=None)
def test_the_second_of_a_key_is_found_as_a_plain_set_would_find_it(
    few: int, run: int, blocks: list[list[tuple[str, str]]], order: str, moved: int
) -> None:
    if order != "any":
        blocks = [sorted(block) for block in blocks]
    if order == "nearly ascending":
        blocks = [[*block[:moved], *block[moved + 1 :], *block[moved : moved + 1]] for block in blocks]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(seen_keys, "_FEW", few)
        patch.setattr(seen_keys, "_RUN", run)
        patch.setattr(seen_keys, "_BUCKETS", 8)
        seen = SeenKeys()
        found = [seen.repeated([key for key, _ in block], [group for _, group in block]) for block in blocks]
    assert found == repeated_by_a_set(blocks)


def test_an_id_out_of_order_does_not_end_the_run_of_ascending_ones() -> None:
    seen = SeenKeys()
    ids = ["a1", "z9", "a2", "a3", "z9", "a2"]
    assert seen.repeated(ids, ["g"] * len(ids)) == [4, 5]
    assert seen.repeated(["a4", "z9"], ["g", "g"]) == [1]
