"""Reads legal holds and shreddings from a person's chain of events. Pure.

HR places a legal hold on one person and names comparators. Each comparator is held under the same id, in a
chain of their own.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.domain.event import Event, EventTag
from shared.domain.identifiers import PersonId


@dataclass(frozen=True, slots=True)
class LegalHold:
    """A legal hold in force on ``person``. In a comparator's chain, ``person`` is somebody else."""

    id: str
    person: PersonId
    since: str
    comparators: tuple[PersonId, ...]


def legal_holds_in_force(events: Iterable[Event]) -> dict[str, LegalHold]:
    """By id. A hold that was placed again covers the comparators of both times."""
    holds: dict[str, LegalHold] = {}
    for event in events:
        name = str(event.data.get("hold"))
        if event.tag is EventTag.HOLD_LIFTED:
            holds.pop(name, None)
        elif event.tag is EventTag.HOLD_PLACED:
            named = tuple(PersonId(one) for one in event.data.get("comparators", []))
            person = PersonId(str(event.data["person"]))
            hold = holds.get(name, LegalHold(name, person, event.occurred_at, ()))
            holds[name] = replace(hold, comparators=(*hold.comparators, *named))
    return holds


def own_legal_hold(person: PersonId, events: Iterable[Event]) -> LegalHold | None:
    """The hold placed on the person themself, not one that covers them as a comparator."""
    return next((hold for hold in legal_holds_in_force(events).values() if hold.person == person), None)


def last_shredding(events: Iterable[Event]) -> int:
    """The sequence number of the last ``subject:shredded`` in the chain; 0 if there is none."""
    return max((event.sequence for event in events if event.tag is EventTag.SUBJECT_SHREDDED), default=0)
