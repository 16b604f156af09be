"""Rules about what is committed once: a batch's rows and an evaluation's decisions (R59, R60)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

Value = dict[str, Any]

_RECORDED: Final = {"facts:recorded": "attainment", "directory:recorded": "people"}


@dataclass(slots=True)
class BatchRules:
    """Follows one batch: received, accepted once, its rows committed once, directly afterwards."""

    batch: str
    accepted: Value | None = None
    recorded: bool = False

    def faults(self, event: Value) -> Iterator[str]:
        tag = event["tag"]
        if tag in ("export:accepted", "export:refused"):
            yield from self._received(event)
        elif tag in _RECORDED:
            yield from self._rows(event)
        elif tag == "export:repeated" and self.accepted is None:
            yield "repeats an export that was not accepted before"

    def _received(self, event: Value) -> Iterator[str]:
        data = event["data"]
        yield from batch_faults(self.batch, event)
        if self.accepted is not None:
            yield f"{event['tag']} follows the acceptance of the same batch: a batch is accepted once"
        if event["tag"] == "export:accepted":
            self.accepted = event
            if data["refused"] is not None:
                yield f"accepts an export that was refused as {data['refused']}"
        elif data["refused"] is None:
            yield "refuses an export without a reason"

    def _rows(self, event: Value) -> Iterator[str]:
        if self.accepted is None or event["sequence"] != self.accepted["sequence"] + 1:
            yield f"{event['tag']} does not stand directly after the acceptance of its batch"
        elif self.recorded:
            yield f"{event['tag']} commits to the rows of its batch a second time"
        else:
            yield from row_faults(self.accepted, event)
        self.recorded = True


@dataclass(slots=True)
class EvaluationRules:
    """Follows one evaluation: started once, completed at most once, as it was started."""

    started: Value | None = None
    completed: bool = False

    def faults(self, event: Value) -> Iterator[str]:
        if event["tag"] == "evaluation:started":
            if self.started is not None or self.completed:
                yield "starts an evaluation a second time"
            self.started = event
            return
        if event["tag"] != "evaluation:completed":
            return
        if self.completed:
            yield "completes an evaluation a second time"
        self.completed = True
        yield from completion_faults(event)
        if self.started is None:
            return
        for member in ("policy", "period", "revisions"):
            if event["data"][member] != self.started["data"][member]:
                yield f"has another {member} than the start of the evaluation"
        for name in ("policy", "directory", "code"):
            if event["relied_on"][name] != self.started["relied_on"][name]:
                yield f"relied on another {name} than the start of the evaluation"


def batch_faults(batch: str, event: Value) -> Iterator[str]:
    """What the event of a batch says of itself that cannot be."""
    data = event["data"]
    if not data["id"] == data["sha256"][:16] == batch or event["relied_on"]["export"] != data["sha256"]:
        yield f"is about {batch}, but its `id`, `sha256` and `relied_on.export` are of another export"
    if data["rows"] != data["accepted"] + data["rejected"]:
        yield f"counts {data['rows']} rows, but {data['accepted']} and {data['rejected']} of them"
    codes = data["codes"].values()
    if min(data["bytes"], data["rows"], data["accepted"], data["rejected"], *codes) < 0:
        yield "counts less than nothing"
    if sum(codes) < data["rejected"] or (codes and not data["rejected"]):
        yield f"names {sum(codes)} faults for {data['rejected']} rejected rows"


def row_faults(accepted: Value, event: Value) -> Iterator[str]:
    """Where the commitment to the rows of a batch differs from what was accepted."""
    data, batch, periods = event["data"], accepted["data"], {""}
    if batch["kind"] != _RECORDED[event["tag"]]:
        yield f"{event['tag']} of an export of the kind {batch['kind']}"
    if event["tag"] == "facts:recorded":
        periods = set(batch["periods"])
    if not periods == data["roots"].keys() == data["files"].keys():
        yield "commits to other periods than the export was accepted for"
    if event["relied_on"]["export"] != batch["sha256"]:
        yield "relied on another export than its batch"


def completion_faults(event: Value) -> Iterator[str]:
    """An evaluation that commits to its basis (R57) stands right after its start."""
    place = event["sequence"]
    if place > 2 or (place != 2 and "policy_json" in event["data"]):
        yield f"is event {place} of its evaluation, but an evaluation is completed once, as its second event"
    if event["data"]["unknown_reps"] < 0 or min(event["data"]["outcomes"].values(), default=0) < 0:
        yield "counts less than nothing"
