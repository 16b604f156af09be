"""Merkle trees as in RFC 9162, section 2.1."""

from collections.abc import Iterable, Sequence
from hashlib import sha256


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    return [sha256(b"\x00" + entry).digest() for entry in entries]


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


class GrowingTree:
    """Computes the root over all appended leaves from the perfect subtrees along the right edge."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: dict[int, bytes] = {}

    def append(self, leaves: list[bytes]) -> None:
        self.size += len(leaves)
        height, row = 0, leaves
        while row:
            if height in self._edge:
                row = [self._edge.pop(height), *row]
            if len(row) & 1:
                self._edge[height] = row[-1]
            row = [sha256(b"\x01" + row[at] + row[at + 1]).digest() for at in range(0, len(row) - 1, 2)]
            height += 1

    def root(self) -> str:
        reached: bytes | None = None
        for height in sorted(self._edge):
            reached = self._edge[height] if reached is None else _node(self._edge[height], reached)
        return (sha256(b"").digest() if reached is None else reached).hex()


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: str) -> bool:
    """Whether the proof leads from the leaf to the root (2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, reached = index, size - 1, leaf
    for step in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            reached = _node(step, reached)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            reached = _node(reached, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and reached.hex() == root


def grown(old: int, new: int, path: Sequence[bytes], old_root: str, new_root: str) -> bool:
    """Whether the proof shows that the tree of ``new`` entries begins with that of ``old`` (2.1.4.2)."""
    steps = list(path)
    if old & (old - 1) == 0:
        steps.insert(0, bytes.fromhex(old_root))
    if not steps or not 0 < old < new:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_reached = new_reached = steps[0]
    for step in steps[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            old_reached, new_reached = _node(step, old_reached), _node(step, new_reached)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_reached = _node(new_reached, step)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and old_reached.hex() == old_root and new_reached.hex() == new_root
