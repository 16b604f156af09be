"""Who may not decide about a proposal, for the core and for HR's API. Pure.

A step that takes two people takes two seats: a stand-in counts as the person in whose place they act.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

from shared.domain.case import Case
from shared.domain.identifiers import PersonId
from shared.domain.person import Directory, timezone_of
from shared.domain.policy import Policy


def proposers(case: Case, policy: Policy, directory: Directory, now: datetime) -> frozenset[PersonId]:
    """The proposer, the other person named in that question, and whoever stands in for them now."""
    named = {person for person in (case.proposed_by, case.proposed_for) if person is not None}
    stand_ins = {_stand_in(person, policy, directory, now) for person in named}
    return frozenset(named | {person for person in stand_ins if person is not None})


def _stand_in(person_id: PersonId, policy: Policy, directory: Directory, now: datetime) -> PersonId | None:
    person = directory.living(person_id)
    if person is None:
        return None
    today = now.astimezone(ZoneInfo(timezone_of(person_id, policy, directory))).date()
    delegate = directory.delegate_of(person, today)
    return None if delegate is None else delegate.id
