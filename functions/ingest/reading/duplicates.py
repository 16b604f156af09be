"""Which ids were seen before, exactly, in memory that hardly grows for five million of them.

Exports come sorted, or nearly. Ids that ascend are kept as compressed runs, some bytes each; an id that is
out of order is looked for in the one run where it would stand, and kept apart. Where most are out of order,
all are kept in buckets of plain text, some twenty bytes each.
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
    """Ids by group (such as a period); each group's are told apart from the others'."""

    def __init__(self) -> None:
        self._groups: dict[str, _SeenIds] = {}

    def repeated(self, ids: Sequence[str], groups: Sequence[str]) -> list[int]:
        """Take the ids in, in order; the positions of those that their group had already."""
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
    """The ids of one group. No id is empty, and none holds a line feed."""

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
                # All that ascend are taken at once, up to the next that is not below the one after it.
                runs.open.extend(ids[position:fall])
                last = runs.last = ids[fall - 1]
                position = fall
                continue
            # An id that is above the one after it is the one out of order, and must not end the run.
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
    """Ascending ids: the latest as they are in ``open``, the earlier ones packed."""

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
    """96 bits for a long id, as letters: of five million ids, two would share one in 10^15 files.

    No id begins with a tab, so none is taken for a digest.
    """
    number = int.from_bytes(blake2b(key.encode(), digest_size=12).digest(), "big")
    return "\t" + "".join([chr(0x80 + (number >> shift & 0x7F)) for shift in range(0, 96, 7)])
