"""Runs every check that a bundle allows."""

from .chains import link, not_backdated, read_event_file
from .checkpoints import check_anchor, check_succession, check_told_key, read_checkpoints, read_keys
from .dates import check_dates
from .files import Files
from .findings import Verdict
from .judging import judge_case
from .one_case import check_case_files, check_one_case
from .one_period import check_one_period
from .reading import Reading
from .reading_aids import check_reading_aids
from .report import Report
from .time_stamps import check_time_stamps
from .whole_ledger import check_whole_ledger


def verify(
    files: Files, anchor: bytes | None = None, key: str | None = None, now: str | None = None
) -> Report:
    """Check the bundle against every rule that it allows to be checked.

    ``anchor`` is a checkpoint file that the reader received by another route. ``key`` is the name of the key
    that must have signed the first checkpoint. ``now`` is the time by the reader's clock, in the ledger's
    form. Raises ValueError if ``anchor`` is not a checkpoint.
    """
    reading = Reading(files)
    reading.read_manifest()
    read_keys(reading)
    if reading.report.kind == "ledger":
        read_checkpoints(reading, "ledger/checkpoints/")
        check_whole_ledger(reading)
        _check_unsealed(reading)
        check_time_stamps(reading)
    elif reading.report.kind == "period":
        read_checkpoints(reading, "checkpoints/")
        check_one_period(reading, verify)
    else:
        read_checkpoints(reading, "checkpoints/")
        check_one_case(reading)
        _check_unsealed(reading)
        check_case_files(reading)
    check_succession(reading)
    check_dates(reading, now)
    check_reading_aids(reading)
    reading.read_the_rest()
    if reading.report.kind != "period":  # there, each case counts its own
        reading.report.sealed = sum(reading.sealed_under.values()) - reading.report.opened
    if key is not None:
        check_told_key(reading, key)
    if anchor is not None:
        check_anchor(reading, anchor)
    if reading.report.kind == "case":
        judge_case(reading)
    return reading.report


def _check_unsealed(reading: Reading) -> None:
    """Events that were recorded, and that no checkpoint covers yet."""
    waiting = [
        event for name in reading.under("unsealed/") if (event := read_event_file(reading, name, None))
    ]
    waiting.sort(key=lambda event: (event.value["subject"], event.value["sequence"]))
    for event in waiting:
        subject = event.value["subject"]
        if reading.report.kind == "case" and subject != reading.report.subject:
            reading.tampered(event.place, f"belongs to {subject}, not to {reading.report.subject}")
            continue
        link(reading, event)
        reading.case_events.append(event)
        reading.placed.append(event)
        if reading.points:
            not_backdated(reading, event, reading.points[-1])
        reading.report.add(Verdict.UNANCHORED, event.place, "no checkpoint covers this event yet")
