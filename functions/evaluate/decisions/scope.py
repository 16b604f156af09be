"""Reads a person's id, and decides whether the policy applies to the person. Pure."""

from functions.evaluate.decisions.period_figures import Row
from shared.domain.errors import InvalidDirectory
from shared.domain.policy import Policy


def rep_id(person: Row) -> str:
    """The person's id; InvalidDirectory where the row has none."""
    found = person.get("person_id")
    if not isinstance(found, str) or not found:
        raise InvalidDirectory(f"a row of the people file has no person_id: {dict(person)!r}")
    return found


def in_scope(policy: Policy, person: Row) -> bool:
    """Whether role and region match the policy and the person is active. An empty cell means active."""
    roles, regions = policy.applies_to.roles, policy.applies_to.regions
    return (
        ("*" in roles or person.get("role") in roles)
        and ("*" in regions or person.get("region") in regions)
        and person.get("active") not in ("false", False)
    )
