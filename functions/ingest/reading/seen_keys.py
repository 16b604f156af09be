"""Finds ids that were seen before, exactly, and in little memory for five million of them.

Most exports are sorted, or nearly so. Ascending ids are kept as compressed runs, a few bytes each. An id
that is out of order is looked up in the one run that could hold it, and kept apart. Where more than a fifth
are out of order, all ids are kept in buckets of plain text, about twenty bytes each.
"""

import zlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from itertools import chain, compress, islice
from operator import ge

_RUN = 2_048
_FEW = 20_000
_BUCKETS = 1 << 18
_LONGEST_KEPT = 16


class SeenKeys:
    """The ids seen in each group, such as a period. The same id may be in several groups."""

    def __init__(self) -> None:
        self._groups: dict[str, _SeenIds] = {}

    def repeated(self, ids: Sequence[str], groups: Sequence[str]) -> list[int]:
        """Record the ids in order; return the positions of those that their group had already."""
        if not ids:
            return []
        main = groups[0]
        if groups.count(main) == len(groups):
            return self._group(main).repeated(ids)
        places: dict[str, list[int]] = {}
        for position, group in enumerate(groups):
            if group is not main:
                places.setdefault(group, []).append(position)
        aside = sorted(chain.from_iterable(places[group] for group in places if group != main))
        again: list[int] = []
        rest = [*ids]
        for position in reversed(aside):
            del rest[position]
        moved = [index - place for place, index in enumerate(aside)]
        again += [place + bisect_right(moved, place) for place in self._group(main).repeated(rest)]
        for group, positions in places.items():
            if group != main:
                repeated = self._group(group).repeated([ids[position] for position in positions])
                again += [positions[place] for place in repeated]
        return sorted(again)

    def _group(self, name: str) -> "_SeenIds":
        group = self._groups.get(name)
        if group is None:
            group = self._groups[name] = _SeenIds()
        return group


class _SeenIds:
    """The ids of one group. Ids are not empty and hold no line feed."""

    def __init__(self) -> None:
        self._runs = _Runs()
        self._others: set[str] = set()
        self._above: set[str] = set()
        self._buckets: _Buckets | None = None
        self._taken = 0

    def repeated(self, ids: Sequence[str]) -> list[int]:
        if self._buckets is not None:
            return self._buckets.repeated(ids)
        again = self._take(ids) if ids else []
        self._taken += len(ids)
        if len(self._others) > max(_FEW, self._taken // 5):
            self._buckets = _Buckets()
            self._buckets.repeated(self._others)
            self._buckets.repeated(self._runs.ids())
            self._runs, self._others = _Runs(), set()
        return again

    def _take(self, ids: Sequence[str]) -> list[int]:
        runs, others, above = self._runs, self._others, self._above
        last, again = runs.last, []
        count, position = len(ids), 0
        falls = compress(range(count), map(ge, ids, islice(ids, 1, None)))
        fall = next(falls, count)
        while position < count:
            key = ids[position]
            if position < fall and key > last and not above:
                # Take all ascending ids at once, up to the next that is not below its successor.
                runs.open.extend(ids[position:fall])
                last = runs.last = ids[fall - 1]
                position = fall
                continue
            # An id above its successor is the one out of order, and must not end the run.
            if last < key <= (ids[position + 1] if position + 1 < count else key):
                if above and key in above:
                    again.append(position)
                else:
                    runs.open.append(key)
                    last = runs.last = key
            elif key in others or key in runs:
                again.append(position)
            else:
                others.add(key)
                if key > last:
                    above.add(key)
            if position == fall:
                fall = next(falls, count)
            position += 1
        if above:
            above -= {key for key in above if key <= last}
        runs.pack()
        return again


class _Runs:
    """Ascending ids: the latest in ``open``, the earlier ones compressed."""

    def __init__(self) -> None:
        self.last = ""
        self.open: list[str] = []
        self._starts: list[str] = []
        self._packed: list[bytes] = []
        self._unpacked: tuple[int, frozenset[str]] = (-1, frozenset())

    def pack(self) -> None:
        while len(self.open) >= 2 * _RUN:
            self._starts.append(self.open[0])
            self._packed.append(zlib.compress("\n".join(self.open[:_RUN]).encode(), 1))
            del self.open[:_RUN]

    def __contains__(self, key: str) -> bool:
        if key > self.last:
            return False
        if self.open and key >= self.open[0]:
            return self.open[bisect_right(self.open, key) - 1] == key
        run = bisect_right(self._starts, key) - 1
        if run < 0:
            return False
        if self._unpacked[0] != run:
            self._unpacked = (run, frozenset(self._unpack(run)))
        return key in self._unpacked[1]

    def _unpack(self, run: int) -> list[str]:
        return zlib.decompress(self._packed[run]).decode().split("\n")

    def ids(self) -> Iterable[str]:
        for run in range(len(self._packed)):
            yield from self._unpack(run)
        yield from self.open


class _Buckets:
    """Ids in any order, as text in a fixed number of buckets."""

    def __init__(self) -> None:
        self._buckets = [""] * _BUCKETS

    def repeated(self, ids: Iterable[str]) -> list[int]:
        buckets, last_bucket = self._buckets, _BUCKETS - 1
        again: list[int] = []
        for position, key in enumerate(ids):
            kept = key if len(key) <= _LONGEST_KEPT and key.isascii() else _digest(key)
            index = hash(kept) & last_bucket
            bucket = buckets[index]
            if kept in bucket and f"\n{kept}\n" in bucket:
                again.append(position)
            else:
                buckets[index] = f"{bucket}{kept}\n" if bucket else f"\n{kept}\n"
        return again


def _digest(key: str) -> str:
    """A digest of 96 bits for a long id, as letters. Two of five million ids collide in one of 10^15 files.

    Ids do not begin with a tab, so none looks like a digest.
    """
    number = int.from_bytes(blake2b(key.encode(), digest_size=12).digest(), "big")
    return "\t" + "".join([chr(0x80 + (number >> shift & 0x7F)) for shift in range(0, 96, 7)])
