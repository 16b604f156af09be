"""Repeats a read-decide-commit attempt when another writer committed first."""

from collections.abc import Callable
from typing import Final, TypeVar

from shared.domain.errors import Conflict

TRIES: Final = 3
"""Attempts before the conflict goes to the caller: a workflow, a queue or a person then tries again."""

Result = TypeVar("Result")


def retry_on_conflict(attempt: Callable[[], Result]) -> Result:
    """Return the result of ``attempt``, which must read again each time. Raises the last Conflict."""
    for _ in range(TRIES - 1):
        try:
            return attempt()
        except Conflict:
            continue
    return attempt()
