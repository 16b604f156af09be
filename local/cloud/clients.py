"""Clients that act as the users of a running local cloud: a manager with a link, HR with a password.

They use only the public interfaces: pages over HTTP, Cognito, and the API behind its gateway.
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

_LINK: Final = re.compile(r"https?://\S+/r/[a-z0-9]{52}")
_SECONDS: Final = 60

Found = TypeVar("Found")


class Unreachable(RuntimeError):
    """The server did not reply in time."""


class TimedOut(RuntimeError):
    """The awaited state was not reached in time."""


def until(what: str, look: Callable[[], Found | None], patience_s: int = 300) -> Found:
    """Call ``look`` until it returns a value. Raises TimedOut after ``patience_s`` seconds."""
    gives_up = time.monotonic() + patience_s
    while time.monotonic() < gives_up:
        # On a slow machine a request may time out. The next one repeats it.
        with contextlib.suppress(Unreachable):
            if (found := look()) is not None:
                return found
        time.sleep(0.3)
    raise TimedOut(f"not reached within {patience_s} s: {what}")


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
    """Send one HTTP request. An error status is a normal reply. Raises Unreachable without a reply."""
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
    """The response link in a mail; None if it has none."""
    found = _LINK.search(str(mail["text"]))
    return found[0] if found else None


class _Form(HTMLParser):
    """The hidden fields and the choices of a page's form."""

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
    """The choices on a response page."""
    form = _Form()
    form.feed(page)
    return form.choices


def answer_by_link(link: str, choice: str, reason: str, code: str = "") -> Reply:
    """Open the page of a link, fill in its form and send it, as a browser would."""
    return send_form(link, call(link).text, choice, reason, code)


def send_form(
    link: str, page: str, choice: str, reason: str, code: str = "", action: str = "answer"
) -> Reply:
    """Send the form of a page that is already open."""
    form = _Form()
    form.feed(page)
    fields = form.hidden | {"choice": choice, "reason": reason, "code": code, "action": action}
    if 'name="seen"' in page:
        fields["seen"] = "yes"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    return call(link, "POST", headers, urllib.parse.urlencode(fields).encode())


class SignedIn:
    """A signed-in user in these groups. The API accepts ``token``."""

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
            # The account exists since an earlier run. Give it a new password.
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
