"""Checks the decision that opened the case: its proof, its sealed copy, and its recomputation (R7)."""

from typing import Any

from .basis import basis_files, check_basis, unneeded_batches
from .forms import TEXT, Event, canonical, has_shape, plain_json, proof_path, spelled
from .opening import check_decision_of_case, check_evaluation_of_case
from .reading import Reading
from .trees import included, leaf_hash

LINE, PROOF = "decision/line.json", "decision/proof.json"
_OPENING = "openings/000001.json"


def is_evaluation(event: Event) -> bool:
    value = event.value
    return value["tag"] == "evaluation:completed" and str(value["subject"]).startswith("evaluation/")


def check_decision(reading: Reading) -> None:
    """The decision stands under the root of its evaluation, and equals the one sealed in the case."""
    evaluations = reading.evaluations
    relied_on = {f"evaluation/{event.value['relied_on'].get('evaluation')}" for event in reading.case_events}
    relied_on.discard("evaluation/None")
    for subject in sorted(evaluations.keys() - relied_on):
        place = evaluations[subject].place
        reading.tampered(
            place, f"belongs to {subject}, but no event of {reading.report.subject} relied on it"
        )
    check_evaluation_of_case(reading)
    there = [name for name in (LINE, PROOF) if name in reading.names]
    if len(there) == 1:
        other = PROOF if there == [LINE] else LINE
        reading.incomplete(other, f"is not there, and {there[0]} proves nothing without it")
    if len(there) < 2:
        _check_absence(reading, relied_on)
        return
    if _OPENING not in reading.names:
        reading.incomplete(_OPENING, f"is not there, which must hold the decision that {LINE} shows")
    line, proof = reading.read(LINE), reading.parsed(PROOF, _proof)
    if line is None or proof is None:
        return
    evaluation, index, size, path = proof
    event = evaluations.get(f"evaluation/{evaluation}")
    if event is None:
        reading.incomplete(
            "events/", f"the evaluation:completed of {evaluation}, which {PROOF} names, is not there"
        )
    elif not _is_proved(event, line, index, size, path):
        what = f"is not decision {index} of evaluation {evaluation}, or its proof was changed"
        reading.tampered(LINE, what)
    elif (decision := reading.parsed(LINE, plain_json)) is None:
        return  # reported as no JSON
    elif not _is_what_was_sealed(reading, decision):
        reading.tampered(LINE, "is not the decision that was sealed when the case was opened")
    else:
        check_decision_of_case(reading, event, decision)
        check_basis(reading, event, line)


def _check_absence(reading: Reading, relied_on: set[str]) -> None:
    """An edition without the decision must not have files of its basis either."""
    if LINE not in reading.names:
        for name in basis_files(reading):
            reading.incomplete(LINE, f"is not there, and {name} proves nothing without it")
        unneeded_batches(reading, set())
    if relied_on:
        reading.remark(LINE, "not recomputed: the decision is not in this edition")


def _proof(data: bytes) -> tuple[str, int, int, list[bytes]]:
    value = canonical(data)
    if not has_shape(value, {"evaluation": TEXT, "index": int, "path": list, "size": int}):
        raise ValueError("not a proof of a decision")
    evaluation: str = value.pop("evaluation")
    return evaluation, *proof_path(value, "index", "size")


def _is_proved(event: Event, line: bytes, index: int, size: int, path: list[bytes]) -> bool:
    """Whether the line is one of the decisions under the root, as many as the evaluation counted."""
    counted, root = event.value["data"].get("outcomes"), event.value["data"].get("decisions_root")
    if not isinstance(counted, dict) or not all(type(count) is int for count in counted.values()):
        return False
    return size == sum(counted.values()) and included(leaf_hash(line), index, size, path, str(root))


def _is_what_was_sealed(reading: Reading, decision: Any) -> bool:
    """Whether the opening of the first event, if this edition has it, contains this decision."""
    if _OPENING not in reading.names:
        return True
    opening = reading.parsed(_OPENING, canonical)
    body: Any = opening.get("body") if isinstance(opening, dict) else None
    sealed = body.get("decision") if isinstance(body, dict) else None
    return spelled(decision) == spelled(sealed)
