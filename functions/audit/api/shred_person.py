"""Erase a person: record the event first, then delete the key, so that every deletion has a record."""

from collections.abc import Sequence

from functions.audit.api.case_view import View
from functions.audit.api.legal_holds import last_shredding, legal_holds_in_force
from functions.audit.api.person_act import PersonAct
from shared.domain.case import CaseStatus
from shared.domain.change import Change
from shared.domain.errors import Conflict
from shared.domain.event import Event, EventTag
from shared.domain.identifiers import CommandId, derived_id, person_subject
from shared.retry import retry_on_conflict


def shred_person(act: PersonAct) -> View:
    """Make everything sealed about the person unreadable for ever; every hash and signature stays valid.

    Raises Conflict under a legal hold and while the person has an open case. If an attempt failed after its
    event, the next call finishes it. For a person who was shredded and has no new key, nothing is done.
    """
    ordered_by = retry_on_conflict(lambda: _order(act))
    act.personal_data.erase(act.person, ordered_by)
    event = act.chain()[ordered_by - 1]
    return {
        "person": act.person,
        "status": "shredded",
        "shredded_at": event.occurred_at,
        "by": event.actor.id,
    }


def _order(act: PersonAct) -> int:
    """The sequence number of the event that orders the shredding; records the event if there is none."""
    chain, erasure = act.chain(), act.personal_data.erasure(act.person)
    _require_erasable(act, chain)
    ordered_by = last_shredding(chain)
    if ordered_by and not (ordered_by == erasure.carried_out and erasure.has_key):
        return ordered_by
    act.sources.store.commit(_shredding(act, len(chain)))
    return len(chain) + 1


def _require_erasable(act: PersonAct, chain: Sequence[Event]) -> None:
    for hold in legal_holds_in_force(chain).values():
        whose = "" if hold.person == act.person else f", placed on {hold.person},"
        raise Conflict(f"a legal hold{whose} protects this record since {hold.since}: it cannot be erased")
    for case in act.sources.store.cases_of(act.person):
        if case.status is CaseStatus.OPEN:
            raise Conflict(f"{case.id} is open: close it before you erase the person")


def _shredding(act: PersonAct, length: int) -> Change:
    """The change depends on the length of the chain: a hold placed meanwhile makes it a Conflict."""
    command = CommandId(derived_id("shred", act.person, str(length)))
    return Change(
        command=command,
        result="shredded",
        events=(act.event(EventTag.SUBJECT_SHREDDED, command, {"person": act.person}),),
        decided_on={person_subject(act.person): length},
    )
