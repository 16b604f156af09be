"""Checks a bundle of a period: its evaluations, and each case bundle in it (R7, R11)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from .chains import read_event_file
from .commitments import EvaluationRules
from .files import Files
from .forms import ZEROS, Event, digest
from .one_case import check_growth, check_place
from .reading import Reading
from .report import Report

CASES: Final = "cases/"


@dataclass(frozen=True, slots=True)
class Folder:
    """The files under one folder of a bundle, as a bundle of their own."""

    files: Files
    prefix: str

    def names(self) -> list[str]:
        start = len(self.prefix)
        return [name[start:] for name in self.files.names() if name.startswith(self.prefix)]

    def read(self, name: str) -> bytes:
        return self.files.read(self.prefix + name)

    def faults(self) -> list[tuple[str, str]]:
        return []  # reported with the bundle of the period


def check_one_period(reading: Reading, check: Callable[[Files], Report]) -> None:
    """Check the period. ``check`` is the whole check of a bundle, which each case goes through."""
    evaluations = []
    for name in reading.under("events/"):
        match = re.fullmatch(r"events/(\d{12})\.json", name)
        event = read_event_file(reading, name, int(match[1]) if match else None)
        if event is None:
            continue
        check_place(reading, event)
        if str(event.value["subject"]).startswith("evaluation/"):
            evaluations.append(event)
        elif (event.value["tag"], event.value["subject"]) != ("key:rotated", "system"):
            reading.tampered(
                name, f"belongs to {event.value['subject']}, which has no place in a bundle of a period"
            )
    for name in reading.under("proofs/"):
        if f"events/{name[7:]}" not in reading.names:
            reading.incomplete(f"events/{name[7:]}", "has a proof of its place, but is not there itself")
    _check_evaluations(reading, evaluations)
    check_growth(reading)
    cases = sorted({name.split("/")[1] for name in reading.under(CASES)})
    _count_cases(reading, evaluations, len(cases))
    for case in cases:
        _check_case(reading, case, check)


def _count_cases(reading: Reading, events: list[Event], cases: int) -> None:
    """The evaluations that open cases say for how many reps (R66)."""
    opening = {
        event.subject
        for event in events
        if event.tag == "evaluation:started" and event.value["data"]["opens_cases"]
    }
    flagged = sum(
        event.value["data"]["outcomes"].get("open_case", 0)
        for event in events
        if event.tag == "evaluation:completed" and event.subject in opening
    )
    if flagged > 0 and not cases:
        what = f"the evaluations found that a case is due for {flagged} reps, but no case is there"
        reading.incomplete(CASES, what)
    elif flagged > cases:
        what = f"a case was due for {flagged} reps, and {cases} cases are there: the others had none opened"
        reading.warn(CASES, f"{what}, or are left out")


def _check_evaluations(reading: Reading, events: list[Event]) -> None:
    """Every evaluation is of this period, and its events are complete from the first one on."""
    if not events:
        reading.incomplete("events/", f"no evaluation of {reading.report.subject or 'a period'} is there")
    events.sort(key=lambda event: (event.value["subject"], event.value["sequence"]))
    for subject, chain in groupby(events, key=lambda event: str(event.value["subject"])):
        reached, before, rules = 0, ZEROS, EvaluationRules()
        for event in chain:
            for fault in rules.faults(event.value):
                reading.tampered(event.place, fault)
            sequence = event.value["sequence"]
            if sequence != reached + 1:
                reading.incomplete(event.place, f"event {reached + 1} of {subject} is not there before it")
            elif event.value["previous"] != before:
                reading.tampered(event.place, f"does not follow event {reached} of {subject}")
            period = event.value["data"].get("period")
            if reading.report.subject and f"period/{period}" != reading.report.subject:
                reading.tampered(event.place, f"is about {period}, not about {reading.report.subject}")
            reached, before = sequence, digest(event.data)


def _check_case(reading: Reading, case: str, check: Callable[[Files], Report]) -> None:
    """Check the bundle of the case, and that its checkpoints are those of the period."""
    prefix = f"{CASES}{case}/"
    found = check(Folder(reading.files, prefix))
    report = reading.report
    report.events += found.events
    report.recomputed += found.recomputed
    report.opened += found.opened
    report.sealed += found.sealed
    report.erased += found.erased
    report.requirements += [replace(each, where=f"{case}, {each.where}") for each in found.requirements]
    report.not_judged += [f"{case}: {why}" for why in found.not_judged]
    for finding, more in found.found.ranked():
        report.add(finding.verdict, prefix + finding.where, finding.what, 1 + more)
    if found.kind != "case" or found.subject != f"case/{case}":
        reading.tampered(
            f"{prefix}manifest.json", f"is about {found.subject or 'nothing'}, not about case/{case}"
        )
    for name in reading.under(f"{prefix}checkpoints/"):
        whole = name.removeprefix(prefix)
        if whole not in reading.names or reading.read(name) != reading.read(whole):
            reading.tampered(name, "is not a checkpoint of the bundle of the period")
    if reading.points and prefix + reading.points[-1].place not in reading.names:
        reading.incomplete(prefix + reading.points[-1].place, "the checkpoint over all cases is not there")
