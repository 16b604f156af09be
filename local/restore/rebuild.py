"""Rebuild the table from a verified ledger, the facts, and the data keys that survived."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from local.restore.ledger import SealedLedger
from local.restore.ports import Facts, Fault, Item, Items
from local.restore.project_items import Rebuilding
from local.restore.subject_keys import SurvivingKeys, Unwrap, shreddings, surviving
from shared.aws import keys
from shared.aws.dynamo import keyed
from shared.domain.errors import IntegrityError
from shared.domain.event import NOTHING_BEFORE, Event, event_digest, parse_event
from shared.domain.identifiers import PersonId, Subject


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """A rebuilt table. ``unsealed`` counts events from a table that no checkpoint covers yet.

    ``refused_keys`` are people who were shredded after their key was stored; their keys are not restored.
    """

    items: Items
    faults: list[Fault]
    events: int
    unsealed: int
    refused_keys: list[PersonId]


def rebuild(
    ledger: SealedLedger, facts: Facts, survived: Items, unwrap: Unwrap, unsealed: Items | None = None
) -> Rebuilt:
    """Rebuild the table with the data keys in the items ``survived``.

    ``unsealed`` is a table from which the events that directly follow those of the ledger are also taken.
    """
    if not ledger.intact:
        raise IntegrityError("a ledger that is not intact cannot be rebuilt from")
    sealed = [(parse_event(body), body) for body in ledger.events]
    following = list(_unsealed_events(sealed, unsealed or {}))
    everything = chain((event for event, _ in sealed), (event for event, _ in following))
    opener = SurvivingKeys(surviving(survived), shreddings(everything), unwrap)
    making = Rebuilding(opener, facts)
    for index, (event, body) in enumerate(sealed):
        making.add(event, body, {"ledger_index": index})
    for event, item in following:
        making.add(event, item["body"], {name: item[name] for name in item if name in _PLACES})
    items = making.finish()
    key, attributes = ledger.head()
    items[key] = keyed(key, attributes)
    return Rebuilt(items, making.faults, len(sealed), len(following), opener.refused)


_PLACES = ("ledger_index", "unsequenced_pk", "unsequenced_sk")


def _unsealed_events(sealed: Iterable[tuple[Event, bytes]], table: Items) -> Iterable[tuple[Event, Item]]:
    """The events of the table beyond the end of the ledger, as long as each follows the one before it."""
    ends: dict[Subject, tuple[int, str]] = {}
    for event, body in sealed:
        ends[event.subject] = (event.sequence, event_digest(body))
    # Sorting puts each chain in order, because its keys contain numbers of a fixed width.
    found: list[tuple[Event, Item]] = []
    for key in sorted(key for key in table if key[0].startswith("CHAIN#") and key[1].startswith("EVENT#")):
        subject, sequence = keys.read_chain_event(key)
        length, digest = ends.get(subject, (0, NOTHING_BEFORE))
        if sequence != length + 1:
            continue
        follower = _follows(table[key], digest)
        if follower is not None and (follower.subject, follower.sequence) == (subject, sequence):
            ends[subject] = (sequence, event_digest(table[key]["body"]))
            found.append((follower, table[key]))
    return sorted(found, key=lambda each: (each[0].recorded_at, each[0].subject, each[0].sequence))


def _follows(item: Item, previous: str) -> Event | None:
    """The event if it follows; None otherwise. An item that is not an event shows up in a comparison."""
    try:
        event = parse_event(item["body"])
    except (ValueError, KeyError, TypeError):
        return None
    return event if event.previous == previous else None
