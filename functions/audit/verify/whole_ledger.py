"""Checks a bundle of the whole ledger: every segment under every checkpoint (R5, R6, R11, R12)."""

import re
from collections.abc import Iterator
from typing import Final

from .chains import link, not_backdated, read_event, sealed_in_time
from .findings import Verdict
from .forms import Checkpoint
from .reading import Reading
from .trees import GrowingTree, leaf_hashes

MOST_LINES: Final = 1_000_000
"""A segment of line feeds alone would otherwise fill the memory."""


def check_whole_ledger(reading: Reading) -> None:
    roots = _Roots(reading)
    for name, first, events in _segments(reading):
        roots.begin(name, first)
        at = 0
        while at < len(events):  # in runs that end at a checkpoint, so that its root is compared there
            run = events[at : at + roots.room(len(events))]
            for offset, data in enumerate(run, at):
                event = read_event(reading, data, name, offset + 1, first + offset)
                if event is not None:
                    link(reading, event)
                    if roots.point is not None:
                        sealed_in_time(reading, event, roots.point)
                    if event.recorded_at < roots.passed and roots.last is not None:
                        not_backdated(reading, event, roots.last)
            roots.add(run)
            at += len(run)
    roots.end()


class _Roots:
    """Compares the root of all events so far with each checkpoint, up to the first fault."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._points = iter(reading.points)
        self._tree = GrowingTree()
        self._leaves: list[bytes] = []
        self._index = 0
        self._since = 0
        self._sound = True
        self.point: Checkpoint | None = next(self._points, None)
        self.last: Checkpoint | None = None
        """The last checkpoint that does not cover the next event, and its time."""
        self.passed = ""
        self._pass_points()

    def begin(self, name: str, first: int) -> None:
        if first > self._index:
            what = f"the events with index {self._index} to {first - 1}, before this file's, are not there"
            self._reading.incomplete(name, what)
            self._reading.segments_missing = True
            self._sound = False
        self._index = max(first, self._index)
        self._pass_points()

    def room(self, count: int) -> int:
        """How many of ``count`` events come before the next checkpoint."""
        return count if self.point is None else min(count, self.point.size - self._index)

    def add(self, events: list[bytes]) -> None:
        """Add events, at most up to the next checkpoint."""
        self._leaves += leaf_hashes(events)
        self._index += len(events)
        self._pass_points()

    def end(self) -> None:
        if self.point is not None and self._sound:
            what = f"covers {self.point.size} events, but only {self._index} are there: the end is cut off"
            self._reading.incomplete(self.point.place, what)
        size = self._reading.report.sealed_size
        if self._reading.points and size == 0:
            what = "no checkpoint covers any event, so the ledger proves nothing"
            self._reading.incomplete("ledger/checkpoints/", what)
        if self._reading.points and self._index > size:
            what = "no checkpoint here covers these events"
            self._reading.report.add(Verdict.UNANCHORED, f"index {size} to {self._index - 1}", what)

    def _pass_points(self) -> None:
        while self.point is not None and self.point.size <= self._index:
            self._tree.append(self._leaves)
            self._leaves = []
            if self._sound and self._tree.root() != self.point.root:
                what = f"among the events with index {self._since} to {self.point.size - 1}"
                self._reading.tampered(
                    self.point.place,
                    f"its root is wrong: {what} something was changed, added, left out or moved",
                )
                self._sound = False
            self._since = self.point.size
            self.last, self.passed = self.point, self.point.time
            self.point = next(self._points, None)


def _segments(reading: Reading) -> Iterator[tuple[str, int, list[bytes]]]:
    reached = 0
    for name in reading.under("ledger/segments/"):
        match = re.search(r"(\d{12})-(\d{12})\.jsonl$", name)
        data = reading.read(name)
        if data is None or match is None:
            continue
        first, last = int(match[1]), int(match[2])
        if data.count(b"\n") > MOST_LINES:
            reading.tampered(name, "has more lines than any segment")
            continue
        events = data.split(b"\n")
        if events.pop():
            reading.tampered(name, "its last line is incomplete")
        if len(events) != last - first + 1:
            reading.tampered(name, f"has {len(events)} events, but its name says {last - first + 1}")
        if not events or last < first:
            reading.tampered(name, "has no event")
        if first < reached:
            reading.tampered(name, f"begins at index {first}, which an earlier segment already has")
        reached = last + 1
        yield name, first, events
