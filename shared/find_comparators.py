"""Find the people in a position comparable to that of a case's rep, and the outcomes of their cases.

A person waits for the page, so the reads are limited: outcomes are looked up only for the people listed, and
of an evaluation only the flagged people are read.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from shared.domain import paths
from shared.domain.case import Case
from shared.domain.comparators import (
    MOST_LISTED,
    Alike,
    Comparison,
    comparator,
    comparison,
    earliest,
    found_alike,
)
from shared.domain.identifiers import PersonId, policy_name
from shared.domain.period import Period
from shared.domain.person import Directory, Person
from shared.domain.policy import Policy
from shared.domain.record import PlannedEvaluation
from shared.ports import CaseStore, Directories, Files

MOST_EVALUATIONS: Final = 60
"""The most evaluations that are read: the last of each period first, then the earlier ones."""


@dataclass(frozen=True, slots=True)
class Sees:
    """The people whom the reader may see: ``person`` for their own people, ``case`` for cases of others."""

    person: Callable[[Person], bool]
    case: Callable[[Case], bool] | None = None


def compare(
    case: Case, policy: Policy, sees: Sees, store: CaseStore, files: Files, directories: Directories
) -> Comparison:
    """Everybody in the rep's group whom an evaluation of the policy flagged by one of the case's rules."""
    found: dict[PersonId, Alike] = {}
    known = _People(directories, directories.current())
    for plan in _plans(case, store):
        decisions = json.loads(files.read(paths.flagged(plan.id)))
        flagged = (PersonId(each["rep_id"]) for each in decisions)
        people = known.of([case.rep_id, *(one for one in flagged if one not in found)], plan)
        for alike in found_alike(case, decisions, people, policy):
            # A person flagged more than once is listed with the latest finding.
            found.setdefault(alike.person.id, alike)
    return _comparison(case, policy, sees, store, sorted(found.values(), key=Alike.place))


def _comparison(
    case: Case, policy: Policy, sees: Sees, store: CaseStore, found: Sequence[Alike]
) -> Comparison:
    """``found``: everybody, lowest first. The first of those whom the reader may see are listed."""
    theirs = [alike for alike in found if sees.person(alike.person)]
    listed = [(alike, _cases(alike.person, policy, store)) for alike in theirs[:MOST_LISTED]]
    strangers = [alike for alike in found if not sees.person(alike.person)]
    others = len(strangers)
    if sees.case is not None:
        for alike in strangers[: MOST_LISTED - len(listed)]:
            cases = _cases(alike.person, policy, store)
            if cases and sees.case(cases[-1]):
                listed.append((alike, cases))
                others -= 1
    shown = [comparator(alike, policy, cases) for alike, cases in sorted(listed, key=_place)]
    return comparison(case, policy, shown, theirs[MOST_LISTED:], others)


def _place(listed: tuple[Alike, Sequence[Case]]) -> Any:
    return listed[0].place()


def _cases(person: Person, policy: Policy, store: CaseStore) -> list[Case]:
    return [each for each in store.cases_of(person.id) if policy_name(each.policy) == policy.policy]


def _plans(case: Case, store: CaseStore) -> list[PlannedEvaluation]:
    """The evaluation that opened the case, and the policy's other evaluations that opened cases in its span.

    Ordered by period, latest first.
    """
    own = store.planned(case.evaluation_id)
    recent = list(_recent(case, store))
    if own not in recent:
        recent = sorted([own, *recent], key=lambda plan: plan.period, reverse=True)
    last: dict[str, PlannedEvaluation] = {}
    for plan in recent:
        last.setdefault(plan.period, plan)
    wanted = {plan.id: None for plan in (own, *last.values(), *recent)}
    chosen = set(list(wanted)[:MOST_EVALUATIONS])
    return [plan for plan in recent if plan.id in chosen]


def _recent(case: Case, store: CaseStore) -> Iterator[PlannedEvaluation]:
    since = earliest(case)
    for record in store.evaluations(policy_name(case.policy)):
        plan = record.plan
        if Period.parse(plan.period).first_day < since:
            return  # periods come latest first, so the rest is before the span
        if plan.opens_cases or plan.id == case.evaluation_id:
            yield plan


@dataclass(slots=True)
class _People:
    """People as in today's directory, or for those missing there, as in the latest evaluation's directory."""

    directories: Directories
    now: Directory
    gone: dict[PersonId, Person] = field(default_factory=dict)

    def of(self, ids: Iterable[PersonId], plan: PlannedEvaluation) -> Mapping[PersonId, Person]:
        known = {one: self.now.person(one) or self.gone.get(one) for one in ids}
        unknown = [one for one, person in known.items() if person is None]
        if unknown and plan.directory != self.now.version:
            then = self.directories.version(plan.directory)
            self.gone |= {one: person for one in unknown if (person := then.person(one)) is not None}
            known |= {one: self.gone.get(one) for one in unknown}
        return {one: person for one, person in known.items() if person is not None}
