"""Times, held against one another: events, the checkpoints around them, what was sent to others."""

from datetime import datetime, timedelta
from typing import Any

from tests.independent_verifier.bundle import TAMPERED, Bundle

Json = dict[str, Any]
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def later(one: str, other: str) -> timedelta:
    return datetime.fromisoformat(one) - datetime.fromisoformat(other)


def compare(bundle: Bundle, anchor: Json | None) -> None:
    """``anchor`` is the checkpoint that the reader holds."""
    points = [bundle.points[number] for number in sorted(bundle.points)]
    size = points[-1]["size"] if points else -1
    events: list[tuple[int | None, Json]] = [(at, value) for at, (value, _) in bundle.sealed.items()]
    events += [(None, value) for value, _ in bundle.waiting]
    for index, value in events:
        usable = anchor is not None and (index is None or bundle.kind != "ledger")
        held = [*points, anchor] if usable and anchor is not None else points
        if later(value["occurred_at"], value["recorded_at"]) > MINUTE:
            bundle.fault(TAMPERED, f"{value['tag']} happened after it was recorded")
        place = size if index is None else index
        before = [point["time"] for point in held if point["size"] <= place]
        if before and later(max(before), value["recorded_at"]) > HOUR:
            bundle.fault(TAMPERED, f"{value['tag']} is younger than it says")
        if value["tag"] == "checkpoint:anchored":
            sent(bundle, index, value)


def sent(bundle: Bundle, index: int | None, value: Json) -> None:
    said = value["data"]
    point = bundle.points.get(said["number"])
    if point is None:
        if index is not None and bundle.points and said["number"] > max(bundle.points):
            bundle.fault(TAMPERED, "a checkpoint was sent that did not exist")
    elif (said["size"], said["checkpoint"]) != (point["size"], point["digest"]):
        bundle.fault(TAMPERED, "another checkpoint was sent")
    elif later(point["time"], value["occurred_at"]) > MINUTE:
        bundle.fault(TAMPERED, "a checkpoint was sent before it was signed")
