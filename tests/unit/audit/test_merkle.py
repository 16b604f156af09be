"""The tree against its definition, and against the vectors of Certificate Transparency's own programs."""

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.errors import IntegrityError
from shared.domain.merkle import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    leaf_hash,
    verify_consistency,
    verify_inclusion,
)

# The eight entries and roots of google/certificate-transparency and transparency-dev/merkle.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(str(number).encode()) for number in range(70)]


def defined_root(leaves: list[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + defined_root(leaves[:split]) + defined_root(leaves[split:])).digest()


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_the_published_ones(size: int) -> None:
    leaves = [leaf_hash(entry) for entry in ENTRIES[:size]]
    assert Frontier().extended(leaves).root().hex() == ROOTS[size - 1]
    assert Tree(leaves).root().hex() == ROOTS[size - 1]


def test_the_published_proofs_are_found() -> None:
    tree = Tree([leaf_hash(entry) for entry in ENTRIES])
    assert [step.hex()[:8] for step in tree.inclusion_proof(0)] == ["96a296d2", "5f083f0a", "6b47aaf2"]
    assert [step.hex()[:8] for step in tree.inclusion_proof(5)] == ["bc1a0643", "ca854ea1", "d37ee418"]
    assert [step.hex()[:8] for step in tree.consistency_proof(6)] == ["0ebc5d34", "ca854ea1", "d37ee418"]
    assert [step.hex()[:8] for step in tree.consistency_proof(2, 5)] == ["5f083f0a", "bc1a0643"]


def test_a_leaf_is_found_by_its_hash() -> None:
    tree = Tree(LEAVES)
    assert [tree.find(leaf) for leaf in LEAVES] == list(range(len(LEAVES)))
    assert tree.find(leaf_hash(b"forged")) is None
    assert Tree([]).find(LEAVES[0]) is None


def test_an_empty_ledger_has_the_root_of_nothing() -> None:
    assert Frontier().root() == Tree([]).root() == EMPTY_ROOT == defined_root([])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 9), max_size=9))
def test_the_frontier_grows_by_any_steps_to_the_same_root(steps: list[int]) -> None:
    frontier, size = Frontier(), 0
    for step in steps:
        frontier = Frontier.from_json(frontier.extended(LEAVES[size : size + step]).as_json())
        size = min(size + step, len(LEAVES))
        assert frontier.size == size
        assert frontier.root() == defined_root(LEAVES[:size])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_every_proof_holds_and_none_holds_for_anything_else(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(LEAVES)))
    index = data.draw(st.integers(0, size - 1))
    tree = Tree(LEAVES)
    path, root = tree.inclusion_proof(index, size), tree.root(size)
    verify_inclusion(LEAVES[index], index, size, path, root)
    other = data.draw(st.integers(0, size + 1).filter(lambda at: at != index))
    for arguments in (
        (LEAVES[index], other, size, path, root),
        (leaf_hash(b"forged"), index, size, path, root),
        (LEAVES[index], index, size, [*path, root], root),
        (LEAVES[index], index, size, path, bytes(32)),
        *([(LEAVES[index], index, size, path[1:], root)] if path else []),
    ):
        with pytest.raises(IntegrityError):
            verify_inclusion(*arguments)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_growth_is_proved_and_a_fork_is_not(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, len(LEAVES)))
    old = data.draw(st.integers(1, new - 1))
    tree, forked = Tree(LEAVES), Tree([leaf_hash(b"forged"), *LEAVES[1:]])
    path = tree.consistency_proof(old, new)
    verify_consistency(old, new, path, tree.root(old), tree.root(new))
    verify_consistency(new, new, [], tree.root(new), tree.root(new))
    for arguments in (
        (old, new, path, forked.root(old), tree.root(new)),
        (old, new, path, tree.root(old), forked.root(new)),
        (old, new, forked.consistency_proof(old, new), tree.root(old), forked.root(new)),
        (old, new, [*path, path[-1]], tree.root(old), tree.root(new)),
        (old, new, path[:-1], tree.root(old), tree.root(new)),
        (0, new, path, tree.root(old), tree.root(new)),
        (new, new, [], tree.root(new), forked.root(new)),
    ):
        with pytest.raises(IntegrityError):
            verify_consistency(*arguments)


def test_an_invalid_frontier_is_refused() -> None:
    with pytest.raises(IntegrityError, match="frontier"):
        Frontier(3, (bytes(32),))
    with pytest.raises(IntegrityError, match="no entry"):
        Tree(LEAVES).inclusion_proof(70)
    with pytest.raises(IntegrityError, match="entries"):
        Tree(LEAVES).root(71)
    with pytest.raises(IntegrityError, match="cannot grow"):
        Tree(LEAVES).consistency_proof(0)
