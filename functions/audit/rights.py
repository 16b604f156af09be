"""Who may do what in HR's API: a table by resource, role and relation, and the functions that read it. Pure.

Every use case enters through `functions.audit.sources`, which asks this module. The reference page
``rights.md`` is generated from the table.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from functions.audit.caller import Caller, Group
from shared.domain.case import Case, CaseStatus
from shared.domain.errors import Forbidden, NotFound
from shared.domain.identifiers import PersonId
from shared.domain.ladder import HR_SEATS
from shared.domain.person import HR_QUEUE, Directory, Person
from shared.domain.request import TWO_PERSON, Request


class Resource(StrEnum):
    CASES = "the list of cases"
    CASE = "a case"
    HISTORY = "a case's history and evidence"
    DECISION = "a decision in a case"
    LEAVE = "the report of a leave"
    EVALUATIONS = "evaluations"
    EXPORTS = "exports and their rejected rows"
    PERIOD = "a period's evidence"
    LEDGER = "the ledger"
    PERSON = "an erasure or a legal hold"


class Relation(StrEnum):
    """What the case or the person is to the caller. The first that applies counts."""

    GENERAL = "general"
    """The resource is about no single person."""
    UNKNOWN = "unknown"
    """Nothing of this id exists."""
    OWN = "own"
    """It is about the caller."""
    TO_ACT_ON = "to act on"
    """An open case that the caller owns, or that is in HR's shared queue."""
    FOREIGN = "foreign"
    """The directory in force does not have the person, or names no HR partner for them."""
    OTHERS = "others'"
    """Another HR partner looks after the person."""
    FORMER = "former"
    """The caller was the HR partner of the person, who has left the company."""
    OWN_PEOPLE = "own people"
    """The caller is the HR partner of the person."""


class Standing(StrEnum):
    """Whom an account stands for, according to the directory in force."""

    LIVING = "living"
    """A person who is with the company."""
    NOBODY = "nobody"
    """No person, or one whom the directory does not have, as before the first directory."""
    LEFT = "left"
    """A person who has left the company."""


