"""Fetches the whole ledger, or the proof of its growth, from HR's API with a token."""

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
"""The media type of the link that the API returns for a file that is too large for an answer."""
_SECONDS: Final = 60
_LOCAL_HOSTS: Final = ("127.0.0.1", "localhost", "::1")


def is_address(source: str) -> bool:
    return source.startswith(("http://", "https://"))


def read_token(file: Path | None) -> str:
    """The ID token from a file or the environment. Raises InvalidInput if there is none."""
    token = os.environ.get(TOKEN, "") if file is None else file.read_text()
    if not token.strip():
        raise InvalidInput(
            f"the API needs a token: give --token-file FILE, or set {TOKEN} in the environment"
        )
    return token.strip()


class Refused(InvalidInput):
    """The API answered with an error status."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


def fetch_ledger(api_url: str, token: str, into: Path) -> None:
    """Store the API's bundle of the whole ledger. Raises InvalidInput if it cannot be fetched."""
    kind, body = _ask(api_url, "/ledger/evidence", token)
    if kind == _LINK_TYPE:
        # The link carries its own signature. The token is only for the API.
        _, body = _get(str(json.loads(body)["url"]), {})
    into.write_bytes(body)


def fetch_growth(api_url: str, token: str, size: int) -> bytes | None:
    """The API's proof that the ledger grew from ``size`` events; None if the API has no such proof.

    That is its answer for a size that the ledger never had; an older API does not know the route.
    Raises InvalidInput if the API cannot answer at all.
    """
    try:
        return _ask(api_url, f"/ledger/consistency?from={size}", token)[1]
    except Refused as refused:
        if refused.status in (400, 404):
            return None
        raise


def _ask(api_url: str, path: str, token: str) -> tuple[str, bytes]:
    parts = urlsplit(api_url)
    if parts.scheme == "http" and parts.hostname not in _LOCAL_HOSTS:
        raise InvalidInput("a token is sent only over https")
    return _get(f"{api_url.rstrip('/')}{path}", {"Authorization": f"Bearer {token}"})


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, so that the token goes to no other host."""

    def redirect_request(self, *_: object) -> None:
        return None


def _get(url: str, headers: dict[str, str]) -> tuple[str, bytes]:
    """Media type and body."""
    opener = urllib.request.build_opener(_NoRedirects)
    host = urlsplit(url).hostname
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=_SECONDS) as reply:
            return reply.headers.get_content_type(), reply.read()
    except urllib.error.HTTPError as refused:
        with refused:
            raise Refused(f"{host} answered {refused.code}", refused.code) from refused
    except (OSError, HTTPException) as error:
        raise InvalidInput(f"{host} cannot be reached: {type(error).__name__}") from error
