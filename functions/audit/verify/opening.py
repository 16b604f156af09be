"""Binds a case to the evaluation that it names, and to the one decision that opened it (R57)."""

from collections.abc import Iterator
from typing import Any

from .forms import Event
from .reading import Reading

Value = dict[str, Any]


def check_evaluation_of_case(reading: Reading) -> None:
    """The evaluation that ``case:opened`` names is of the case's policy and period, in every edition."""
    opened = opened_in(reading)
    if opened is None:
        return
    about, named = opened.value["data"], opened.value["relied_on"]
    event = reading.evaluations.get(f"evaluation/{named.get('evaluation')}")
    if event is None or not names_its_basis(event):
        return
    held = event.value
    for what, ours, theirs in (
        ("evaluation", about["evaluation"], named["evaluation"]),
        ("policy", about["policy"], held["data"]["policy"]),
        ("period", about["period"], held["data"]["period"]),
        ("policy's digest", named["policy"], held["relied_on"]["policy"]),
    ):
        if ours != theirs:
            where = event.place
            reading.tampered(opened.place, f"the {what} here is {ours}, but {where} says {theirs}")


def check_decision_of_case(reading: Reading, event: Event, decision: Any) -> None:
    """The decision under ``decision/`` is the one that ``case:opened`` is about."""
    opened = opened_in(reading)
    if opened is None:
        return
    named = opened.value["relied_on"]
    if event.value["subject"] != f"evaluation/{named['evaluation']}":
        what = f"is of {event.value['subject']}, but the case was opened by {named['evaluation']}"
        reading.tampered("decision/proof.json", what)
    for fault in _differences(opened.value["data"], decision, whole=names_its_basis(event)):
        reading.tampered("decision/line.json", f"is not the decision that opened this case: {fault}")
    if named["directory"] != event.value["relied_on"]["directory"] and names_its_basis(event):
        what = f"was opened by the directory {named['directory']}, a later one than that of its evaluation"
        reading.remark(opened.place, what)


def opened_in(reading: Reading) -> Event | None:
    """The first event of the case; None if it is not here."""
    first = next(iter(reading.case_events), None)
    return None if first is None or first.tag != "case:opened" or first.sequence != 1 else first


def names_its_basis(event: Event) -> bool:
    """Whether the evaluation commits to what its decisions follow from. Those of before did not."""
    return "policy_json" in event.value["data"]


def _differences(opened: Value, decision: Any, whole: bool) -> Iterator[str]:
    """``whole``: the decision has all members of D1 to D5. One of before may have fewer."""
    if not isinstance(decision, dict):
        yield "it is no decision"
        return
    if decision.get("rep_id") != opened["rep"]:
        yield f"the rep is {decision.get('rep_id')}, not {opened['rep']}"
    if not whole:
        return
    findings = decision.get("findings")
    rules = [each.get("rule") if isinstance(each, dict) else None for each in findings or []]
    for what, said, expected in (
        ("the outcome", decision.get("outcome"), "open_case"),
        ("the period", decision.get("period"), opened["period"]),
        ("the policy", decision.get("policy"), opened["policy"]),
        ("the rules", rules, opened["rules"]),
    ):
        if said != expected:
            yield f"{what}: {said}, not {expected}"
    if (decision.get("stage") != opened["stage"]) != opened["relapse"]:
        yield f"the stage is {decision.get('stage')}, but the case began in {opened['stage']}"
