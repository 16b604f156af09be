"""Lets only this laptop's own pages and programs reach the engine.

The engine checks no signatures and answers every site's pages. A page in a browser could therefore act on it:
by a name that resolves to this machine (DNS rebinding), by a form, or by the address of a picture.
"""

import json
import os
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from local.cloud.engine import ORIGINS

Serve = Callable[[Any, Any, Any], Coroutine[Any, Any, None]]
_HOSTS: Final = ("127.0.0.1", "localhost")
_REFUSED: Final = b"this server answers to its own pages and to programs on this machine only\n"


def only_own_origins(serve: Serve) -> Serve:
    """The application, with requests of other sites refused."""
    own = frozenset(json.loads(os.environ[ORIGINS]))

    async def check_first(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or _is_own(_headers(scope), scope.get("query_string", b""), own):
            await serve(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(_REFUSED)).encode())]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": _REFUSED})

    return check_first


def _is_own(headers: Mapping[str, str], query: bytes, own: frozenset[str]) -> bool:
    if urlsplit(f"//{headers.get('host', '')}").hostname not in _HOSTS:
        return False
    if "origin" in headers:
        return headers["origin"] in own
    # A browser names no origin for a picture or a link. Programs send none of these headers.
    site = headers.get("sec-fetch-site", "none")
    return site in ("none", "same-origin") or (site == "same-site" and _is_presigned(query))


def _is_presigned(query: bytes) -> bool:
    """Whether it is the link to a file too large for an answer of the API; the console opens it."""
    return "X-Amz-Signature" in parse_qs(query.decode("latin-1"))


def _headers(scope: Any) -> dict[str, str]:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
