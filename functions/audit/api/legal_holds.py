"""Legal holds and shreddings, as a person's chain of events tells of them. Pure.

A hold is placed on one person and spreads to the comparators whom HR names: each of them is held under the
same id, in their own chain.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.domain.event import Event, EventTag
from shared.domain.identifiers import PersonId


@dataclass(frozen=True, slots=True)
class LegalHold:
    """A hold in force. ``person`` is whom it was placed on; in a comparator's chain that is somebody else."""

    id: str
    person: PersonId
    since: str
    comparators: tuple[PersonId, ...]


def legal_holds_in_force(events: Iterable[Event]) -> dict[str, LegalHold]:
    """By id. A hold that was placed again has the comparators of both times."""
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
    """The hold that was placed on the person themself, not one that spread from another."""
    return next((hold for hold in legal_holds_in_force(events).values() if hold.person == person), None)


def last_shredding(events: Iterable[Event]) -> int:
    """The place of the last ``subject:shredded`` in the chain; 0 where there is none."""
    return max((event.sequence for event in events if event.tag is EventTag.SUBJECT_SHREDDED), default=0)
