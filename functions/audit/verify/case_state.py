"""The state of a case, and the checks that several rules share."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from .case_questions import Questions

Value = dict[str, Any]
Faults = Iterator[str]

WITHIN: Final = timedelta(seconds=1)
"""Times are cut to milliseconds, so sums of times may differ a little."""
DECIDING: Final = frozenset(("gate", "exception", "dispute", "removal_approval"))
_STRONG: Final = ("link+code", "cognito")


@dataclass(slots=True)
class CaseState:
    """The state of a case. ``phase`` is one of the phases in docs/reference/ledger-format.md."""

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
    with_proposer: str | None = None
    """The other person of a proposal that a stand-in or their principal made."""
    latest: str = ""
    exit: str = ""
    """The only end that is possible, after a decision for it; empty before."""
    generation: int = 1
    missed: int = 0
    results: bool = False
    causes: set[str] = field(default_factory=set)
    cleared: set[str] = field(default_factory=set)

    def needs_phase(self, event: Value, *phases: str) -> Faults:
        if self.hold is not None:
            yield f"{event['tag']} happened while the case was on hold for {self.hold['reason']}"
        elif self.phase not in phases:
            yield f"{event['tag']} happened while the case was {self.phase}"

    def takes_in_stage_answer(self, event: Value, choice: str | None = None) -> Faults:
        """The step takes in the stage's answer, and whoever gave it has proposed (R42)."""
        asked = self.questions.main
        if asked is None or asked.purpose not in ("stage_plan", "removal_proposal"):
            yield "the question of the stage was not asked"
            return
        yield from self.questions.take_in(asked, choice, event["data"].get("by"))
        self.proposer, self.with_proposer = asked.by, event["data"].get("in_place_of")
        if self.with_proposer not in (None, asked.assignee, asked.on_behalf_of):
            yield f"names {self.with_proposer}, whom {asked.id} does not name"

    def takes_in_decision(self, event: Value, purpose: str, choice: str) -> Faults:
        """The step takes in a decision about ``purpose``, which the proposer did not make (R43, R44)."""
        asked, by = self.questions.main, event["data"]["by"]
        if asked is None or asked.purpose != purpose:
            yield f"{event['tag']} happened, but nobody was asked about a {purpose}"
            return
        yield from self.questions.take_in(asked, choice, by)
        if event["actor"]["id"] != by:
            yield f"names {by} as the decider, but {event['actor']['id']} acted"
        if purpose in DECIDING and by in self.proposers():
            yield f"{by} decided about what {self.proposer} had proposed"

    def proposers(self) -> tuple[str | None, ...]:
        return self.proposer, self.with_proposer

    def needs_strong_sign_in(self, event: Value) -> Faults:
        if event["actor"]["authenticated_by"] not in _STRONG:
            yield f"{event['tag']} takes more than a link, but has {event['actor']['authenticated_by']}"
