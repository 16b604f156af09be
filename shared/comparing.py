"""Look up who is in a comparable position to the rep of a case, and what became of them."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from shared.domain import paths
from shared.domain.case import Case
from shared.domain.comparators import (
    Comparison,
    comparator,
    comparison,
    earliest,
    found_alike,
)
from shared.domain.identifiers import PersonId
from shared.domain.period import Period
from shared.domain.person import Person
from shared.domain.policy import Policy
from shared.domain.record import PlannedEvaluation
from shared.ports import CaseStore, Directories, Files

Sees = Callable[[Person, Case | None], bool]
"""Whether the reader may see this person, and this case of theirs."""


def compare(
    case: Case, policy: Policy, sees: Sees, store: CaseStore, files: Files, directories: Directories
) -> Comparison:
    """Everybody whom an evaluation of the policy found by one of the case's rules, in the rep's own group."""
    found: dict[PersonId, tuple[Person, Mapping[str, Any]]] = {}
    for plan in sorted(_plans(case, store), key=lambda plan: (plan.period, plan.id)):
        decisions = json.loads(files.read(paths.flagged(plan.id)))
        ids = [PersonId(each["rep_id"]) for each in decisions]
        people = _people([case.rep_id, *ids], plan, directories)
        # Who was found more than once stands there as they were found last.
        found |= {person.id: (person, each) for person, each in found_alike(case, decisions, people, policy)}
    shown, others = [], 0
    for person, decision in found.values():
        theirs = [each for each in store.cases_of(person.id) if _name(each.policy) == policy.policy]
        if sees(person, theirs[-1] if theirs else None):
            shown.append(comparator(case, policy, person, decision, theirs))
        else:
            others += 1
    return comparison(case, policy, shown, others)


def _plans(case: Case, store: CaseStore) -> Iterator[PlannedEvaluation]:
    """The evaluation that opened the case, and the policy's others that opened cases in its span."""
    yield store.planned(case.evaluation_id)
    since = earliest(case)
    for record in store.evaluations(_name(case.policy)):
        plan = record.plan
        recent = Period.parse(plan.period).first_day >= since
        if recent and plan.opens_cases and plan.id != case.evaluation_id:
            yield plan


def _people(
    ids: Iterable[PersonId], plan: PlannedEvaluation, directories: Directories
) -> dict[PersonId, Person]:
    """Who they are today; whoever no directory of today has, as the evaluation's own knew them."""
    now = directories.current()
    known = {one: now.person(one) for one in ids}
    if None in known.values() and plan.directory != now.version:
        then = directories.version(plan.directory)
        known = {one: person or then.person(one) for one, person in known.items()}
    return {one: person for one, person in known.items() if person is not None}


def _name(policy_ref: str) -> str:
    return policy_ref.partition("@")[0]
