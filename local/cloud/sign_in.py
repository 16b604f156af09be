"""Calls the API of a running cloud as a signed-in user."""

import argparse
import json
import os
from getpass import getpass
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from botocore.exceptions import ClientError

from local.cloud.stack import client, read_stack
from shared.domain.errors import InvalidInput, PlumblineError

_SECONDS = 60


class Refused(PlumblineError):
    """The API refused the request. The message is its reason."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the options for the user and the cloud."""
    parser.add_argument(
        "--user", default=os.environ.get("PLUMBLINE_USER"), help="user name; default: PLUMBLINE_USER"
    )
    parser.add_argument(
        "--code", help="six-digit code of your authenticator app, if the account has a second factor"
    )
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=Path(".plumbline"),
        help="folder of the running cloud; default: .plumbline",
    )


def call(args: argparse.Namespace, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The API's response. Raises Refused with the API's reason, or InvalidInput if it is unreachable."""
    info = read_stack(args.data)
    token = _token(info, args.user, args.code)
    request = Request(
        info["api_url"] + path,
        data=json.dumps(body).encode(),
        method=method,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urlopen(request, timeout=_SECONDS) as answer:
            return dict(json.loads(answer.read()))
    except HTTPError as error:
        raise Refused(_reason(error)) from error
    except URLError as error:
        raise InvalidInput(f"{info['api_url']} does not answer: {error.reason}") from error


def _token(info: dict[str, Any], user: str | None, code: str | None) -> str:
    if not user:
        raise InvalidInput("no user given: use --user NAME, or set PLUMBLINE_USER")
    # Not an option, because other users of the machine can read command lines.
    password = os.environ.get("PLUMBLINE_PASSWORD") or getpass(f"Password of {user}: ")
    cognito = client("cognito-idp", info)
    try:
        answer = cognito.initiate_auth(
            ClientId=info["user_pool_client_id"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": user, "PASSWORD": password},
        )
        if answer.get("ChallengeName") == "SOFTWARE_TOKEN_MFA":
            if not code:
                raise InvalidInput("this account has a second factor: give its six digits with --code")
            answer = cognito.respond_to_auth_challenge(
                ClientId=info["user_pool_client_id"],
                ChallengeName="SOFTWARE_TOKEN_MFA",
                Session=answer["Session"],
                ChallengeResponses={"USERNAME": user, "SOFTWARE_TOKEN_MFA_CODE": code},
            )
    except ClientError as error:
        raise InvalidInput(f"{user} cannot sign in: {error.response['Error']['Message']}") from error
    if "AuthenticationResult" not in answer:
        raise InvalidInput(f"{user} must first sign in to the console: {answer.get('ChallengeName')}")
    return str(answer["AuthenticationResult"]["IdToken"])


def _reason(error: HTTPError) -> str:
    try:
        return str(json.loads(error.read())["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the API answered {error.code}"
