"""Read, decide, commit; and once more where somebody else came first."""

from collections.abc import Callable
from typing import Final, TypeVar

from shared.domain.errors import Conflict

TRIES: Final = 3

Outcome = TypeVar("Outcome")


def until_settled(decide: Callable[[], Outcome]) -> Outcome:
    """What ``decide`` returns, which reads and commits anew at each of at most three tries."""
    for _ in range(TRIES - 1):
        try:
            return decide()
        except Conflict:
            continue
    return decide()
