"""Place a legal hold on a person's record, and on those of comparators; lift it again."""

from collections.abc import Sequence
from typing import Final

from functions.audit.api.case_view import View
from functions.audit.api.legal_holds import Hold, last_shredding, own_hold
from functions.audit.api.person_act import PersonAct
from shared.domain.change import Change
from shared.domain.errors import Conflict, InvalidInput
from shared.domain.event import EventTag, stamp
from shared.domain.identifiers import CommandId, PersonId, derived_id, person_subject
from shared.retry import retry_on_conflict

MOST_COMPARATORS: Final = 40
"""Together with the person they fit one transaction."""


def place_hold(act: PersonAct, comparators: Sequence[PersonId] = ()) -> View:
    """Hold the record of the person and of the comparators. Placed again, it spreads to those not yet held.

    Raises Conflict where a shredding was ordered and is not carried out yet: what it erases cannot be held.
    """
    named = list(dict.fromkeys(comparators))
    if act.person in named:
        raise InvalidInput("a comparator is another person than the one on whom the hold is placed")
    act.require_others(named)

    def attempt() -> None:
        hold = own_hold(act.person, act.chain())
        fresh = [one for one in named if hold is None or one not in hold.comparators]
        if hold is not None and not fresh:
            return
        if len(fresh) + (0 if hold is None else len(hold.comparators)) > MOST_COMPARATORS:
            raise InvalidInput(f"a hold spreads to at most {MOST_COMPARATORS} comparators")
        lengths = {person: _length_unshredded(act, person) for person in (act.person, *fresh)}
        act.sources.store.commit(_placing(act, hold, fresh, lengths))

    retry_on_conflict(attempt)
    placed = own_hold(act.person, act.chain())
    if placed is None:
        raise Conflict(f"the hold on {act.person} was lifted at once")
    return _view(placed)


def lift_hold(act: PersonAct) -> View:
    """End the hold that was placed on the person, for the comparators too. Raises Conflict without one."""
    hold = retry_on_conflict(lambda: _lift(act))
    return {**_view(hold), "status": "lifted", "lifted_at": stamp(act.sources.clock.now())}


def _lift(act: PersonAct) -> Hold:
    chain = act.chain()
    hold = own_hold(act.person, chain)
    if hold is None:
        raise Conflict(f"no hold was placed on {act.person}")
    command = CommandId(derived_id("lift", hold.id, str(len(chain))))
    data: dict[str, object] = {"hold": hold.id, "person": act.person}
    events = [act.event(EventTag.HOLD_LIFTED, command, data)]
    events += [act.event(EventTag.HOLD_LIFTED, command, data, one) for one in hold.comparators]
    change = Change(
        command=command,
        result=hold.id,
        events=tuple(events),
        decided_on={person_subject(act.person): len(chain)},
    )
    act.sources.store.commit(change)
    return hold


def _length_unshredded(act: PersonAct, person: PersonId) -> int:
    """The length of the person's chain, of which no shredding is still to be carried out."""
    chain = act.chain(person)
    if last_shredding(chain) > act.personal_data.erasure(person).carried_out:
        raise Conflict(f"{person} is being shredded: that is finished first")
    return len(chain)


def _placing(
    act: PersonAct, hold: Hold | None, fresh: list[PersonId], lengths: dict[PersonId, int]
) -> Change:
    length = str(lengths[act.person])
    name = derived_id("hold", act.person, length) if hold is None else hold.id
    command = CommandId(derived_id("place", name, length, *fresh))
    data: dict[str, object] = {"hold": name, "person": act.person}
    events = [act.event(EventTag.HOLD_PLACED, command, {**data, "comparators": list(fresh)})]
    events += [act.event(EventTag.HOLD_PLACED, command, data, one) for one in fresh]
    return Change(
        command=command,
        result=name,
        events=tuple(events),
        decided_on={person_subject(person): length for person, length in lengths.items()},
    )


def _view(hold: Hold) -> View:
    return {
        "person": hold.person,
        "hold": hold.id,
        "status": "held",
        "since": hold.since,
        "comparators": list(hold.comparators),
    }
