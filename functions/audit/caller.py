"""The signed-in caller of the API, read from signed claims. What they may do is in `rights`. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from functions.audit.parameters import is_name
from shared.domain.errors import Forbidden
from shared.domain.event import Actor, ActorKind, Authentication
from shared.domain.identifiers import PersonId


class Group(StrEnum):
    HR_PARTNER = "hr_partner"
    HR_ADMIN = "hr_admin"
    COMPENSATION = "compensation"
    AUDITOR = "auditor"


HR: Final = frozenset({Group.HR_PARTNER, Group.HR_ADMIN})


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person. ``person_id`` is None for an account without a person in the directory."""

    account: str
    person_id: PersonId | None
    groups: frozenset[Group]

    @classmethod
    def from_claims(cls, claims: Mapping[str, object]) -> "Caller":
        """The caller whom the authorizer verified. Raises Forbidden for claims that nobody may act on.

        Only an ID token says which person its bearer is. With an access token, people could open their own
        case. HR must be a person; an auditor and compensation staff may come from outside.
        """
        if claims.get("token_use") != "id":
            raise Forbidden("send the ID token: an access token does not say which person you are")
        account, person = claims.get("sub"), claims.get("custom:person_id") or None
        if not isinstance(account, str) or not is_name(account):
            raise Forbidden("the token names no account")
        if person is not None and not (isinstance(person, str) and is_name(person)):
            raise Forbidden("the token's person_id is not the id of a person")
        groups = _groups(claims.get("cognito:groups"))
        if person is None and groups & HR:
            raise Forbidden("this account belongs to no person: an operator must enter its person_id")
        return cls(account, None if person is None else PersonId(person), groups)

    @property
    def actor(self) -> Actor:
        return Actor(
            ActorKind.PERSON, str(self.person_id or f"account/{self.account}"), Authentication.COGNITO
        )

    @property
    def person(self) -> PersonId:
        """The person for whom the account stands. Raises Forbidden if there is none."""
        if self.person_id is None:
            raise Forbidden("this account belongs to no person in the directory")
        return self.person_id


def _groups(claim: object) -> frozenset[Group]:
    """The groups in a list, or in text such as ``[hr_partner auditor]``, which API Gateway makes of a list.

    A group's name may contain commas and brackets but no blank, so blanks alone separate names, and one pair
    of brackets surrounds them all. Text of any other form grants nothing.
    """
    names: list[object] = []
    if isinstance(claim, list):
        names = claim
    elif isinstance(claim, str) and claim.startswith("[") and claim.endswith("]"):
        names = [*claim[1:-1].split(" ")]
    return frozenset(group for group in Group if group.value in names)
