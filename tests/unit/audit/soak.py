"""How long the tests run that can be long: ``make soak`` sets PLUMBLINE_SOAK=1."""

import os
from typing import Final

SOAK: Final = os.environ.get("PLUMBLINE_SOAK") == "1"


def share(usual: int, at_length: int) -> int:
    """How often: usually, or at length."""
    return at_length if SOAK else usual
