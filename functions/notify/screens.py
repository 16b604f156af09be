"""What the holder of a link gets to see: one of five screens, as data. Pure."""

from dataclasses import dataclass
from typing import Final

from functions.notify.case_facts import CaseFacts, RequestFacts
from functions.notify.comparator_facts import OthersFacts


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the form: nothing at first; after a refusal what the person had put there."""

    choice: str = ""
    reason: str = ""
    seen: bool = False


NOTHING_FILLED: Final = Filled()


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps an answer from being taken; ``field`` is where to mend it."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Asking:
    """The question with its facts. ``shown`` is the digest of those facts, which the form sends back."""

    case: CaseFacts
    request: RequestFacts
    shown: str
    filled: Filled = NOTHING_FILLED
    problems: tuple[Problem, ...] = ()
    note: str | None = None
    others: OthersFacts | None = None
    """Who else is in a comparable position, where the answer is about a removal."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The answer was taken, now or by an earlier sending of the very same words."""

    request: RequestFacts


@dataclass(frozen=True, slots=True)
class AlreadyAnswered:
    """Somebody's answer stands. ``too_late``: another was just sent, and was not taken."""

    request: RequestFacts
    too_late: bool


@dataclass(frozen=True, slots=True)
class MovedOn:
    """The question is no longer this person's; ``now`` says whose it is."""

    now: str
    too_late: bool


@dataclass(frozen=True, slots=True)
class NoSuchLink:
    """Nothing is said, because nothing may be learned from asking."""


Screen = Asking | Recorded | AlreadyAnswered | MovedOn | NoSuchLink
