"""The reason that a person types: what is kept of it, and what it has to be. Pure."""

import unicodedata
from typing import Final

SHORTEST: Final = 10
LONGEST: Final = 2000


def settled(text: str) -> str:
    """The words as they are kept: NFC, line feeds alone, no blanks around."""
    return unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").strip()


def reason_problem(reason: str) -> str | None:
    """What is wrong with a settled reason, for the person who typed it; None where nothing is."""
    if len(reason) < SHORTEST:
        return f"Please say why, in at least {SHORTEST} characters."
    if len(reason) > LONGEST:
        return f"Please say it in at most {LONGEST} characters; these are {len(reason)}."
    if any(
        unicodedata.category(character) in ("Cc", "Cs") and character not in "\n\t" for character in reason
    ):
        return "Please type text alone; there is a character in it that cannot be kept."
    return None
