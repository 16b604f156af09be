"""The page of who may do what, from the one table that decides it."""

from collections.abc import Iterator
from typing import Final

from functions.audit.rights import TABLE, Relation, Resource, Right, Standing, verdict
from local.docs.markdown import code, page, table
from local.docs.routes import SAYS

RESOURCE_OF: Final[dict[str, Resource]] = {
    "GET /cases": Resource.CASES,
    "GET /cases/{case_id}": Resource.CASE,
    "GET /cases/{case_id}/comparators": Resource.CASE,
    "GET /cases/{case_id}/events": Resource.HISTORY,
    "GET /cases/{case_id}/evidence": Resource.HISTORY,
    "POST /cases/{case_id}/decisions": Resource.DECISION,
    "POST /cases/{case_id}/hold": Resource.LEAVE,
    "GET /evaluations": Resource.EVALUATIONS,
    "GET /evaluations/{evaluation_id}": Resource.EVALUATIONS,
    "GET /exports": Resource.EXPORTS,
    "GET /exports/{batch}": Resource.EXPORTS,
    "GET /exports/{batch}/rejected": Resource.EXPORTS,
    "GET /periods/{period}/evidence": Resource.PERIOD,
    "GET /ledger/checkpoint": Resource.LEDGER,
    "GET /ledger/consistency": Resource.LEDGER,
    "GET /ledger/evidence": Resource.LEDGER,
    "POST /people/{person_id}/shred": Resource.PERSON,
    "POST /people/{person_id}/hold": Resource.PERSON,
    "DELETE /people/{person_id}/hold": Resource.PERSON,
}
"""Which resource of the table of rights each route opens."""

_ABOUT: Final = """\
Every request of [HR's API](api.md) is judged by these tables. A test sends every request of every role, in
every relation, through the API and compares the answers with them.

| answer | means |
| --- | --- |
| allowed | the request is carried out, if nothing else stands against it |
| hidden | 404, with exactly the text for something that does not exist |
| refused | 403 |

A role that a table below does not list for a resource is refused. Of several roles of one account, the most
generous one counts for each request.
"""
_STANDING: Final = """\
## Whom an account stands for
An operator enters the `person_id` of an account. The directory in force says whether that person is with the
company.

| the account stands for | what it may do |
| --- | --- |
| a person who is with the company | all that its roles allow |
| nobody, or a person whom the directory does not have | only what the tables mark with *any account* |
| a person who has left | nothing |

An auditor or a member of the compensation staff may come from outside and stand for nobody. Enter the
`person_id` of every employee all the same: without it, nothing shows that a case is about the account's own
person. [Deploying](../how-to/deploy.md#the-first-administrator) says how the first administrator begins
before there is a directory.
"""
_RELATIONS: Final = """\
## What a case or a person is to the caller
The first that applies counts.
"""
_SAYS: Final[dict[Relation, str]] = {
    Relation.UNKNOWN: "Nothing of this id exists.",
    Relation.OWN: "It is about the caller. A rep uses the response page instead.",
    Relation.TO_ACT_ON: "An open case that the caller owns, or that is in HR's shared queue.",
    Relation.FOREIGN: "The directory in force does not have the person, or names no HR partner for them.",
    Relation.OTHERS: "Another HR partner looks after the person.",
    Relation.FORMER: "The caller was the HR partner of the person, who has left the company.",
    Relation.OWN_PEOPLE: "The caller is the HR partner of the person.",
}


def rights() -> str:
    """A route without a resource, or a resource of no route, is an error."""
    if RESOURCE_OF.keys() != SAYS.keys():
        raise LookupError(f"routes and their resources differ: {sorted(RESOURCE_OF.keys() ^ SAYS.keys())}")
    about_one = [resource for resource in Resource if not _is_general(resource)]
    return page(
        "Rights",
        "functions/audit/rights.py",
        _ABOUT,
        _STANDING,
        _RELATIONS,
        table(("relation", "means"), ([relation, says] for relation, says in _SAYS.items())),
        "## Cases and people",
        table(("resource", "role", "account", *_SAYS), _rows(about_one)),
        "The history and evidence of a case are opened for HR. An auditor's are sealed and without names.",
        "## Everything else",
        table(("resource", "role", "account", ""), _rows([one for one in Resource if _is_general(one)])),
        "A list shows only the cases that the caller may see.",
        "## The requests of each resource",
        table(("request", "resource"), ([code(route), resource] for route, resource in RESOURCE_OF.items())),
    )


def _is_general(resource: Resource) -> bool:
    return all(Relation.GENERAL in right.allowed for right in TABLE[resource].values())


def _rows(resources: list[Resource]) -> Iterator[list[str]]:
    for resource in resources:
        relations = [Relation.GENERAL] if _is_general(resource) else list(_SAYS)
        for group, right in TABLE[resource].items():
            verdicts = [verdict({group}, Standing.LIVING, resource, relation) for relation in relations]
            yield [resource, code(group), _account(right), *verdicts]


def _account(right: Right) -> str:
    return "a person" if right.as_a_person else "*any account*"
