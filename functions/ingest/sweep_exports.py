"""Find exports that no event announced, and batches whose evaluation was cut short, and start them again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from shared.arrival_ports import Arrivals, Dropped, ExportFlow, ExportList
from shared.domain.identifiers import derived_id
from shared.ports import Clock

QUIET: Final = timedelta(minutes=2)
"""How long an event may be under way before its export counts as forgotten."""
OVERDUE: Final = timedelta(minutes=15)
"""How long after its drop a batch that was accepted should have been evaluated."""
LOOKS_BACK: Final = timedelta(days=35)
"""An export older than this is not looked up any more, so that a sweep costs what came lately."""
PAGES: Final = 50
"""Pages of 1,000 that one sweep reads; the next one goes on where it stopped.

Three sweeps in a quarter of an hour: what is forgotten is found within it while no more than 100,000 versions
lie under ``incoming/``; beyond that it takes five minutes longer for each further 50,000.
"""


@dataclass(frozen=True, slots=True)
class Sweeping:
    """What a sweep works with. ``clock`` is the world's, since the bucket knows no other."""

    exports: ExportList
    arrivals: Arrivals
    flow: ExportFlow
    clock: Clock


@dataclass(frozen=True, slots=True)
class Swept:
    """How many versions were listed, forgotten exports started, and cut-short batches started again."""

    listed: int
    found: int
    resumed: int


def sweep_exports(sweeping: Sweeping) -> Swept:
    """One sweep. What it starts is harmless where something runs already: the same export is read once.

    Tries for one export come at twice the age of the one before, so what always fails is not tried for ever
    at the pace of the sweeps.
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
            break  # those behind it were dropped later
        name = derived_id("resumed", batch.id, _attempt(age, OVERDUE))
        resumed += sweeping.flow.start(name, batch.key, batch.object_version)
    return resumed


def _attempt(age: timedelta, first: timedelta) -> str:
    """0 from the first age on, 1 from its double, 2 from its fourfold: one execution each."""
    return str((age // first).bit_length())
