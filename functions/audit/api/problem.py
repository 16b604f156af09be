"""Turns an error into a problem document (RFC 9457). Pure."""

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
    Unavailable,
)

_KINDS: Final[tuple[tuple[type[PlumblineError], int, str], ...]] = (
    (InvalidInput, 400, "Invalid request"),
    (Forbidden, 403, "Not allowed"),
    (NotFound, 404, "Not found"),
    (Conflict, 409, "The resource has changed since you read it"),
    (IllegalTransition, 409, "Not possible in the current state"),
    (NotYet, 503, "Not ready yet"),
    (Throttled, 503, "Too many requests"),
    (Unavailable, 503, "Not available at the moment"),
)
_RETRY_AFTER: Final = ((Conflict, 1), (NotYet, 5), (Throttled, 5), (Unavailable, 5))
"""Seconds. A conflict is over at once; the others need the time in which a service recovers."""
_SAME_FOR_ALL: Final = "It does not exist, or you may not see it."


def problem_of(error: PlumblineError) -> dict[str, Any]:
    """The members of the problem. What is hidden and what does not exist get exactly the same text."""
    for kind, status, title in _KINDS:
        if isinstance(error, kind):
            detail = _SAME_FOR_ALL if kind is NotFound else str(error)
            return {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return {
        "type": "about:blank",
        "title": "The record is damaged",
        "status": 500,
        "detail": "The stored data differs from the data that was written. The request changed nothing.",
    }


def retry_after(error: PlumblineError) -> int | None:
    """After how many seconds the same request may succeed; None if waiting does not help."""
    return next((seconds for kind, seconds in _RETRY_AFTER if isinstance(error, kind)), None)
