"""Reads the anchor, a checkpoint that the reader holds: a file, a witness's state or a saved mail."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from html import unescape
from pathlib import Path
from typing import Final

from .forms import parse_checkpoint
from .witnesses import Cosigned, cosigned_in

LARGEST: Final = 1_000_000
"""Bytes. A mail with a checkpoint has a few thousand."""
_DEEPEST: Final = 60
_CHECKPOINT: Final = re.compile(
    r'\{"checkpoint":\{[^{}]{1,1000}\},"signature":"[A-Za-z0-9+/=]{1,200}"\}', re.ASCII
)
# Mail programs break lines and save texts as UTF-16; a checkpoint itself contains no blank.
_BLANKS: Final = re.compile(r"[\s\0]+")
# Every nested part of a mail needs one of these words. Python's parser sets no limit to nesting.
_NESTING: Final = re.compile(rb"boundary|message/", re.IGNORECASE)


def read_anchor(path: Path) -> bytes | Cosigned:
    """The checkpoint in the file. Raises ValueError if there is none, or more than one."""
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"{path} is too large to be a checkpoint or a mail with one")
    try:
        return cosigned_in(data) or checkpoint_in(data)
    except ValueError as error:
        raise ValueError(f"{path} is not a checkpoint: {error}") from error


def checkpoint_in(data: bytes) -> bytes:
    """The checkpoint in a file or a mail.

    Raises ValueError for none, and for two that differ: the verdict must not depend on a guess.
    """
    found = set(_found(data))
    for part in _parts(data):
        found.update(_found(part))
    if len(found) > 1:
        raise ValueError("it contains several checkpoints: save the line of the one that you mean as a file")
    if not found:
        parse_checkpoint(data, "the anchor")  # says what is wrong with it
    return found.pop() if found else data


def _found(data: bytes) -> Iterator[bytes]:
    text = _BLANKS.sub("", data.decode("latin-1"))
    for match in _CHECKPOINT.finditer(unescape(text) if "&" in text else text):
        if _is_checkpoint(line := match[0].encode("latin-1")):
            yield line


def _is_checkpoint(line: bytes) -> bool:
    """False, for example, for a line that the encoding of a mail broke."""
    try:
        parse_checkpoint(line, "the anchor")
    except ValueError:
        return False
    return True


def _parts(data: bytes) -> Iterator[bytes]:
    """The decoded parts of a mail: quoted-printable and base64 hide the line."""
    if len(_NESTING.findall(data)) > _DEEPEST:
        raise ValueError("a mail with too many parts")
    for part in message_from_bytes(data).walk():
        if not part.is_multipart():
            yield _decoded(part)


def _decoded(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""
