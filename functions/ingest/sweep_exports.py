"""Find exports whose event was lost and batches whose evaluation stopped, and start the workflow for each."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.arrival_ports import Arrivals, Dropped, ExportFlow, ExportList
from shared.domain.identifiers import derived_id
from shared.ports import Clock

QUIET: Final = timedelta(minutes=2)
"""How long S3's event may take before the sweep treats it as lost."""
OVERDUE: Final = timedelta(minutes=15)
"""How long after its drop an accepted batch should have been evaluated."""
LOOKS_BACK: Final = timedelta(days=35)
"""Older exports are not looked up, so that a sweep costs only as much as the recent drops."""
PAGES: Final = 50
"""Pages of 1,000 object versions that one sweep reads. The next sweep continues from there.

A sweep runs every five minutes and covers 50,000 versions. With up to 100,000 versions under ``incoming/`` a
lost export is found within 15 minutes; each further 50,000 versions add five minutes.
"""


@dataclass(frozen=True, slots=True)
class Sweeping:
    """The dependencies of a sweep. ``clock`` is real time, because S3 stamps objects with real time."""

    exports: ExportList
    arrivals: Arrivals
    flow: ExportFlow
    clock: Clock


@dataclass(frozen=True, slots=True)
class Swept:
    """Counts: versions listed, lost exports started, unfinished batches started again."""

    listed: int
    found: int
    resumed: int


def sweep_exports(sweeping: Sweeping) -> Swept:
    """Run one sweep. Starting an export that is already being read is harmless: it is received once.

    Each retry of an export waits until its age has doubled, so an export that always fails costs little.
    """
    now = sweeping.clock.now()
    listed = found = 0
    place = sweeping.arrivals.place()
    for _ in range(PAGES):
        page = sweeping.exports.page(place)
        listed += len(page.dropped)
        quiet = [each for each in page.dropped if QUIET <= now - each.dropped_at <= LOOKS_BACK]
        found += sum(_start(each, now, sweeping.flow) for each in sweeping.arrivals.unknown(quiet))
        place = page.next
        if place is None:
            break
    sweeping.arrivals.keep_place(place)
    return Swept(listed, found, _resume(now, sweeping))


def _start(lost: Dropped, now: datetime, flow: ExportFlow) -> bool:
    attempt = _attempt(now - lost.dropped_at, QUIET)
    name = derived_id("swept", lost.key, lost.object_version or "", attempt)
    return flow.start(name, lost.key, lost.object_version)


def _resume(now: datetime, sweeping: Sweeping) -> int:
    resumed = 0
    for batch in sweeping.arrivals.unsettled():
        age = now - batch.dropped_at
        if age < OVERDUE:
            break  # the rest was dropped later
        name = derived_id("resumed", batch.id, _attempt(age, OVERDUE))
        resumed += sweeping.flow.start(name, batch.key, batch.object_version)
    return resumed


def _attempt(age: timedelta, first: timedelta) -> str:
    """1 from the first age, 2 from twice that age, 3 from four times: one execution for each number."""
    return str((age // first).bit_length())
