"""Finds the token in a link's path, and names the link in the record without its token. Pure."""

import hashlib
import hmac
import re
from typing import Final

from shared.domain.identifiers import derived_id

_TOKEN: Final = re.compile(r"([a-z0-9]{52})(?![a-z0-9])", re.ASCII)
"""A token that `shared.ports.Links` issues."""
_EARLIER_TOKEN: Final = re.compile(r"([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])", re.ASCII)
"""A token of a release before 0.2. Mails with such links are still in use."""


def read_token(path: str) -> str | None:
    """The token at the beginning of what follows ``/r/``; None if there is none.

    Mail gateways write links in lower or upper case. Mail programs take punctuation behind a link into it.
    So upper case is read as lower case, and characters that no token has are cut off at the end.
    """
    found = _TOKEN.match(path.lower()) or _EARLIER_TOKEN.match(path)
    return None if found is None else found[1]


def link_id(token: str) -> str:
    """The id of this token's link. The token cannot be derived from it."""
    return derived_id("link", token_digest(token))


def token_digest(token: str) -> str:
    """The SHA-256 under which the table stores the link."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def private_mark(token: str, *texts: str) -> str:
    """Tells texts that one link sent from others. Without the token nobody can test a guess at them."""
    return hmac.digest(token.encode(), "\x1f".join(texts).encode("utf-8", "surrogatepass"), "sha256").hex()
