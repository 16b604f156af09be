"""The accounts of the Cognito user pool."""

import re
from typing import TYPE_CHECKING, Final

from botocore.exceptions import BotoCoreError, ClientError

from shared.account_ports import Account
from shared.aws.reasons import reason
from shared.domain.errors import Unavailable
from shared.domain.identifiers import PersonId

if TYPE_CHECKING:
    from mypy_boto3_cognito_idp.client import CognitoIdentityProviderClient

_SUBJECT: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
"""Cognito makes UUIDs. Nothing else may become part of a filter."""


class CognitoAccounts:
    """See ``shared.account_ports.Accounts``."""

    def __init__(self, pool_id: str, cognito: "CognitoIdentityProviderClient") -> None:
        self._pool_id = pool_id
        self._cognito = cognito

    def account(self, subject: str) -> Account | None:
        if not _SUBJECT.fullmatch(subject):
            return None
        try:
            return self._find(subject)
        except self._cognito.exceptions.UserNotFoundException:
            return None  # deleted between the two calls
        except (ClientError, BotoCoreError) as error:
            # Not even a missing permission may let somebody act unchecked.
            raise Unavailable(f"the account could not be looked up: {reason(error)}") from error

    def _find(self, subject: str) -> Account | None:
        found = self._cognito.list_users(UserPoolId=self._pool_id, Filter=f'sub = "{subject}"', Limit=1)
        for user in found["Users"]:
            attributes = {each["Name"]: each.get("Value", "") for each in user["Attributes"]}
            person = attributes.get("custom:person_id") or None
            return Account(
                enabled=user["Enabled"],
                person_id=None if person is None else PersonId(person),
                groups=self._groups(user["Username"]),
            )
        return None

    def _groups(self, name: str) -> frozenset[str]:
        pages = self._cognito.get_paginator("admin_list_groups_for_user").paginate(
            UserPoolId=self._pool_id, Username=name
        )
        return frozenset(group["GroupName"] for page in pages for group in page["Groups"])
