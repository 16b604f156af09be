"""Where a case is, and what the rules about its course share."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from .case_questions import Questions

Value = dict[str, Any]
Faults = Iterator[str]

WITHIN: Final = timedelta(seconds=1)
"""Times are cut to milliseconds, so sums of them are compared with some room."""
DECIDING: Final = frozenset(("gate", "exception", "dispute", "removal_approval"))
_STRONG: Final = ("link+code", "cognito")


@dataclass(slots=True)
class CaseState:
    """Where the case is; ``phase`` is one of those in the format's table."""

    questions: Questions
    phase: str = "opened"
    stage: str = ""
    gate_to: str = ""
    owner: str = ""
    period: str = ""
    policy: str = ""
    ends_at: str | None = None
    hold: Value | None = None
    proposer: str | None = None
    latest: str = ""
    exit: str = ""
    """The only end that is possible now, after a decision for it."""
    generation: int = 1
    missed: int = 0
    results: bool = False
    causes: set[str] = field(default_factory=set)
    cleared: set[str] = field(default_factory=set)

    def only_in(self, event: Value, *phases: str) -> Faults:
        if self.hold is not None:
            yield f"{event['tag']} happened while the case was on hold for {self.hold['reason']}"
        elif self.phase not in phases:
            yield f"{event['tag']} happened while the case was {self.phase}"

    def answered(self, event: Value, choice: str | None = None) -> Faults:
        """The stage's question was answered so, by whom the step says; who answered proposed it."""
        asked = self.questions.main
        if asked is None or asked.purpose not in ("stage_plan", "removal_proposal"):
            yield "the stage's question was not asked"
            return
        yield from self.questions.taken(asked, choice, event["data"].get("by"))
        self.proposer = asked.by

    def decides(self, event: Value, purpose: str, choice: str) -> Faults:
        """HR was asked this, and answered so; not who proposed it."""
        asked, by = self.questions.main, event["data"]["by"]
        if asked is None or asked.purpose != purpose:
            yield f"{event['tag']}, and nobody was asked about a {purpose}"
            return
        yield from self.questions.taken(asked, choice, by)
        if event["actor"]["id"] != by:
            yield f"is of {event['actor']['id']}, and says that {by} decided"
        if purpose in DECIDING and by == self.proposer:
            yield f"{by} decided about what {by} had proposed"

    def strongly(self, event: Value) -> Faults:
        if event["actor"]["authenticated_by"] not in _STRONG:
            yield f"{event['tag']} takes more than a link: {event['actor']['authenticated_by']}"
