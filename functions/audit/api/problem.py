"""What went wrong, as RFC 9457 has it. Pure."""

from typing import Any, Final

from shared.domain.errors import (
    Conflict,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    NotFound,
    NotYet,
    PlumblineError,
    Throttled,
)

_KINDS: Final[tuple[tuple[type[PlumblineError], int, str], ...]] = (
    (InvalidInput, 400, "That cannot be used"),
    (Forbidden, 403, "Not for this account"),
    (NotFound, 404, "Not found"),
    (Conflict, 409, "Somebody or something was first"),
    (IllegalTransition, 409, "Not possible in this state"),
    (NotYet, 503, "Not ready yet"),
    (Throttled, 503, "Too busy just now"),
)
_SAME_FOR_ALL: Final = "There is no such thing, or it is not yours to see."


def problem_of(error: PlumblineError) -> dict[str, Any]:
    """A problem's members. What is hidden and what does not exist read the same, to the letter."""
    for kind, status, title in _KINDS:
        if isinstance(error, kind):
            detail = _SAME_FOR_ALL if kind is NotFound else str(error)
            return {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return {
        "type": "about:blank",
        "title": "Something is wrong with the record",
        "status": 500,
        "detail": "What was read is not what was written. Nothing was changed.",
    }
