"""The people who use a running local cloud, as programs: a manager with a link, HR with a password.

They go by the public ways only: pages over HTTP, sign-in by Cognito, the API behind its gateway.
"""

import contextlib
import json
import re
import secrets
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import Message
from html.parser import HTMLParser
from typing import Any, Final, TypeVar

from local.cloud.stack import Stack

_LINK: Final = re.compile(r"https?://\S+/r/[A-Za-z0-9_-]{43}")
_SECONDS: Final = 60

Found = TypeVar("Found")


class Unreachable(RuntimeError):
    """Nobody replied in time."""


class NeverSeen(RuntimeError):
    """What was waited for did not come."""


def until(what: str, look: Callable[[], Found | None], patience_s: int = 300) -> Found:
    """Look again and again until there is something to see; NeverSeen when patience ends."""
    gives_up = time.monotonic() + patience_s
    while time.monotonic() < gives_up:
        # A slow machine may leave one request without a reply; the next one asks the same again.
        with contextlib.suppress(Unreachable):
            if (found := look()) is not None:
                return found
        time.sleep(0.3)
    raise NeverSeen(f"waited {patience_s} s for this: {what}")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    def json(self) -> Any:
        return json.loads(self.body)


def call(
    url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Reply:
    """One request over HTTP; a refusal is a reply like any other. Raises Unreachable where nobody replies."""
    request = urllib.request.Request(url, data=body, method=method, headers=dict(headers or {}))
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as reply:
            return Reply(reply.status, reply.headers, reply.read())
    except urllib.error.HTTPError as refused:
        with refused:
            return Reply(refused.code, refused.headers, refused.read())
    except OSError as error:
        raise Unreachable(f"{urllib.parse.urlsplit(url).netloc} does not reply: {error}") from error


def link_in(mail: Mapping[str, Any]) -> str | None:
    """The response link of a mail, where it has one."""
    found = _LINK.search(str(mail["text"]))
    return found[0] if found else None


class _Form(HTMLParser):
    """The fields of a page's form and the choices that it offers."""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[str, str] = {}
        self.choices: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        name, value = attributes.get("name") or "", attributes.get("value") or ""
        if tag == "input" and attributes.get("type") == "hidden":
            self.hidden[name] = value
        elif tag == "input" and attributes.get("type") == "radio" and name == "choice":
            self.choices.append(value)


def offered_choices(page: str) -> list[str]:
    """What a response page lets its reader choose from."""
    form = _Form()
    form.feed(page)
    return form.choices


def answer_by_link(link: str, choice: str, reason: str, code: str = "") -> Reply:
    """Open the page behind a link, fill in its form, and send it, as its reader's browser would."""
    return send_form(link, call(link).text, choice, reason, code)


def send_form(
    link: str, page: str, choice: str, reason: str, code: str = "", action: str = "answer"
) -> Reply:
    """Send the form of a page that was opened before."""
    form = _Form()
    form.feed(page)
    fields = form.hidden | {"choice": choice, "reason": reason, "code": code, "action": action}
    if 'name="seen"' in page:
        fields["seen"] = "yes"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    return call(link, "POST", headers, urllib.parse.urlencode(fields).encode())


class SignedIn:
    """Somebody with an account, in some groups, signed in by password; ``token`` proves it to the API."""

    def __init__(self, stack: Stack, name: str, groups: tuple[str, ...], person_id: str | None) -> None:
        self._api_url = stack.info["api_url"]
        cognito, pool = stack.client("cognito-idp"), stack.info["user_pool_id"]
        password = f"Aa1!{secrets.token_urlsafe(18)}"
        attributes = [
            {"Name": "email", "Value": f"{name}@example.com"},
            {"Name": "email_verified", "Value": "true"},
        ]
        if person_id is not None:
            attributes.append({"Name": "custom:person_id", "Value": person_id})
        username = f"{name}@example.com"
        try:
            cognito.admin_create_user(
                UserPoolId=pool,
                Username=username,
                UserAttributes=attributes,
                TemporaryPassword=password,
                MessageAction="SUPPRESS",
            )
        except cognito.exceptions.UsernameExistsException:
            # The folder of an earlier run: the account is taken over with a new password.
            cognito.admin_update_user_attributes(
                UserPoolId=pool, Username=username, UserAttributes=attributes
            )
        cognito.admin_set_user_password(UserPoolId=pool, Username=username, Password=password, Permanent=True)
        for group in groups:
            cognito.admin_add_user_to_group(UserPoolId=pool, Username=username, GroupName=group)
        answer = cognito.initiate_auth(
            ClientId=stack.info["user_pool_client_id"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": username, "PASSWORD": password},
        )
        self.username = username
        self.password = password
        self.token: str = answer["AuthenticationResult"]["IdToken"]

    def get(self, path: str) -> Reply:
        """GET a path of the API, such as ``/cases``."""
        return call(self._api_url + path, headers={"Authorization": f"Bearer {self.token}"})

    def post(self, path: str, body: Mapping[str, Any]) -> Reply:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return call(self._api_url + path, "POST", headers, json.dumps(dict(body)).encode())
