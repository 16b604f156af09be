"""The signed-in caller of the API, read from signed claims. What they may do is in `rights`. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.errors import Forbidden
from shared.domain.event import Actor, ActorKind, Authentication
from shared.domain.identifiers import PersonId


class Group(StrEnum):
    HR_PARTNER = "hr_partner"
    HR_ADMIN = "hr_admin"
    COMPENSATION = "compensation"
    AUDITOR = "auditor"


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person. ``person_id`` is None for an account without a person in the directory."""

    account: str
    person_id: PersonId | None
    groups: frozenset[Group]

    @classmethod
    def from_claims(cls, claims: Mapping[str, object]) -> "Caller":
        """The caller whom the authorizer verified. Raises Forbidden for claims that name no account."""
        account = str(claims.get("sub") or "")
        if not account:
            raise Forbidden("the token names no account")
        person = str(claims.get("custom:person_id") or "")
        return cls(account, PersonId(person) if person else None, _groups(claims.get("cognito:groups")))

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
    """Reads ``[hr_partner]``, ``[a b]`` or a real list, as authorizers write them; ignores unknown groups."""
    names = claim if isinstance(claim, list) else str(claim or "").strip("[]").replace(",", " ").split()
    return frozenset(group for group in Group if group.value in names)
