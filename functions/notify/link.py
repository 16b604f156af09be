"""Names a link in the record without its token. Pure."""

import hashlib
import re
from typing import Final

from shared.domain.identifiers import derived_id

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,128}", re.ASCII)


def link_id(token: str) -> str:
    """The id of this token's link. The token cannot be derived from it."""
    return derived_id("link", token_digest(token))


def token_digest(token: str) -> str:
    """The SHA-256 under which the table stores the link."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def could_be_a_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None
