"""A change: everything that one command commits in one transaction, for use cases and stores."""

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
    UsedCode,
)
from shared.domain.request import Request


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The whole outcome of one command: it is committed in one transaction, or not at all.

    - ``result``: what a repeat of the command returns.
    - ``events``: appended to their subjects' chains, in this order.
    - ``case``, ``requests``: version 1 must be new; any other must follow the stored version by one. A new
      open case must be its rep's only open one under its policy.
    - ``carried_out``: instructions that are done and are removed.
    - ``batch``, ``revisions``: an accepted batch and its revisions, for all its periods. The batch is
      unsettled until its evaluations are done.
    - ``arrived``: the dropped object that is now recorded.
    - ``directory``: the batch whose people are now the directory in force. It must be the latest drop.
    - ``link``: a link that was issued before and has now been mailed.
    - ``code``: a one-time code that is used up. It must still be valid.
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
    code: UsedCode | None = None
    decided_on: Mapping[Subject, int] = field(default_factory=dict)
    """The length of each chain that the decision depends on. The commit fails if one has grown since."""
