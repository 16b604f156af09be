"""The accounts of a user pool in memory."""

from shared.account_ports import Account
from shared.domain.errors import Unavailable


class FakeAccounts:
    """``known``: each account by its subject, None if it was deleted. ``down``: there is no answer."""

    def __init__(self, **known: Account | None) -> None:
        self.known: dict[str, Account | None] = known
        self.down = False

    def account(self, subject: str) -> Account | None:
        if self.down:
            raise Unavailable("the account could not be looked up")
        return self.known.get(subject)
