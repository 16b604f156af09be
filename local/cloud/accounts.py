"""Accounts of a local cloud's users: who may sign in to the console and the API, and in which group."""

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from botocore.exceptions import ClientError

from local.cloud.private_files import write_json
from shared.domain.errors import InvalidInput

FILE: Final = "accounts.json"
_DOMAIN: Final = "example.com"
_FIRST: Final = {
    "hr_partner": "H001",
    "hr_admin": "V001",
    "compensation": "D00001",
    "auditor": "D00002",
}
"""The account of each group that `up` creates, and the person of the sample whom it stands for."""
GROUPS: Final = tuple(_FIRST)


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    group: str
    person: str | None
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account with its password, which Cognito does not show again."""

    name: str
    password: str
    group: str
    person: str | None


def first_accounts(folder: Path, info: Mapping[str, Any], cognito: Any) -> list[NewAccount]:
    """An account for each group: those of this folder, created with its user pool."""
    path = folder / FILE
    if path.exists():
        kept = json.loads(path.read_text())
        if kept["user_pool_id"] == info["user_pool_id"]:
            return [NewAccount(**each) for each in kept["accounts"]]
    created = [
        add_account(info, cognito, group.replace("_", "."), group, person) for group, person in _FIRST.items()
    ]
    write_json(
        path, {"user_pool_id": info["user_pool_id"], "accounts": [asdict(account) for account in created]}
    )
    return created


def add_account(
    info: Mapping[str, Any],
    cognito: Any,
    name: str,
    group: str,
    person: str | None,
    password: str | None = None,
) -> NewAccount:
    """Create an account in one group. Raises InvalidInput if the name is taken or the password too weak.

    ``person``: the id in the directory of the person whom the account stands for.
    """
    pool = info["user_pool_id"]
    address = name if "@" in name else f"{name}@{_DOMAIN}"
    # Digits, both cases and a sign, as the user pool requires.
    password = password or f"Aa1-{secrets.token_urlsafe(15)}"
    attributes = [{"Name": "email", "Value": address}, {"Name": "email_verified", "Value": "true"}]
    if person is not None:
        attributes.append({"Name": "custom:person_id", "Value": person})
    try:
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=address,
            UserAttributes=attributes,
            TemporaryPassword=password,
            MessageAction="SUPPRESS",
        )
        cognito.admin_set_user_password(UserPoolId=pool, Username=address, Password=password, Permanent=True)
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=address, GroupName=group)
    except ClientError as error:
        raise InvalidInput(f"{address} was not added: {error.response['Error']['Message']}") from error
    return NewAccount(address, password, group, person)


def list_accounts(info: Mapping[str, Any], cognito: Any) -> Iterator[Account]:
    """Every account, by group and name. One in two groups appears twice, one in none last."""
    pool = info["user_pool_id"]
    grouped: set[str] = set()
    for group in GROUPS:
        pages = cognito.get_paginator("list_users_in_group").paginate(UserPoolId=pool, GroupName=group)
        for user in sorted(_users(pages), key=_name):
            grouped.add(_name(user))
            yield _account(user, group)
    for user in sorted(_users(cognito.get_paginator("list_users").paginate(UserPoolId=pool)), key=_name):
        if _name(user) not in grouped:
            yield _account(user, "")


def disable_account(info: Mapping[str, Any], cognito: Any, name: str) -> None:
    """Bar an account from signing in, and end its sessions. Raises InvalidInput if there is none."""
    address = name if "@" in name else f"{name}@{_DOMAIN}"
    try:
        cognito.admin_disable_user(UserPoolId=info["user_pool_id"], Username=address)
        cognito.admin_user_global_sign_out(UserPoolId=info["user_pool_id"], Username=address)
    except ClientError as error:
        raise InvalidInput(f"{address} was not disabled: {error.response['Error']['Message']}") from error


def _users(pages: Any) -> list[dict[str, Any]]:
    return [user for page in pages for user in page["Users"]]


def _account(user: Mapping[str, Any], group: str) -> Account:
    return Account(_name(user), group, _attributes(user).get("custom:person_id"), bool(user["Enabled"]))


def _name(user: Mapping[str, Any]) -> str:
    return _attributes(user).get("email") or str(user["Username"])


def _attributes(user: Mapping[str, Any]) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in user.get("Attributes", [])}
