"""Checks a bundle of one case: each event and the proof of its place (R5, R7, R11)."""

import re
from itertools import pairwise
from typing import Any

from .basis import ACCEPTED, is_batch
from .chains import link, not_backdated, read_event_file, sealed_in_time
from .commitments import BatchRules, completion_faults, row_faults
from .decision import check_decision, is_evaluation
from .forms import Event, canonical, digest, proof_path
from .policy_text import check_policy_text
from .reading import Reading
from .trees import grown, included, leaf_hash


def check_one_case(reading: Reading) -> None:
    events = []
    for name in reading.under("events/"):
        match = re.fullmatch(r"events/(\d{12})\.json", name)
        event = read_event_file(reading, name, int(match[1]) if match else None)
        if event is None:
            continue
        check_place(reading, event)
        if is_evaluation(event):
            if event.subject in reading.evaluations:
                reading.tampered(name, f"completes {event.subject} a second time")
            reading.evaluations[event.subject] = event
            continue
        if is_batch(event):
            if (event.subject, event.tag) in reading.batches:
                reading.tampered(name, f"is a second {event.tag} of {event.subject}")
            reading.batches[event.subject, event.tag] = event
            continue
        events.append(event)
        about = event.value["tag"], event.value["subject"]
        if about == ("key:rotated", "system"):
            continue
        # Without a manifest, whose absence is reported, the first event gives the subject of the bundle.
        reading.report.subject = reading.report.subject or about[1]
        if about[1] != reading.report.subject:
            reading.tampered(name, f"belongs to {about[1]}, not to {reading.report.subject}")
    for name in reading.under("proofs/"):
        if f"events/{name[7:]}" not in reading.names:
            reading.incomplete(f"events/{name[7:]}", "has a proof of its place, but is not there itself")
    reading.case_events = [event for event in events if event.value["subject"] == reading.report.subject]
    if not reading.case_events:
        reading.incomplete("events/", f"no event of {reading.report.subject or 'the case'} is there")
    for event in reading.case_events:
        link(reading, event)
    _check_commitments(reading)
    check_growth(reading)


def _check_commitments(reading: Reading) -> None:
    """The events of evaluations and batches, of whose chains a case bundle has only these (R59, R60)."""
    for event in reading.evaluations.values():
        for fault in completion_faults(event.value):
            reading.tampered(event.place, fault)
    for (subject, tag), event in reading.batches.items():
        accepted = reading.batches.get((subject, ACCEPTED))
        if tag == ACCEPTED:
            found = BatchRules(subject.removeprefix("batch/")).faults(event.value)
        elif accepted is None:
            continue  # reported as missing
        elif event.sequence != accepted.sequence + 1 or event.previous != digest(accepted.data):
            found = iter([f"{tag} does not stand directly after the acceptance of its batch"])
        else:
            found = row_faults(accepted.value, event.value)
        for fault in found:
            reading.tampered(event.place, fault)


def check_place(reading: Reading, event: Event) -> None:
    """The event stands at the index in its name, under a checkpoint of this bundle (R5)."""
    if event.index is not None:
        reading.placed.append(event)
        earlier = [point for point in reading.points if point.size <= event.index]
        if earlier:
            not_backdated(reading, event, earlier[-1])
    name = f"proofs/{event.place[7:]}"
    if name not in reading.names:
        reading.incomplete(name, f"the proof that {event.place} is in the ledger is not there")
        return
    proof = reading.parsed(name, lambda data: proof_path(canonical(data), "index", "size"))
    if proof is None:
        return
    index, size, path = proof
    point = next((point for point in reading.points if point.size == size), None)
    if point is None:
        reading.incomplete(name, f"leads to a checkpoint over {size} events, which is not there")
    elif index != event.index or not included(leaf_hash(event.data), index, size, path, point.root):
        what = (
            f"is not the event that checkpoint {point.number} covers at this place, or its proof was changed"
        )
        reading.tampered(event.place, what)
    else:
        sealed_in_time(reading, event, point)


def check_growth(reading: Reading) -> None:
    """The tree of each checkpoint is the beginning of the next one (R5)."""
    expected = set()
    for before, after in pairwise(reading.points):
        if not 0 < before.size < after.size:
            continue
        name = f"consistency/{before.size:012d}-{after.size:012d}.json"
        expected.add(name)
        what = f"that checkpoint {after.number} grew from {before.number}"
        if name not in reading.names:
            reading.incomplete(name, f"the proof {what} is not there")
            continue
        proof = reading.parsed(name, lambda data: proof_path(canonical(data), "from", "to"))
        if proof is None:
            continue
        start, end, path = proof
        sizes = (before.size, after.size)
        if (start, end) != sizes or not grown(*sizes, path, before.root, after.root):
            reading.tampered(name, f"does not show {what}")
    for name in reading.under("consistency/"):
        if name not in expected:
            reading.incomplete(name, "a checkpoint that this proof is about is not there")


def check_case_files(reading: Reading) -> None:
    """Openings match their commitments, and the files are those that the record relied on (R7)."""
    chain = [event.value for event in reading.case_events]
    sealed = {f"openings/{value['sequence']:06d}.json": value["private"] for value in chain}
    for name in reading.under("openings/"):
        data = reading.read(name)
        if name not in sealed:
            reading.incomplete(name, "opens an event that is not there")
        elif data is not None and (sealed[name] or {}).get("commitment") != digest(data):
            reading.tampered(
                name, "is not the text that was sealed: its SHA-256 is not the commitment of the event"
            )
        elif data is not None:
            reading.report.opened += 1
    named = _texts([[value["relied_on"], value["data"]] for value in chain])
    for folder in ("policies/", "decisions/", "exports/", "mails/"):
        for name in reading.under(folder):
            data = reading.read(name)
            if data is not None and digest(data) not in named:
                reading.tampered(name, "is not a file that the record relied on: no event names its SHA-256")
    check_policy_text(reading)
    check_decision(reading)
    for event in reading.case_events:
        actor = event.value["actor"]
        who = f"{actor['kind']} {actor['id']} ({actor['authenticated_by']})"
        reading.report.proven_events.append(
            (event.index, event.value["occurred_at"], who, event.value["tag"])
        )


def _texts(value: Any) -> set[str]:
    """Every text at any depth of the value."""
    found, left = set[str](), [value]
    while left:
        inner = left.pop()
        if isinstance(inner, str):
            found.add(inner)
        elif isinstance(inner, dict | list):
            left += inner.values() if isinstance(inner, dict) else inner
    return found
