"""Confirm in the user pool that an account still is what its token says, before an act or an export."""

from dataclasses import replace

from functions.audit.caller import Caller
from shared.account_ports import Accounts
from shared.domain.errors import Forbidden


def confirm_account(accounts: Accounts, caller: Caller) -> Caller:
    """The caller, with only those of the token's groups in which the account still is.

    A token stays valid for up to an hour after its account was disabled, deleted or taken out of a group.
    Raises Forbidden if the account may not act any more, and Unavailable if the user pool does not answer.
    """
    account = accounts.account(caller.account)
    if account is None or not account.enabled:
        raise Forbidden("this account has been closed since you signed in")
    if account.person_id != caller.person_id:
        raise Forbidden("this account has been given to another person since you signed in; sign in again")
    return replace(caller, groups=frozenset(group for group in caller.groups if group in account.groups))
