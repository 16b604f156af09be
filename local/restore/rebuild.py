"""Make the table again from a ledger that was checked, the facts, and the data keys that survived."""

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
    """``unsealed`` events were taken from a table, where no checkpoint covers them yet.

    ``refused_keys`` are people who were shredded after the keys were kept: their keys were not put back.
    """

    items: Items
    faults: list[Fault]
    events: int
    unsealed: int
    refused_keys: list[PersonId]


def rebuild(
    ledger: SealedLedger, facts: Facts, survived: Items, unwrap: Unwrap, unsealed: Items | None = None
) -> Rebuilt:
    """``survived`` are the items of a table whose data keys are used.

    ``unsealed``: a table of which the events are taken, too, that follow on the ledger's one after another.
    """
    if not ledger.intact:
        raise IntegrityError("nothing is made of a ledger that is not intact")
    sealed = [(parse_event(body), body) for body in ledger.events]
    tail = list(_tail(sealed, unsealed or {}))
    everything = chain((event for event, _ in sealed), (event for event, _ in tail))
    opener = SurvivingKeys(surviving(survived), shreddings(everything), unwrap)
    making = Rebuilding(opener, facts)
    for index, (event, body) in enumerate(sealed):
        making.add(event, body, {"ledger_index": index})
    for event, item in tail:
        making.add(event, item["body"], {name: item[name] for name in item if name in _PLACES})
    items = making.finish()
    key, attributes = ledger.head()
    items[key] = keyed(key, attributes)
    return Rebuilt(items, making.faults, len(sealed), len(tail), opener.refused)


_PLACES = ("ledger_index", "unsequenced_pk", "unsequenced_sk")


def _tail(sealed: Iterable[tuple[Event, bytes]], table: Items) -> Iterable[tuple[Event, Item]]:
    """Events of the table beyond the ledger's end, as long as each follows on the one before."""
    ends: dict[Subject, tuple[int, str]] = {}
    for event, body in sealed:
        ends[event.subject] = (event.sequence, event_digest(body))
    # A chain's events stand behind one another, since their keys have their numbers in as many digits.
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
    """The event, where it is one; else the table has something that is no event, which comparing shows."""
    try:
        event = parse_event(item["body"])
    except (ValueError, KeyError, TypeError):
        return None
    return event if event.previous == previous else None