class Verdict(StrEnum):
    ALLOWED = "allowed"
    HIDDEN = "hidden"
    """Answered exactly as if it did not exist."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Right:
    """What a role may do with a resource. Relations that stand in neither set are hidden.

    ``as_a_person``: only for accounts that stand for a living person. ``sealed``: without figures, typed text
    and names, as an auditor checks a record.
    """

    allowed: frozenset[Relation]
    refused: frozenset[Relation] = frozenset()
    as_a_person: bool = True
    sealed: bool = False


_R = Relation
_ANYBODYS: Final = frozenset(_R) - {_R.GENERAL, _R.UNKNOWN, _R.OWN}
_GENERAL: Final = Right(frozenset({_R.GENERAL}))
_ANY_ACCOUNT: Final = Right(frozenset({_R.GENERAL}), as_a_person=False)
_ANY_ACCOUNT_SEALED: Final = Right(frozenset({_R.GENERAL}), as_a_person=False, sealed=True)
_PARTNER: Final = Right(frozenset({_R.TO_ACT_ON, _R.FORMER, _R.OWN_PEOPLE}))
_ADMIN: Final = Right(_ANYBODYS)
_AUDITOR: Final = Right(_ANYBODYS, as_a_person=False, sealed=True)
_PARTNER_AND_ADMIN: Final = {Group.HR_PARTNER: _PARTNER, Group.HR_ADMIN: _ADMIN}

TABLE: Final[dict[Resource, dict[Group, Right]]] = {
    Resource.CASES: {Group.HR_PARTNER: _GENERAL, Group.HR_ADMIN: _GENERAL},
    Resource.CASE: _PARTNER_AND_ADMIN,
    Resource.HISTORY: _PARTNER_AND_ADMIN | {Group.AUDITOR: _AUDITOR},
    Resource.DECISION: _PARTNER_AND_ADMIN,
    Resource.LEAVE: _PARTNER_AND_ADMIN,
    Resource.EVALUATIONS: {
        Group.HR_PARTNER: _GENERAL,
        Group.HR_ADMIN: _GENERAL,
        Group.AUDITOR: _ANY_ACCOUNT,
    },
    # The first administrator has to see whether the first people file was read, before anybody is a person.
    Resource.EXPORTS: {
        Group.HR_ADMIN: _ANY_ACCOUNT,
        Group.COMPENSATION: _ANY_ACCOUNT,
    },
    Resource.PERIOD: {Group.HR_ADMIN: _GENERAL, Group.AUDITOR: _ANY_ACCOUNT_SEALED},
    Resource.LEDGER: {Group.HR_ADMIN: _GENERAL, Group.AUDITOR: _ANY_ACCOUNT},
    Resource.PERSON: {Group.HR_ADMIN: Right(_ANYBODYS, refused=frozenset({_R.OWN}))},
}
"""A role that a resource does not name is refused."""


def standing(caller: Caller, directory: Directory) -> Standing:
    person = directory.person(caller.person_id)
    if person is None:
        return Standing.NOBODY
    return Standing.LIVING if person.active else Standing.LEFT


def verdict(
    groups: Collection[Group], stands_for: Standing, resource: Resource, relation: Relation
) -> Verdict:
    """The verdict of the table; the most generous of several roles counts."""
    rights = _rights(groups, stands_for, resource)
    if any(relation in right.allowed for right in rights):
        return Verdict.ALLOWED
    if not rights or any(relation in right.refused for right in rights):
        return Verdict.REFUSED
    return Verdict.HIDDEN


def require_role(caller: Caller, resource: Resource, directory: Directory) -> None:
    """Raises Forbidden if the table refuses the caller the resource, whatever case or person it is about."""
    if _rights(caller.groups, standing(caller, directory), resource):
        return
    named = TABLE[resource]
    if not caller.groups & named.keys():
        raise Forbidden("this is only for " + " and ".join(group.replace("_", " ") for group in named))
    raise Forbidden(
        "this account belongs to no person of the directory in force who is still with the company"
    )


def require(caller: Caller, resource: Resource, relation: Relation, directory: Directory) -> None:
    """Raises Forbidden or NotFound, as the table says."""
    require_role(caller, resource, directory)
    match verdict(caller.groups, standing(caller, directory), resource, relation):
        case Verdict.HIDDEN:
            raise NotFound(f"{resource} is hidden from {caller.actor.id}, to whom it is {relation}")
        case Verdict.REFUSED:
            raise Forbidden("nobody can act on their own record")
        case Verdict.ALLOWED:
            pass


def sees(caller: Caller, case: Case, directory: Directory, resource: Resource = Resource.CASE) -> bool:
    relation, stands_for = relation_to_case(caller, case, directory), standing(caller, directory)
    return verdict(caller.groups, stands_for, resource, relation) is Verdict.ALLOWED


def opens(
    caller: Caller, directory: Directory, resource: Resource, relation: Relation = Relation.GENERAL
) -> bool:
    """Whether the caller reads figures, typed text and names in it.

    Of several roles, only one that allows it counts: an auditor who is also an HR partner opens the cases of
    their own people alone.
    """
    rights = _rights(caller.groups, standing(caller, directory), resource)
    return any(relation in right.allowed and not right.sealed for right in rights)


def looks_after(caller: Caller, person: Person, directory: Directory) -> bool:
    """Whether the caller may see the person, with or without a case. ``person``: as last known."""
    relation, stands_for = _relation(caller, person.id, person, directory), standing(caller, directory)
    return verdict(caller.groups, stands_for, Resource.CASE, relation) is Verdict.ALLOWED


def relation_to_case(caller: Caller, case: Case, directory: Directory) -> Relation:
    if caller.person_id == case.rep_id:
        return Relation.OWN
    if case.status is CaseStatus.OPEN and case.owner in (caller.person_id, HR_QUEUE):
        return Relation.TO_ACT_ON
    return relation_to_person(caller, case.rep_id, directory)


def relation_to_person(caller: Caller, person_id: PersonId, directory: Directory) -> Relation:
    """The relation to somebody of whom the record or the directory knows."""
    return _relation(caller, person_id, None, directory)


def bar_to_deciding(caller: Caller, request: Request, barred: Collection[PersonId]) -> str | None:
    """Why the caller may not answer this question of a case that they see, open or not; None if they may.

    ``barred``: the proposers of the step, who may not decide about it.
    """
    if request.seat not in HR_SEATS:
        return f"only the {request.seat.replace('_', ' ')} can answer this question"
    if Group.HR_ADMIN not in caller.groups and request.assignee not in (caller.person_id, HR_QUEUE):
        return "this question was put to another HR partner"
    if request.purpose in TWO_PERSON and caller.person_id in barred:
        return "the person who proposed a step, or stands in for them, cannot approve it: it takes two people"
    return None


def _rights(groups: Collection[Group], stands_for: Standing, resource: Resource) -> list[Right]:
    """The rights that the caller's roles have and their standing lets them use."""
    if stands_for is Standing.LEFT:
        return []
    named = (right for group, right in TABLE[resource].items() if group in groups)
    return [right for right in named if stands_for is Standing.LIVING or not right.as_a_person]


def _relation(
    caller: Caller, person_id: PersonId, last_known: Person | None, directory: Directory
) -> Relation:
    """``last_known``: as an earlier directory had the person, who left if today's does not have them."""
    if caller.person_id == person_id:
        return Relation.OWN
    today = directory.person(person_id)
    person = today or last_known
    if person is None or person.hr_partner_id is None:
        return Relation.FOREIGN
    if person.hr_partner_id != caller.person_id:
        return Relation.OTHERS
    return Relation.OWN_PEOPLE if today is not None and today.active else Relation.FORMER
