"""Links events into the chains of their subjects, and checks each chain (R6, R8, R13)."""

from datetime import timedelta
from hashlib import sha256
from typing import Final

from .case_rules import UNRESTRICTED, CaseRules
from .commitments import BatchRules, EvaluationRules
from .events import parse_event
from .forms import Checkpoint, Event, moment
from .reading import Chain, Reading, SubjectRules

LATE: Final = timedelta(hours=1)
"""The sealing function runs every minute, so an event waits for a checkpoint much shorter than this."""
CLOCK_SKEW: Final = timedelta(minutes=1)


def read_event(
    reading: Reading, data: bytes, file: str, line: int | None = None, index: int | None = None
) -> Event | None:
    """The event; None and a finding if the bytes are not an event."""
    try:
        event = parse_event(data, file, line, index)
    except ValueError as error:
        reading.tampered(file if line is None else f"{file}, line {line} (index {index})", str(error))
        return None
    reading.report.events += 1
    if event.occurred_at > event.recorded_at and _apart(event) > CLOCK_SKEW:
        what = f"happened at {event.occurred_at}, after it was recorded at {event.recorded_at}"
        reading.tampered(event.place, what)
    if event.key is not None:
        reading.sealed_under[event.key] += 1
    if event.tag == "subject:shredded":
        # The key is deleted from here on. Later private parts of this person have another key.
        reading.report.erased += reading.sealed_under.pop(event.value["data"]["person"], 0)
    if event.tag == "key:rotated" and event.subject == "system":
        reading.rotations.append(event)
    elif event.tag == "checkpoint:anchored":
        reading.anchorings.append(event)
    return event


def read_event_file(reading: Reading, name: str, index: int | None) -> Event | None:
    data = reading.read(name)
    return None if data is None else read_event(reading, data, name, index=index)


def link(reading: Reading, event: Event) -> None:
    """Add the event to the chain of its subject, and check it there."""
    subject, sequence, recorded = event.subject, event.sequence, event.recorded_at
    chain = reading.chains.get(subject)
    if chain is None:
        chain = reading.chains[subject] = Chain(_rules_of(subject))
    if sequence != chain.last + 1:
        _misplaced(reading, event, chain.last)
        chain.rules = None
    elif event.previous != chain.digest:
        what = f"event {chain.last} of {subject}" if chain.last else "nothing"
        reading.tampered(event.place, f"its `previous` does not name {what}, which stands before it")
    if recorded < chain.time and moment(chain.time) - moment(recorded) > CLOCK_SKEW:
        reading.tampered(event.place, f"was recorded at {recorded}, before its predecessor")
    if recorded > event.occurred_at:
        _late(reading, event)
    chain.last, chain.digest = sequence, sha256(event.data).hexdigest()
    if recorded > chain.time:
        chain.time = recorded
    if chain.rules is not None and (event.tag not in UNRESTRICTED or sequence == 1):
        for fault in chain.rules.faults(event.step):
            reading.tampered(event.place, fault)


def _rules_of(subject: str) -> SubjectRules | None:
    kind, _, name = subject.partition("/")
    if kind == "case":
        return CaseRules()
    if kind == "batch":
        return BatchRules(name)
    return EvaluationRules() if kind == "evaluation" else None


def _late(reading: Reading, event: Event) -> None:
    occurred, recorded = event.occurred_at, event.recorded_at
    within_the_hour = (
        recorded[:13] == occurred[:13]
    )  # true for nearly all events, and it avoids the subtraction below
    if not within_the_hour and moment(recorded) - moment(occurred) > LATE:
        reading.remark(
            event.place, f"is a late entry: it happened at {occurred} and was recorded at {recorded}"
        )


def _misplaced(reading: Reading, event: Event, last: int) -> None:
    subject, sequence = event.subject, event.sequence
    if sequence > last + 1 and reading.segments_missing:
        return  # its predecessors may be in the segment that is reported missing
    if sequence > last + 1 and reading.report.kind == "case":
        reading.incomplete(event.place, f"event {last + 1} of {subject}, which comes before it, is not there")
        return
    what = f"event {sequence} of {subject} stands where event {last + 1} belongs"
    reading.tampered(event.place, f"{what}: one was left out, repeated or moved")


def _apart(event: Event) -> timedelta:
    return moment(event.occurred_at) - moment(event.recorded_at)


def not_backdated(reading: Reading, event: Event, point: Checkpoint) -> None:
    """An event that this checkpoint does not cover was not recorded long before it (R58)."""
    if event.recorded_at < point.time and moment(point.time) - moment(event.recorded_at) > LATE:
        what = f"was recorded at {event.recorded_at}, but checkpoint {point.number} of {point.time}"
        reading.tampered(event.place, f"{what} does not cover it: it came later than it says")


def sealed_in_time(reading: Reading, event: Event, point: Checkpoint) -> None:
    """An event was recorded before the checkpoint over it was signed (R6)."""
    if event.recorded_at > point.time:
        what = f"was recorded at {event.recorded_at}, after checkpoint {point.number} had sealed it"
        reading.tampered(event.place, what)
