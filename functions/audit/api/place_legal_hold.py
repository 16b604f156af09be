"""Place a legal hold on a person's record and on those of comparators, or lift it."""

from collections.abc import Sequence
from typing import Final

from functions.audit.api.case_view import View
from functions.audit.api.legal_holds import LegalHold, last_shredding, own_legal_hold
from functions.audit.api.person_act import PersonAct
from shared.domain.change import Change
from shared.domain.errors import Conflict, InvalidInput
from shared.domain.event import EventTag, stamp
from shared.domain.identifiers import CommandId, PersonId, derived_id, person_subject
from shared.retry import retry_on_conflict

MOST_COMPARATORS: Final = 40
"""The person and this many comparators fit into one transaction."""


def place_legal_hold(act: PersonAct, comparators: Sequence[PersonId] = ()) -> View:
    """Hold the records of the person and the comparators; placed again, add the comparators not held yet.

    Raises Conflict while a shredding is ordered but not carried out: a hold could not stop it.
    """
    named = list(dict.fromkeys(comparators))
    if act.person in named:
        raise InvalidInput("a comparator must be another person than the one on whom the hold is placed")
    act.require_others(named)

    def attempt() -> None:
        hold = own_legal_hold(act.person, act.chain())
        fresh = [one for one in named if hold is None or one not in hold.comparators]
        if hold is not None and not fresh:
            return
        if len(fresh) + (0 if hold is None else len(hold.comparators)) > MOST_COMPARATORS:
            raise InvalidInput(f"a legal hold covers at most {MOST_COMPARATORS} comparators")
        lengths = {person: _length_unshredded(act, person) for person in (act.person, *fresh)}
        act.sources.store.commit(_placing(act, hold, fresh, lengths))

    retry_on_conflict(attempt)
    placed = own_legal_hold(act.person, act.chain())
    if placed is None:
        raise Conflict(f"somebody lifted the legal hold on {act.person} at the same moment")
    return _view(placed)


def lift_legal_hold(act: PersonAct) -> View:
    """End the legal hold on the person and its comparators. Raises Conflict where there is none."""
    hold = retry_on_conflict(lambda: _lift(act))
    return {**_view(hold), "status": "lifted", "lifted_at": stamp(act.sources.clock.now())}


def _lift(act: PersonAct) -> LegalHold:
    chain = act.chain()
    hold = own_legal_hold(act.person, chain)
    if hold is None:
        raise Conflict(f"there is no legal hold on {act.person}")
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
    """The length of the person's chain. Raises Conflict while a shredding is still to be carried out."""
    chain = act.chain(person)
    if last_shredding(chain) > act.personal_data.erasure(person).carried_out:
        raise Conflict(f"{person} is being shredded; place the hold after that is finished")
    return len(chain)


def _placing(
    act: PersonAct, hold: LegalHold | None, fresh: list[PersonId], lengths: dict[PersonId, int]
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


def _view(hold: LegalHold) -> View:
    return {
        "person": hold.person,
        "hold": hold.id,
        "status": "held",
        "since": hold.since,
        "comparators": list(hold.comparators),
    }
