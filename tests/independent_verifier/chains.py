"""The chains of the subjects, and what no honest case does."""

from datetime import datetime
from hashlib import sha256
from typing import Any

from tests.independent_verifier.bundle import INCOMPLETE, TAMPERED, Bundle

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
_ASKING = {"request:sent", "request:reminded", "request:escalated", "check_in:asked", "rep:told"}
_OUTCOME = {"request:answered", "request:expired", "request:withdrawn"}


def follow_chains(bundle: Bundle) -> None:
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
    if subject.startswith("case/"):
        dishonest(bundle, subject, story)


def sealed_in_time(bundle: Bundle, events: Chain) -> None:
    points = [bundle.points[number] for number in sorted(bundle.points)]
    for index, value, _ in events:
        first = next((point for point in points if index is not None and point["size"] > index), None)
        if first is not None and value["recorded_at"] > first["time"]:
            bundle.fault(TAMPERED, f"event {index} is younger than its checkpoint")


def dishonest(bundle: Bundle, subject: str, story: list[dict[str, Any]]) -> None:
    asked: dict[str, str] = {}
    ended: set[str] = set()
    sent: set[str] = set()
    closed, proposer = False, None
    for value in story:
        tag, data, actor = value["tag"], value["data"], value["actor"]["id"]
        request, notice = data.get("request"), data.get("notice")
        if (tag == "case:opened") != (value["sequence"] == 1):
            bundle.fault(TAMPERED, f"{subject}: opened not at the beginning")
        if closed and (tag in _STEPS or tag.split(":")[0] in _STEPS):
            bundle.fault(TAMPERED, f"{subject}: {tag} after the end")
        closed = closed or tag == "case:closed"
        if isinstance(request, str):
            if tag in _ASKING:
                asked[request] = str(data.get("due_at", ""))
            elif tag in _OUTCOME:
                if request in ended:
                    bundle.fault(TAMPERED, f"{subject}: a second outcome of {request}")
                elif tag == "request:answered" and request not in asked:
                    bundle.fault(TAMPERED, f"{subject}: {request} was never asked")
                elif tag == "request:expired" and value["occurred_at"] < asked.get(request, ""):
                    bundle.fault(TAMPERED, f"{subject}: {request} expired too early")
                ended.add(request)
        if tag == "notice:sent" and isinstance(notice, str):
            if notice in sent:
                bundle.fault(TAMPERED, f"{subject}: {notice} twice")
            sent.add(notice)
        if tag == "removal:proposed":
            proposer = actor
        elif tag == "removal:sent_back":
            proposer = None
        elif tag == "removal:approved" and proposer in (None, actor):
            bundle.fault(TAMPERED, f"{subject}: a removal by one person")


def at_time(text: str) -> datetime:
    return datetime.fromisoformat(text)
