"""A change: everything that becomes true together, or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.case import Case
from shared.domain.effect import Effect
from shared.domain.event import EventDraft
from shared.domain.identifiers import CommandId, Subject
from shared.domain.instruction import Instruction
from shared.domain.record import (
    Arrived,
    Batch,
    EvaluationRecord,
    IssuedLink,
    PlannedEvaluation,
    Revision,
)
from shared.domain.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One command's whole outcome, committed in one transaction.

    ``result`` is what a repeat of the command gets back. A case or request with version 1 must be new; any
    other must follow the stored version by one. Events are appended to their subjects' chains in order.
    A new open case must be its rep's only open one under its policy. ``revisions`` are those of ``batch``,
    for however many periods. ``directory`` names a batch whose people are now the directory in force, which
    must be the one dropped last. ``arrived`` is the object that is hereby accounted for; an accepted batch is
    unsettled from now on. ``carried_out`` are instructions that wait no longer. ``link`` was
    issued before, and is hereby known to have been mailed.
    """

    command: CommandId
    result: str
    events: tuple[EventDraft, ...]
    case: Case | None = None
    requests: tuple[Request, ...] = ()
    effects: tuple[Effect, ...] = ()
    instruction: Instruction | None = None
    carried_out: tuple[Instruction, ...] = ()
    batch: Batch | None = None
    arrived: Arrived | None = None
    revisions: tuple[Revision, ...] = ()
    directory: Batch | None = None
    planned: PlannedEvaluation | None = None
    evaluation: EvaluationRecord | None = None
    link: IssuedLink | None = None
    decided_on: Mapping[Subject, int] = field(default_factory=dict)
    """How many events each of these chains had when the decision was made, where it hangs on them."""
