"""Events in the chains of their subjects."""

from datetime import timedelta
from hashlib import sha256
from typing import Final

from .case_rules import NOT_JUDGED, CaseRules
from .events import parse_event
from .forms import Checkpoint, Event, moment
from .reading import Chain, Reading

LATE: Final = timedelta(hours=1)
CLOCK_SKEW: Final = timedelta(minutes=1)


def read_event(
    reading: Reading, data: bytes, file: str, line: int | None = None, index: int | None = None
) -> Event | None:
    """The event; None, and a finding, where the bytes are none."""
    try:
        event = parse_event(data, file, line, index)
    except ValueError as error:
        reading.tampered(file if line is None else f"{file}, line {line} (index {index})", str(error))
        return None
    reading.report.events += 1
    if event.key is not None:
        reading.sealed_under[event.key] += 1
    if event.tag == "subject:shredded":
        # Its key is gone from here on; what is sealed about the person later has another one.
        reading.report.erased += reading.sealed_under.pop(event.value["data"]["person"], 0)
    if event.tag == "key:rotated" and event.subject == "system":
        reading.rotations.append(event)
    return event


def read_event_file(reading: Reading, name: str, index: int | None) -> Event | None:
    data = reading.read(name)
    return None if data is None else read_event(reading, data, name, index=index)


def link(reading: Reading, event: Event) -> None:
    """The event in its subject's chain, and what can be said of it there."""
    subject, sequence, recorded = event.subject, event.sequence, event.recorded_at
    chain = reading.chains.get(subject)
    if chain is None:
        chain = reading.chains[subject] = Chain(CaseRules() if subject.startswith("case/") else None)
    if sequence != chain.last + 1:
        _misplaced(reading, event, chain.last)
        chain.rules = None
    elif event.previous != chain.digest:
        what = f"event {chain.last} of {subject}" if chain.last else "nothing"
        reading.tampered(event.place, f"{what} stands before it, and is not what it names as `previous`")
    if recorded < chain.time and moment(chain.time) - moment(recorded) > CLOCK_SKEW:
        reading.tampered(event.place, f"was recorded at {recorded}, before its predecessor")
    if recorded > event.occurred_at:
        _late(reading, event)
    chain.last, chain.digest = sequence, sha256(event.data).hexdigest()
    if recorded > chain.time:
        chain.time = recorded
    if chain.rules is not None and (event.tag not in NOT_JUDGED or sequence == 1):
        for fault in chain.rules.faults(event.step):
            reading.tampered(event.place, fault)


def _late(reading: Reading, event: Event) -> None:
    occurred, recorded = event.occurred_at, event.recorded_at
    within_the_hour = recorded[:13] == occurred[:13]  # which nearly all are, and then there is no sum to do
    if not within_the_hour and moment(recorded) - moment(occurred) > LATE:
        reading.remark(event.place, f"is a late entry: of {occurred}, recorded {recorded}")


def _misplaced(reading: Reading, event: Event, last: int) -> None:
    subject, sequence = event.subject, event.sequence
    if sequence > last + 1 and reading.segments_missing:
        return  # its predecessors may stand in the segment whose absence is reported
    if sequence > last + 1 and reading.report.kind == "case":
        reading.incomplete(event.place, f"event {last + 1} of {subject}, which comes before it, is not there")
        return
    what = f"event {sequence} of {subject} stands where event {last + 1} belongs"
    reading.tampered(event.place, f"{what}: one was left out, repeated or moved")


def sealed_in_time(reading: Reading, event: Event, point: Checkpoint) -> None:
    """An event is not younger than the checkpoint over it."""
    if event.recorded_at > point.time:
        what = f"was recorded at {event.recorded_at}, after checkpoint {point.number} had sealed it"
        reading.tampered(event.place, what)
