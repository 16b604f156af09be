"""Finds the one text of the policy that a case commits to (R69)."""

from typing import Any, Final

from .forms import HEX, canonical, digest
from .opening import names_its_basis, opened_in
from .reading import Reading

_FOLDER: Final = "policies/"


def check_policy_text(reading: Reading) -> None:
    """A case of version 2 names its policy as canonical JSON; one of version 1 names the YAML file."""
    opened = opened_in(reading)
    text = None if opened is None else opened.value["data"].get("policy_json")
    if opened is not None and reading.report.version != (1 if text is None else 2):
        what = f"says version {reading.report.version}, which the opening of the case denies"
        reading.tampered("manifest.json", what)
    if text is None:
        _check_files_named(reading)
        return
    assert opened is not None
    about, named = opened.value["data"], opened.value["relied_on"]
    there = {name: reading.read(name) for name in reading.under(_FOLDER)}
    for name, data in there.items():
        if data is not None and digest(data) != text:
            reading.tampered(name, "is not the text of the policy: the case names another SHA-256")
    if not there:
        reading.incomplete(_FOLDER, f"the policy whose SHA-256 is {text} is not there")
    evaluation = reading.evaluations.get(f"evaluation/{named['evaluation']}")
    if evaluation is not None and names_its_basis(evaluation):
        decided = evaluation.value["data"]["policy_json"]
        if decided != text:
            what = f"the policy of the case is {text}, but its evaluation decided by {decided}"
            reading.tampered(opened.place, what)
    policy = policy_of(reading)
    if policy is None:
        if any(data is not None and digest(data) == text for data in there.values()):
            reading.tampered(_FOLDER, "is not a policy as canonical JSON")
    elif f"{policy.get('policy')}@{policy.get('version')}" != about["policy"]:
        reading.tampered(_FOLDER, f"is not {about['policy']}, the policy of the case")


def policy_of(reading: Reading) -> dict[str, Any] | None:
    """The policy that the record commits to as JSON; None if it is not here, or of another form."""
    opened = opened_in(reading)
    if opened is None:
        return None
    expected = opened.value["data"].get("policy_json")
    names = reading.under(_FOLDER)
    if expected is None:
        evaluation = reading.evaluations.get(f"evaluation/{opened.value['relied_on']['evaluation']}")
        expected = None if evaluation is None else evaluation.value["data"].get("policy_json")
        names = [name for name in reading.names if name == "decision/policy.json"]
    for name in names:
        data = reading.read(name)
        if data is not None and digest(data) == expected:
            value = reading.parsed(name, canonical)
            return value if isinstance(value, dict) else None
    return None


def _check_files_named(reading: Reading) -> None:
    """Each policy that an event names by its digest has its file (R11)."""
    named = {event.value["relied_on"].get("policy", "") for event in reading.case_events}
    there = {digest(data) for name in reading.under(_FOLDER) if (data := reading.read(name)) is not None}
    for policy in sorted(named - there):
        if HEX.fullmatch(policy):
            what = f"the policy whose SHA-256 is {policy}, which the record relied on, is not there"
            reading.incomplete(_FOLDER, what)
    if "decision/policy.json" in reading.names and there:
        reading.warn(_FOLDER, "the policy stands in two texts, this one and decision/policy.json")
