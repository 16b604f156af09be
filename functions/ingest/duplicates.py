"""Which keys were seen before, exactly, in memory that stays small for five million of them."""

from collections.abc import Iterable, Sequence
from hashlib import blake2b

_AS_A_SET = 100_000
"""Up to so many keys a set is the fastest, and costs some ten megabytes."""

_BUCKETS = 1 << 18
_LONGEST_KEPT = 16


def _short(key: str) -> str:
    """The key itself, or for a long one 128 bits that no two keys share unless somebody breaks BLAKE2."""
    if len(key) <= _LONGEST_KEPT and key.isascii():
        return key
    # No key begins with a tab, so no digest is ever taken for one.
    return "\t" + blake2b(key.encode(), digest_size=16).digest().hex()


class SeenKeys:
    """A set of keys that only grows."""

    def __init__(self) -> None:
        self._few: set[str] = set()
        self._buckets: list[str] | None = None

    def repeated(self, keys: Sequence[str]) -> list[int]:
        """Take the keys in, in order; the positions of those that had been taken in before."""
        if self._buckets is None:
            before = len(self._few)
            if self._few.isdisjoint(keys):
                self._few.update(keys)
                again = [] if len(self._few) == before + len(keys) else _second_times(keys, set())
            else:
                again = _second_times(keys, self._few)
                self._few.update(keys)
            if len(self._few) > _AS_A_SET:
                self._spread()
            return again
        return self._into_buckets(keys, self._buckets)

    def _spread(self) -> None:
        self._buckets = [""] * _BUCKETS
        self._into_buckets(self._few, self._buckets)
        self._few = set()

    @staticmethod
    def _into_buckets(keys: Iterable[str], buckets: list[str]) -> list[int]:
        again: list[int] = []
        for position, key in enumerate(keys):
            entry = f"\x1f{_short(key)}\x1f"
            index = hash(entry) % _BUCKETS
            bucket = buckets[index]
            if entry in bucket:
                again.append(position)
            else:
                buckets[index] = f"{bucket}{entry}"
        return again


def _second_times(keys: Sequence[str], seen: set[str]) -> list[int]:
    known = set(seen) if len(seen) < len(keys) else seen
    again: list[int] = []
    fresh: set[str] = set()
    for position, key in enumerate(keys):
        if key in known or key in fresh:
            again.append(position)
        else:
            fresh.add(key)
    return again
