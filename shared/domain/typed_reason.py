"""The reason that a person types for an answer or an act: how it is kept, and what it must be. Pure."""

import unicodedata
from typing import Final

from shared.domain.errors import InvalidInput

SHORTEST_REASON: Final = 10
LONGEST_REASON: Final = 2000


def typed_reason(text: str) -> str:
    """The words as they are kept (see ``kept_text``). Raises InvalidInput, whose text names the problem."""
    kept = kept_text(text)
    problem = reason_problem(kept)
    if problem is not None:
        raise InvalidInput(problem)
    return kept


def kept_text(text: str) -> str:
    """The typed text in NFC, with line feeds as its only line ends and no blanks around it."""
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def reason_problem(reason: str) -> str | None:
    """What is wrong with a kept text as a reason, for the person who typed it; None where nothing is."""
    if len(reason) < SHORTEST_REASON:
        return f"Please give a reason of at least {SHORTEST_REASON} characters."
    if len(reason) > LONGEST_REASON:
        return f"Please give a reason of at most {LONGEST_REASON} characters; this one has {len(reason)}."
    if any(
        unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t" for character in reason
    ):
        return "Please type the reason as plain text; one character in it cannot be kept."
    return None
