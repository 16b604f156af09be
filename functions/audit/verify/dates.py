"""Compares the record's times with what else tells the time (R61, R62)."""

import re
from datetime import timedelta
from typing import Final

from .chains import CLOCK_SKEW
from .forms import Checkpoint, Event, moment
from .reading import Reading

_AHEAD: Final = timedelta(days=1)
"""A reader's clock may stand in another time zone."""
_STAMPED: Final = re.compile(rb"\x18[\x0f-\x20](\d{14})(?:\.\d{1,9})?Z")


def check_dates(reading: Reading, now: str | None) -> None:
    """``now`` is the time by the reader's clock; None for a reader without one."""
    for event in reading.anchorings:
        _check_anchoring(reading, event)
    if now is None:
        return
    dated = [(point.place, point.time) for point in reading.points[-1:]]
    dated += [(event.place, event.recorded_at) for event in reading.placed if event.index is None]
    for place, time in dated:
        if time > now and moment(time) - moment(now) > _AHEAD:
            reading.warn(place, f"is dated {time}, but by the clock of this machine it is {now}")


def check_stamped_time(reading: Reading, name: str, token: bytes, digest: bytes, point: Checkpoint) -> None:
    """The authority did not see the checkpoint long before the time that the checkpoint gives."""
    found = _STAMPED.search(token, token.find(digest))
    if found is None:
        return
    text = found[1].decode()
    day, time = f"{text[:4]}-{text[4:6]}-{text[6:8]}", f"{text[8:10]}:{text[10:12]}:{text[12:]}"
    try:
        stamped = moment(f"{day}T{time}.000Z")
    except ValueError:
        reading.tampered(name, "has no valid time")
        return
    if moment(point.time) - stamped > timedelta(hours=1):
        what = f"was stamped on {day} at {time}, but {point.place} is dated {point.time}"
        reading.warn(name, what)


def _check_anchoring(reading: Reading, event: Event) -> None:
    """A checkpoint that was sent to others is one of this ledger, and was signed before it was sent."""
    data = event.value["data"]
    point = next((point for point in reading.points if point.number == data["number"]), None)
    if point is None:
        if reading.points and event.index is not None and data["number"] > reading.points[-1].number:
            what = f"says that checkpoint {data['number']} was sent, which did not exist yet"
            reading.tampered(event.place, what)
        return
    if (point.size, point.digest) != (data["size"], data["checkpoint"]):
        reading.tampered(event.place, f"says that another checkpoint {point.number} was sent to others")
    elif event.occurred_at < point.time and moment(point.time) - moment(event.occurred_at) > CLOCK_SKEW:
        what = f"says that checkpoint {point.number} was sent at {event.occurred_at}, before it was signed"
        reading.tampered(event.place, what)
