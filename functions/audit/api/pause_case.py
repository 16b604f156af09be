"""Pause a case because HR reports that the rep is on leave; it stays paused until HR resumes it."""

from functions.audit.api.case_view import View, leave_of
from functions.audit.caller import Caller
from functions.audit.rights import Resource
from functions.audit.sources import Sources, admit, visible_case
from shared.domain.case import Case, CaseStatus
from shared.domain.change import Change
from shared.domain.effect import WakeWorkflow
from shared.domain.errors import Conflict
from shared.domain.event import EventDraft, EventTag
from shared.domain.identifiers import CaseId, CommandId, case_subject, derived_id
from shared.domain.instruction import Instruction
from shared.domain.typed_reason import typed_reason
from shared.retry import retry_on_conflict


def pause_case(sources: Sources, caller: Caller, case_id: CaseId, reason: str) -> View:
    """Tell the case to pause. Repeating this while the case is paused, or about to be, records nothing.

    Raises Conflict if the case is closed.
    """
    admit(sources, caller, Resource.LEAVE)
    reason = typed_reason(reason)

    def attempt() -> View:
        case, _ = visible_case(sources, caller, case_id, Resource.LEAVE)
        if case.status is CaseStatus.CLOSED:
            raise Conflict(f"case {case_id} is closed")
        if leave_of(case, sources.store.instructions(case_id)) is None:
            sources.store.commit(_reporting(case, reason, caller, sources))
        return {"case_id": case_id, "status": leave_of(case, ()) or "recorded"}

    return retry_on_conflict(attempt)


def _reporting(case: Case, reason: str, caller: Caller, sources: Sources) -> Change:
    # A later leave is another command, because the version of the case has changed by then.
    command = CommandId(derived_id("leave", case.id, str(case.version)))
    now, person = sources.clock.now(), caller.person
    reported = EventDraft(
        tag=EventTag.LEAVE_REPORTED,
        subject=case_subject(case.id),
        occurred_at=now,
        actor=caller.actor,
        command=command,
        relied_on={"policy": case.policy_digest},
        data={"by": person},
        private={"reason": reason},
        person=case.rep_id,
    )
    return Change(
        command=command,
        result="recorded",
        events=(reported,),
        instruction=Instruction(
            id=command, case_id=case.id, kind="hold_for_leave", given_by=person, given_at=now
        ),
        effects=(WakeWorkflow(id=derived_id("wake", command), case_id=case.id),),
    )
