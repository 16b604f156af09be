"""Who asks, and what is theirs to see. Pure: the handler reads the signed claims, this decides."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from shared.domain.case import Case
from shared.domain.errors import Forbidden, NotFound
from shared.domain.event import Actor, ActorKind, Authentication
from shared.domain.identifiers import PersonId
from shared.domain.person import HR_QUEUE, Directory, Person
from shared.domain.request import Request


class Group(StrEnum):
    HR_PARTNER = "hr_partner"
    HR_ADMIN = "hr_admin"
    COMPENSATION = "compensation"
    AUDITOR = "auditor"


HR = frozenset({Group.HR_PARTNER, Group.HR_ADMIN})
HR_SEATS = frozenset({"hr_partner", "hr_queue"})
TWO_PERSON = frozenset({"gate", "exception", "dispute", "removal_approval"})
"""What is decided about what somebody chose or proposed, and never by that person."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person. ``person_id`` is null for an account that stands for nobody in the directory."""

    account: str
    person_id: PersonId | None
    groups: frozenset[Group]

    @classmethod
    def from_claims(cls, claims: Mapping[str, object]) -> "Caller":
        """The caller whom the authorizer vouches for. Raises Forbidden for claims that name no account."""
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

    def require(self, *allowed: Group) -> None:
        """Raises Forbidden unless the caller is in one of the groups."""
        if not self.groups & frozenset(allowed):
            raise Forbidden("this is for " + " and ".join(group.replace("_", " ") for group in allowed))

    def reads_private_parts(self) -> bool:
        """HR opens what was typed and whose figures they are; an auditor checks the seals unopened."""
        return bool(self.groups & HR)

    def sees(self, case: Case, directory: Directory) -> bool:
        """An administrator sees every case, a partner those of their own people and those they must act on.

        Nobody sees their own case here, whatever their groups: its subject has a page of their own, and the
        notes of others are not on it.
        """
        if self.person_id is not None and self.person_id == case.rep_id:
            return False
        if self.groups & {Group.HR_ADMIN, Group.AUDITOR}:
            return True
        if Group.HR_PARTNER not in self.groups or self.person_id is None:
            return False
        if case.owner in (self.person_id, HR_QUEUE):
            return True
        rep = directory.person(case.rep_id)
        return rep is not None and rep.hr_partner_id == self.person_id

    def looks_after(self, person: Person) -> bool:
        """Whether the person is the caller's to see, with or without a case; nobody is their own."""
        if self.person_id is not None and self.person_id == person.id:
            return False
        partner = Group.HR_PARTNER in self.groups and self.person_id is not None
        return Group.HR_ADMIN in self.groups or (partner and person.hr_partner_id == self.person_id)

    def require_sight(self, case: Case, directory: Directory) -> None:
        """Raises NotFound, in the words of a case that does not exist: a stranger learns nothing."""
        if not self.sees(case, directory):
            raise NotFound(f"no case {case.id}")

    def bar_to_deciding(self, case: Case, request: Request) -> str | None:
        """Why this question is not the caller's to answer, open or not; None where it is."""
        if not self.groups & HR:
            return "only HR decides here"
        if self.person_id is None:
            return "this account stands for no person of the directory, so it cannot decide"
        if self.person_id == case.rep_id:
            return "nobody decides on their own case"
        if request.seat not in HR_SEATS:
            return f"this question is the {request.seat.replace('_', ' ')}'s to answer"
        if Group.HR_ADMIN not in self.groups and request.assignee not in (self.person_id, HR_QUEUE):
            return "this question was put to another HR partner"
        if request.purpose in TWO_PERSON and self.person_id == case.proposed_by:
            return "whoever proposed a step does not approve it: it takes two people"
        return None


def _groups(claim: object) -> frozenset[Group]:
    """``[hr_partner]``, ``[a b]`` or a real list, as authorizers write them; other groups are not ours."""
    names = claim if isinstance(claim, list) else str(claim or "").strip("[]").replace(",", " ").split()
    return frozenset(group for group in Group if group.value in names)
