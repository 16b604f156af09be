"""Trees, as RFC 9162 defines them: by halves."""

from hashlib import sha256


def leaf(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def _half(size: int) -> int:
    return int(1 << ((size - 1).bit_length() - 1))


def root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = _half(len(leaves))
    return node(root(leaves[:half]), root(leaves[half:]))


def root_by_inclusion(leaf_hash: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root to which the path leads; ValueError where it is too short or too long."""
    if not 0 <= index < size:
        raise ValueError("outside")
    if size == 1:
        if path:
            raise ValueError("too long")
        return leaf_hash
    if not path:
        raise ValueError("too short")
    half = _half(size)
    if index < half:
        return node(root_by_inclusion(leaf_hash, index, half, path[:-1]), path[-1])
    return node(path[-1], root_by_inclusion(leaf_hash, index - half, size - half, path[:-1]))


def roots_by_consistency(old: int, new: int, path: list[bytes], old_root: bytes) -> tuple[bytes, bytes]:
    """The old and the new root to which the path leads."""
    if not 0 < old < new:
        raise ValueError("no growth")
    rest = list(path)
    whole = old & (old - 1) == 0

    def walk(m: int, n: int, known: bool) -> tuple[bytes, bytes]:
        if m == n:
            if known:
                return old_root, old_root
            if not rest:
                raise ValueError("too short")
            first = rest.pop(0)
            return first, first
        half = _half(n)
        if m <= half:
            inner = walk(m, half, known)
            if not rest:
                raise ValueError("too short")
            return inner[0], node(inner[1], rest.pop(0))
        inner = walk(m - half, n - half, False)
        if not rest:
            raise ValueError("too short")
        left = rest.pop(0)
        return node(left, inner[0]), node(left, inner[1])

    reached = walk(old, new, whole)
    if rest:
        raise ValueError("too long")
    return reached
