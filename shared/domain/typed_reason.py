"""The reason that a person types for an answer or a decision: what is accepted and stored. Pure."""

import unicodedata
from typing import Final

from shared.domain.errors import InvalidInput

SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 2000


def typed_reason(text: str) -> str:
    """The text as it is stored (see ``kept_text``). Raises InvalidInput with the problem as its message."""
    kept = kept_text(text)
    problem = reason_problem(kept)
    if problem is not None:
        raise InvalidInput(problem)
    return kept


def kept_text(text: str) -> str:
    """The typed text in NFC, with LF line ends and no surrounding blanks."""
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def reason_problem(reason: str) -> str | None:
    """What is wrong with a stored text as a reason, told to the person who typed it; None if it is fine."""
    if len(reason) < SHORTEST_REASON:
        return f"Please give a reason of at least {SHORTEST_REASON} characters."
    if len(reason) > LONGEST_REASON:
        return f"Please give a reason of at most {LONGEST_REASON} characters; this one has {len(reason)}."
    if any(
        unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t" for character in reason
    ):
        return "Please type the reason as plain text; it contains a character that cannot be stored."
    return None
