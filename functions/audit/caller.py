"""The signed-in caller of the API, and what they may see and decide. Pure.

The handler reads the signed claims; this module decides.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from functions.audit.parameters import is_name
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
"""Purposes that a second person must decide: never the one who chose or proposed the step."""


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

    def require(self, *allowed: Group) -> None:
        """Raises Forbidden unless the caller is in one of the groups."""
        if not self.groups & frozenset(allowed):
            raise Forbidden("this is only for " + " and ".join(group.replace("_", " ") for group in allowed))

    def reads_private_parts(self) -> bool:
        """HR reads typed text and figures; an auditor checks the seals without opening them."""
        return bool(self.groups & HR)

    def sees(self, case: Case, directory: Directory) -> bool:
        """An administrator sees every case, a partner those of their own people and those they must act on.

        Nobody sees their own case through the API, in any group. The rep has a response page instead, which
        does not show other people's notes.
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
        """Whether the caller may see the person, with or without a case. Nobody looks after themself."""
        if self.person_id is not None and self.person_id == person.id:
            return False
        partner = Group.HR_PARTNER in self.groups and self.person_id is not None
        return Group.HR_ADMIN in self.groups or (partner and person.hr_partner_id == self.person_id)

    def require_sight(self, case: Case, directory: Directory) -> None:
        """Raises NotFound, worded as for a case that does not exist, so that a stranger learns nothing."""
        if not self.sees(case, directory):
            raise NotFound(f"no case {case.id}")

    def bar_to_deciding(self, case: Case, request: Request) -> str | None:
        """Why the caller may not answer this question, open or not; None if they may."""
        if not self.groups & HR:
            return "only HR can decide this"
        if self.person_id is None:
            return "this account belongs to no person in the directory, so it cannot decide"
        if self.person_id == case.rep_id:
            return "nobody can decide on their own case"
        if request.seat not in HR_SEATS:
            return f"only the {request.seat.replace('_', ' ')} can answer this question"
        if Group.HR_ADMIN not in self.groups and request.assignee not in (self.person_id, HR_QUEUE):
            return "this question was put to another HR partner"
        if request.purpose in TWO_PERSON and self.person_id == case.proposed_by:
            return "the person who proposed a step cannot approve it: it takes two people"
        return None


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
