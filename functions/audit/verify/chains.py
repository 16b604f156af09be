"""Events in the chains of their subjects."""

from datetime import timedelta
from typing import Final

from .case_rules import NOT_JUDGED, CaseRules
from .events import parse_event
from .forms import ZEROS, Checkpoint, Event, digest, moment
from .reading import Reading

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
    subject, sequence = event.subject, event.sequence
    last, before, time = reading.chains.get(subject, (0, ZEROS, ""))
    whole = sequence == last + 1
    if not whole:
        _misplaced(reading, event, last)
    elif event.previous != before:
        what = f"event {last} of {subject}" if last else "nothing"
        reading.tampered(event.place, f"{what} stands before it, and is not what it names as `previous`")
    recorded, occurred = event.recorded_at, event.occurred_at
    if recorded < time and moment(time) - moment(recorded) > CLOCK_SKEW:
        reading.tampered(event.place, f"was recorded at {recorded}, before its predecessor")
    if recorded > occurred and moment(recorded) - moment(occurred) > LATE:
        reading.remark(event.place, f"is a late entry: of {occurred}, recorded {recorded}")
    reading.chains[subject] = (sequence, digest(event.data), recorded if recorded > time else time)
    if subject.startswith("case/"):
        _follow(reading, event, whole)


def _follow(reading: Reading, event: Event, whole: bool) -> None:
    subject = event.subject
    rules = reading.rules[subject] if subject in reading.rules else CaseRules()
    if not whole:
        rules = None
    reading.rules[subject] = rules
    if rules is None or (event.tag in NOT_JUDGED and event.sequence > 1):
        return
    for fault in rules.faults(event.step):
        reading.tampered(event.place, fault)


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
    recorded = event.recorded_at
    if recorded > point.time:
        what = f"was recorded at {recorded}, after checkpoint {point.number} had sealed it"
        reading.tampered(event.place, what)
