"""Judges whether a case was led as its policy says: the second verdict."""

from typing import Any

from .conformity import Conformity
from .forms import canonical
from .policy_terms import PolicyTerms
from .policy_text import policy_of
from .reading import Reading


def judge_case(reading: Reading) -> None:
    """Only of a record that is intact, with its policy: the course of a forged case shows nothing."""
    if reading.report.exit_status in (1, 4):
        reading.report.not_judged.append("the record is not intact")
        return
    policy = policy_of(reading)
    if policy is None:
        reading.report.not_judged.append("its policy is not here as JSON to which the record commits")
        return
    events = [event.value for event in reading.case_events]
    try:
        judged = Conformity(PolicyTerms(policy), _openings(reading))
        reading.report.requirements += judged.follow(events)
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        reading.report.not_judged.append(f"its policy or its results have another form ({error!r})")


def _openings(reading: Reading) -> dict[int, dict[str, Any]]:
    found = {}
    for name in reading.under("openings/"):
        value = reading.parsed(name, canonical)
        if isinstance(value, dict) and isinstance(value.get("body"), dict):
            found[int(name[9:15])] = value["body"]
    return found
