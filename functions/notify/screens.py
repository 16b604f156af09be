"""What the holder of a link sees: one of a few screens, as data. Pure."""

from dataclasses import dataclass
from typing import Final

from functions.notify.case_facts import AnswerFacts, CaseFacts, FigureFacts, RequestFacts
from functions.notify.comparator_facts import OthersFacts


@dataclass(frozen=True, slots=True)
class Filled:
    """What the form is filled with: nothing at first, and what the person typed after a refusal."""

    choice: str = ""
    reason: str = ""
    seen: bool = False


NOTHING_FILLED: Final = Filled()


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an answer was not accepted; ``field`` is where to correct it."""

    field: str
    message: str


@dataclass(frozen=True, slots=True)
class Asking:
    """The question with its facts. ``shown`` is the digest of those facts; the form sends it back."""

    case: CaseFacts
    figures: FigureFacts
    request: RequestFacts
    answers: AnswerFacts
    shown: str
    filled: Filled = NOTHING_FILLED
    problems: tuple[Problem, ...] = ()
    note: str | None = None
    others: OthersFacts | None = None
    """Others in a comparable position, where the answer is about a removal."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """What the shared mailbox's link leads to: the question without its figures, and where to sign in.

    Anybody who reads the mailbox can open the link, so it shows and takes nothing else. ``refused``: an
    answer was just sent and was not accepted. ``console``: the case's page; None where it is not known.
    """

    request: RequestFacts
    console: str | None
    refused: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """The answer is recorded, now or when the same words were sent before."""

    request: RequestFacts


@dataclass(frozen=True, slots=True)
class AlreadyAnswered:
    """The question has an answer. ``too_late``: another one was just sent and was not accepted."""

    request: RequestFacts
    too_late: bool


@dataclass(frozen=True, slots=True)
class MovedOn:
    """The question is no longer with this person; ``now`` says who has it."""

    now: str
    too_late: bool


@dataclass(frozen=True, slots=True)
class NoSuchLink:
    """Says nothing else, so that a guessed link reveals nothing."""


@dataclass(frozen=True, slots=True)
class SentFromElsewhere:
    """The answer was not sent by a page of ours. Says nothing about the link, which was not looked up."""


@dataclass(frozen=True, slots=True)
class NotNow:
    """Nothing was recorded. ``overtaken``: others changed the case meanwhile; else a service is down."""

    overtaken: bool


Screen = Asking | SignIn | Recorded | AlreadyAnswered | MovedOn | NoSuchLink | SentFromElsewhere | NotNow
