"""The ledger as HR's API shows it, fetched with a token: the whole, or the proof that it grew."""

import json
import os
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from shared.domain.errors import InvalidInput

TOKEN: Final = "PLUMBLINE_TOKEN"
_LINK_TYPE: Final = "application/vnd.plumbline.link+json"
"""What the API answers in place of a file that is too large for an answer."""
_SECONDS: Final = 60
_HERE: Final = ("127.0.0.1", "localhost", "::1")


def is_address(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def read_token(file: Path | None) -> str:
    """The ID token, from a file or the environment. Raises InvalidInput where there is none."""
    token = os.environ.get(TOKEN, "") if file is None else file.read_text()
    if not token.strip():
        raise InvalidInput(f"an API wants a token: --token-file FILE, or {TOKEN} in the environment")
    return token.strip()


class Refused(InvalidInput):
    """The API answered, and not with what it was asked for."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def fetch_ledger(api_url: str, token: str, into: Path) -> None:
    """Store the API's bundle of the whole ledger. Raises InvalidInput where it is not to be had."""
    kind, body = _ask(api_url, "/ledger/evidence", token)
    if kind == _LINK_TYPE:
        # The link is signed itself; the token is for the API alone.
        _, body = _get(str(json.loads(body)["url"]), {})
    into.write_bytes(body)


def fetch_growth(api_url: str, token: str, size: int) -> bytes | None:
    """The API's proof that the ledger grew from so many events; None where it has no proof to show.

    It says so of a size that the ledger never had, and an older one of a question that it does not know.
    Raises InvalidInput where nothing is to be had at all.
    """
    try:
        return _ask(api_url, f"/ledger/consistency?from={size}", token)[1]
    except Refused as refused:
        if refused.status in (400, 404):
            return None
        raise


def _ask(api_url: str, path: str, token: str) -> tuple[str, bytes]:
    parts = urlsplit(api_url)
    if parts.scheme == "http" and parts.hostname not in _HERE:
        raise InvalidInput("a token is sent by https alone")
    return _get(f"{api_url.rstrip('/')}{path}", {"Authorization": f"Bearer {token}"})


class _StayHere(urllib.request.HTTPRedirectHandler):
    """A token must not follow to wherever a reply points."""

    def redirect_request(self, *_: object) -> None:
        return None


def _get(url: str, headers: dict[str, str]) -> tuple[str, bytes]:
    """Media type and body."""
    opener = urllib.request.build_opener(_StayHere)
    host = urlsplit(url).hostname
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=_SECONDS) as reply:
            return reply.headers.get_content_type(), reply.read()
    except urllib.error.HTTPError as refused:
        with refused:
            raise Refused(f"{host} answered {refused.code}", refused.code) from refused
    except (OSError, HTTPException) as error:
        raise InvalidInput(f"{host} cannot be reached: {type(error).__name__}") from error
