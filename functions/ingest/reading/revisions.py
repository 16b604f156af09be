"""Changes accepted and rejected rows at the end of a file, once all rows of a key are known."""

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Final

from functions.ingest.reading.codes import Fault, RowCode
from functions.ingest.reading.outcome import rejected_row

_ROWS_AT_ONCE: Final = 2_000
_LINE_NUMBER: Final = re.compile(rb'\{"line":([0-9]+)')
"""Matches only at the beginning of a row: quotes within a JSON text are escaped."""


class Revisions:
    """What changes at the end of a file, by the number of a row's line.

    ``duplicate`` and ``conflicting`` are rejected rows. ``withdrawn`` counts the conflicting rows that were
    accepted before, and ``added`` the rows whose amounts went into an earlier row.
    """

    def __init__(self) -> None:
        self.duplicate = array("Q")
        self.conflicting = array("Q")
        self.withdrawn = 0
        self.added = 0
        self._sums: dict[int, bytes] = {}
        self._changed = array("Q")

    def reject_as_duplicate(self, lines: Sequence[int]) -> None:
        self.duplicate.extend(lines)

    def reject_as_conflicting(self, lines: Sequence[int]) -> None:
        """All rows of a key, the accepted one first."""
        self.conflicting.extend(lines)
        self.withdrawn += 1
        self._changed.append(lines[0])

    def add_up(self, lines: Sequence[int], row: bytes) -> None:
        """Let ``row`` replace the accepted row, which is the first of ``lines``."""
        self.added += len(lines) - 1
        self._sums[lines[0]] = row
        self._changed.append(lines[0])

    def sort(self) -> None:
        self.duplicate = array("Q", sorted(self.duplicate))
        self.conflicting = array("Q", sorted(self.conflicting))
        self._changed = array("Q", sorted(self._changed))

    @property
    def changes_accepted(self) -> bool:
        return bool(self._changed)

    def accepted(self, chunk: bytes) -> bytes:
        """What becomes of accepted rows: whole lines in the file's order."""
        numbers = [*map(int, _LINE_NUMBER.findall(chunk))]
        if not numbers:
            return chunk
        start, stop = bisect_left(self._changed, numbers[0]), bisect_right(self._changed, numbers[-1])
        changed = set(numbers).intersection(self._changed[start:stop])
        if not changed:
            return chunk
        lines = chunk.splitlines(keepends=True)
        for number in changed:
            lines[bisect_left(numbers, number)] = self._sums.get(number, b"")
        return b"".join(lines)

    def rejected(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The rejected rows and the newly rejected ones, as chunks of lines in the file's order."""
        known = ((_number(line), line) for chunk in chunks for line in chunk.splitlines(keepends=True))
        rows = merge(
            known,
            _rejections(self.duplicate, RowCode.DUPLICATE),
            _rejections(self.conflicting, RowCode.CONFLICTING),
        )
        while lines := [line for _, line in islice(rows, _ROWS_AT_ONCE)]:
            yield b"".join(lines)


def _number(line: bytes) -> int:
    """The number with which a row's JSON begins."""
    start = line.index(b":") + 1
    return int(line[start : line.index(b",", start)])


def _rejections(numbers: Iterable[int], code: RowCode) -> Iterator[tuple[int, bytes]]:
    for number in numbers:
        yield number, rejected_row(number, [Fault(None, code, None)]) + b"\n"
