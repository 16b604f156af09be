"""The port to the accounts with which people sign in."""

from dataclasses import dataclass
from typing import Protocol

from shared.domain.identifiers import PersonId


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is now, whatever a token says that was issued for it earlier."""

    enabled: bool
    person_id: PersonId | None
    groups: frozenset[str]


class Accounts(Protocol):
    def account(self, subject: str) -> Account | None:
        """The account with this ``sub``; None if there is none. Raises Unavailable without an answer."""
        ...
