"""The chains of the subjects, and what no honest case does."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from tests.independent_verifier import commitments
from tests.independent_verifier.asking import Wrong
from tests.independent_verifier.bundle import INCOMPLETE, TAMPERED, Bundle
from tests.independent_verifier.catalogue import is_of_published_form
from tests.independent_verifier.course import Course

Chain = list[tuple[int | None, dict[str, Any], bytes]]
"""Events in order: the index, if any, the value, the bytes."""
ZERO = "0" * 64

# A step is what changes the course of a case; what merely comes to be known may follow its end.
_STEPS = {
    *("stage", "dispute", "exception", "withdrawal", "removal"),
    *("case:opened", "case:held", "case:resumed", "case:closed", "rep:told"),
    *("request:sent", "request:reminded", "request:escalated", "request:answered"),
    *("check_in:asked", "check_in:done"),
}


def drop_unknown_forms(bundle: Bundle) -> None:
    """What has another form than the page of events knows is no event."""
    for index, (value, _) in list(bundle.sealed.items()):
        if not is_of_published_form(value):
            bundle.fault(TAMPERED, f"event {index} has data of another form")
            del bundle.sealed[index]
    unknown = [at for at in bundle.waiting if not is_of_published_form(at[0])]
    for value, _ in unknown:
        bundle.fault(TAMPERED, f"a waiting {value['tag']} has data of another form")
    bundle.waiting = [at for at in bundle.waiting if at not in unknown]


def follow_chains(bundle: Bundle) -> None:
    drop_unknown_forms(bundle)
    chains: dict[str, Chain] = {}
    for index in sorted(bundle.sealed):
        value, data = bundle.sealed[index]
        if bundle.kind == "ledger" or value["subject"] == bundle.subject:
            chains.setdefault(value["subject"], []).append((index, value, data))
    for value, data in bundle.waiting:
        chains.setdefault(value["subject"], []).append((None, value, data))
    for subject, events in chains.items():
        follow_chain(bundle, subject, events)
        if bundle.kind == "ledger":
            sealed_in_time(bundle, events)


def follow_chain(bundle: Bundle, subject: str, events: Chain) -> None:
    sequence, digest, latest, whole = 0, ZERO, "", True
    story: list[dict[str, Any]] = []
    for _, value, data in events:
        if value["sequence"] == sequence + 1:
            if value["previous"] != digest:
                bundle.fault(TAMPERED, f"{subject} {sequence + 1}: another predecessor")
        else:
            whole = False
            forward = value["sequence"] > sequence + 1
            if not (forward and bundle.holes):
                status = INCOMPLETE if forward and bundle.kind == "case" else TAMPERED
                bundle.fault(status, f"{subject} {value['sequence']} where {sequence + 1} belongs")
        if latest and (at_time(latest) - at_time(value["recorded_at"])).total_seconds() > 60:
            bundle.fault(TAMPERED, f"{subject} {value['sequence']}: before its predecessor")
        sequence, digest = value["sequence"], sha256(data).hexdigest()
        latest = max(latest, value["recorded_at"])
        if whole:
            story.append(value)
    commitments.of_chain(bundle, subject, story)
    if subject.startswith("case/"):
        dishonest(bundle, subject, story)


def sealed_in_time(bundle: Bundle, events: Chain) -> None:
    points = [bundle.points[number] for number in sorted(bundle.points)]
    for index, value, _ in events:
        first = next((point for point in points if index is not None and point["size"] > index), None)
        if first is not None and value["recorded_at"] > first["time"]:
            bundle.fault(TAMPERED, f"event {index} is younger than its checkpoint")


def dishonest(bundle: Bundle, subject: str, story: list[dict[str, Any]]) -> None:
    sent: set[str] = set()
    closed, course = False, None
    sound = True
    for value in story:
        tag, data = value["tag"], value["data"]
        if (tag == "case:opened") != (value["sequence"] == 1):
            bundle.fault(TAMPERED, f"{subject}: opened not at the beginning")
            sound = False
        if closed and (tag in _STEPS or tag.split(":")[0] in _STEPS):
            bundle.fault(TAMPERED, f"{subject}: {tag} after the end")
        closed = closed or tag == "case:closed"
        if tag == "notice:sent":
            if data["notice"] in sent:
                bundle.fault(TAMPERED, f"{subject}: {data['notice']} twice")
            sent.add(data["notice"])
        if not sound:
            continue
        try:
            if course is None:
                course = Course(value)
            else:
                course.follow(value)
        except Wrong as wrong:
            bundle.fault(TAMPERED, f"{subject} {value['sequence']}, {tag}: {wrong}")
            sound = False


def at_time(text: str) -> datetime:
    return datetime.fromisoformat(text)
