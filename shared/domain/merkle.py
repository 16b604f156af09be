"""The Merkle tree of RFC 9162 over SHA-256: roots, inclusion proofs and consistency proofs.

Section numbers below refer to RFC 9162. Leaves and inner nodes are hashed with different first bytes, so that
one cannot be presented as the other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Self

from shared.domain.errors import IntegrityError

HASH_LENGTH = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: just enough to append more entries.

    ``peaks`` are the roots of the perfect subtrees, one for each 1 in the binary size, the largest first.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size.bit_count() != len(self.peaks) or any(len(peak) != HASH_LENGTH for peak in self.peaks):
            raise IntegrityError(f"not the frontier of a tree of {self.size} entries")

    def extended(self, leaves: Iterable[bytes]) -> "Frontier":
        """The frontier after these leaf hashes. The cost depends only on the number of new leaves."""
        levels = [level for level in range(self.size.bit_length()) if self.size >> level & 1]
        peaks = dict(zip(levels, reversed(self.peaks), strict=True))
        carried, level = list(leaves), 0
        size = self.size + len(carried)
        while carried:
            if level in peaks:
                carried.insert(0, peaks.pop(level))
            if len(carried) % 2:
                peaks[level] = carried.pop()
            carried = [
                sha256(b"\x01" + left + right).digest()
                for left, right in zip(carried[::2], carried[1::2], strict=True)
            ]
            level += 1
        return Frontier(size, tuple(peaks[at] for at in sorted(peaks, reverse=True)))

    def root(self) -> bytes:
        if not self.peaks:
            return EMPTY_ROOT
        root = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            root = node_hash(peak, root)
        return root

    def as_json(self) -> dict[str, Any]:
        return {"peaks": [peak.hex() for peak in self.peaks], "size": self.size}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Self:
        return cls(int(value["size"]), tuple(bytes.fromhex(peak) for peak in value["peaks"]))


class Tree:
    """All perfect subtrees of a list of leaf hashes, to make many proofs (about 64 bytes a leaf)."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.size = len(leaves)
        level = list(leaves)
        self._levels: list[bytes] = []
        while level:
            self._levels.append(b"".join(level))
            level = [node_hash(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]

    def find(self, leaf: bytes) -> int | None:
        """The index of this leaf hash, or None."""
        at = self._levels[0].find(leaf) if self._levels else -1
        while at % HASH_LENGTH and at >= 0:
            at = self._levels[0].find(leaf, at + 1)
        return None if at < 0 else at // HASH_LENGTH

    def root(self, size: int | None = None) -> bytes:
        """The root of the first ``size`` entries (2.1.1), or of all entries."""
        size = self.size if size is None else self._bounded(size)
        return self._hash(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """The audit path of the entry at ``index`` in the tree of ``size`` entries (2.1.3.1)."""
        size = self.size if size is None else self._bounded(size)
        if not 0 <= index < size:
            raise IntegrityError(f"no entry {index} in a tree of {size}")
        start, end, path = 0, size, list[bytes]()
        while end - start > 1:
            middle = start + _split(end - start)
            if index < middle:
                path.append(self._hash(middle, end))
                end = middle
            else:
                path.append(self._hash(start, middle))
                start = middle
        return path[::-1]

    def consistency_proof(self, old: int, new: int | None = None) -> list[bytes]:
        """The proof that the first ``old`` entries are unchanged in the tree of ``new`` entries (2.1.4.1)."""
        new = self.size if new is None else self._bounded(new)
        if not 0 < old <= new:
            raise IntegrityError(f"a tree cannot grow from {old} to {new} entries")
        start, end, whole, path = 0, new, True, list[bytes]()
        while old < end:
            middle = start + _split(end - start)
            if old <= middle:
                path.append(self._hash(middle, end))
                end = middle
            else:
                path.append(self._hash(start, middle))
                start, whole = middle, False
        if not whole:
            path.append(self._hash(start, end))
        return path[::-1]

    def _bounded(self, size: int) -> int:
        if not 0 <= size <= self.size:
            raise IntegrityError(f"the tree has {self.size} entries, not {size}")
        return size

    def _hash(self, start: int, end: int) -> bytes:
        width = end - start
        if width & (width - 1) == 0 and start % width == 0:
            at = start // width * HASH_LENGTH
            return self._levels[width.bit_length() - 1][at : at + HASH_LENGTH]
        middle = start + _split(width)
        return node_hash(self._hash(start, middle), self._hash(middle, end))


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """IntegrityError unless the leaf hash is at ``index`` in the tree with this root (2.1.3.2)."""
    if not 0 <= index < size:
        raise IntegrityError(f"no entry {index} in a tree of {size}")
    position, last, reached = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise IntegrityError("the inclusion proof is too long")
        if position & 1 or position == last:
            reached = node_hash(sibling, reached)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            reached = node_hash(reached, sibling)
        position, last = position >> 1, last >> 1
    if last or reached != root:
        raise IntegrityError(f"entry {index} is not in the tree of {size} with that root")


def verify_consistency(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """IntegrityError unless the tree of the new root begins with the tree of the old root (2.1.4.2)."""
    if not 0 < old <= new:
        raise IntegrityError(f"a tree cannot grow from {old} to {new} entries")
    if old == new:
        if path or old_root != new_root:
            raise IntegrityError(f"two different trees of {old} entries")
        return
    steps = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not steps:
        raise IntegrityError("the consistency proof is empty")
    position, last = old - 1, new - 1
    while position & 1:
        position, last = position >> 1, last >> 1
    reached_old = reached_new = steps[0]
    for sibling in steps[1:]:
        if last == 0:
            raise IntegrityError("the consistency proof is too long")
        if position & 1 or position == last:
            reached_old, reached_new = node_hash(sibling, reached_old), node_hash(sibling, reached_new)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            reached_new = node_hash(reached_new, sibling)
        position, last = position >> 1, last >> 1
    if last or reached_old != old_root or reached_new != new_root:
        raise IntegrityError(f"the tree of {new} entries does not begin with that of {old}")


def _split(width: int) -> int:
    """The largest power of two smaller than ``width``."""
    return 1 << (width - 1).bit_length() - 1
