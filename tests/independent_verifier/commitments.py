"""What a batch and an evaluation commit to: once, at its place, and of itself without contradiction."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from tests.independent_verifier.bundle import TAMPERED, Bundle
from tests.independent_verifier.forms import ends_evaluation

Json = dict[str, Any]
KIND = {"facts:recorded": "attainment", "directory:recorded": "people"}


def of_chain(bundle: Bundle, subject: str, story: list[Json]) -> None:
    """A batch or an evaluation of which every event is here, up to the last of ``story``."""
    kind, _, name = subject.partition("/")
    if kind == "batch":
        faults = _batch(name, story)
    elif kind == "evaluation":
        faults = _evaluation(story)
    else:
        return
    for fault in faults:
        bundle.fault(TAMPERED, f"{subject}: {fault}")


def of_case(bundle: Bundle) -> None:
    """The single events of batches and evaluations in the bundle of a case."""
    found: dict[tuple[str, str], list[tuple[Json, bytes]]] = {}
    for value, data in bundle.sealed.values():
        found.setdefault((value["subject"], value["tag"]), []).append((value, data))
    for (subject, tag), events in found.items():
        value, data = events[0]
        single = ends_evaluation(value) or (subject, tag) in bundle.batches
        if single and len(events) > 1:
            bundle.fault(TAMPERED, f"{tag} of {subject} twice")
        if not single:
            continue
        if ends_evaluation(value):
            faults = list(_end(value))
        elif tag == "export:accepted":
            faults = list(_received(subject.partition("/")[2], value))
        else:
            ((first, first_data),) = found.get((subject, "export:accepted"), [(None, b"")])[:1]
            if first is None:
                continue
            follows = value["sequence"] == first["sequence"] + 1
            follows = follows and value["previous"] == sha256(first_data).hexdigest()
            faults = list(_rows(first, value)) if follows else ["not directly after the acceptance"]
        for fault in faults:
            bundle.fault(TAMPERED, f"{subject}: {fault}")


def _batch(name: str, story: list[Json]) -> Iterable[str]:
    accepted = [value for value in story if value["tag"] == "export:accepted"]
    if len(accepted) > 1:
        yield "accepted twice"
    since = accepted[0]["sequence"] if accepted else len(story) + 1
    for value in story:
        tag, place = value["tag"], value["sequence"]
        if tag in ("export:accepted", "export:refused"):
            yield from _received(name, value)
        if tag == "export:refused" and place > since:
            yield "refused after it was accepted"
        if tag == "export:repeated" and place < since:
            yield "repeated before it was accepted"
        if tag in KIND:
            if place != since + 1:
                yield "rows that were not committed directly after the acceptance"
            else:
                yield from _rows(accepted[0], value)


def _received(name: str, value: Json) -> Iterable[str]:
    said = value["data"]
    if {said["id"], said["sha256"][:16]} != {name} or value["relied_on"]["export"] != said["sha256"]:
        yield "of another export"
    if (value["tag"] == "export:accepted") != (said["refused"] is None):
        yield "accepted or refused?"
    faults, counts = sum(said["codes"].values()), [said[each] for each in ("rows", "accepted", "rejected")]
    if counts[0] - counts[1] != counts[2] or any(
        count < 0 for count in [*counts, said["bytes"], *said["codes"].values()]
    ):
        yield "miscounted"
    if faults < counts[2] or (said["codes"] and counts[2] == 0):
        yield "faults miscounted"


def _rows(accepted: Json, value: Json) -> Iterable[str]:
    said, before = value["data"], accepted["data"]
    if KIND[value["tag"]] != before["kind"]:
        yield "another kind"
    periods = sorted(set(before["periods"])) if value["tag"] == "facts:recorded" else [""]
    if sorted(said["roots"]) != periods or sorted(said["files"]) != periods:
        yield "other periods"
    if value["relied_on"]["export"] != before["sha256"]:
        yield "another export"


def _evaluation(story: list[Json]) -> Iterable[str]:
    tags = [value["tag"] for value in story]
    for tag in ("evaluation:started", "evaluation:completed"):
        if tags.count(tag) > 1:
            yield f"{tag} twice"
    for value in story:
        if value["tag"] != "evaluation:completed":
            continue
        yield from _end(value)
        for start in story:
            if start["tag"] != "evaluation:started" or start["sequence"] > value["sequence"]:
                continue
            for where, names in (
                ("data", ("policy", "period", "revisions")),
                ("relied_on", ("policy", "directory", "code")),
            ):
                if any(start[where][each] != value[where][each] for each in names):
                    yield "completed otherwise than started"
    if "evaluation:started" in tags[1:] and tags[0] == "evaluation:completed":
        yield "started after its end"


def _end(value: Json) -> Iterable[str]:
    allowed = (2,) if "policy_json" in value["data"] else (1, 2)
    if value["sequence"] not in allowed:
        yield "completed at another place"
    if min([value["data"]["unknown_reps"], *value["data"]["outcomes"].values()]) < 0:
        yield "miscounted"
