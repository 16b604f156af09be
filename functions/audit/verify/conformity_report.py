"""Shows the second verdict, "conforms to its policy", beside the first."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from .conformity import Requirement


def conforms(requirements: Sequence[Requirement], not_judged: Sequence[str]) -> bool | None:
    """None if nothing shows the opposite, but not everything could be judged."""
    held = {each.holds for each in requirements}
    if False in held:
        return False
    return None if None in held or not_judged or not requirements else True


def conformity_lines(requirements: Sequence[Requirement], not_judged: Sequence[str]) -> list[str]:
    if not requirements and not not_judged:
        return []
    verdict = conforms(requirements, not_judged)
    words = {
        True: "CONFORMS TO ITS POLICY, as far as the list below goes.",
        False: "DOES NOT CONFORM TO ITS POLICY. The record may be true all the same.",
        None: "CONFORMITY TO THE POLICY: not judged, or not in full.",
    }
    lines = ["", words[verdict], *(f"  Not judged: {why}" for why in not_judged)]
    for topic, group in groupby(sorted(requirements, key=lambda each: each.topic), lambda each: each.topic):
        found = list(group)
        good = sum(each.holds is True for each in found)
        lines.append(f"  {topic}: {good} of {len(found)} as required")
        for each in found:
            if each.holds is not True:
                said = "not shown" if each.holds is None else "not as required"
                lines.append(f"    {each.where}: {said}: required {each.required}; given {each.given}")
    return lines


def conformity_json(requirements: Sequence[Requirement], not_judged: Sequence[str]) -> dict[str, Any]:
    return {
        "conforms": conforms(requirements, not_judged),
        "not_judged": list(not_judged),
        "requirements": [
            {
                "topic": each.topic,
                "where": each.where,
                "required": each.required,
                "given": each.given,
                "conforms": each.holds,
            }
            for each in requirements
        ],
    }
