"""The table's part of sealing: the head of the ledger, and the events without a global index."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from shared.aws import keys
from shared.aws.dynamo import Item, Table
from shared.domain.errors import Conflict, IntegrityError
from shared.ledger_ports import EventPlace, StoredEvent

_MOST_WRITES: Final = 100
"""DynamoDB's limit of writes in one transaction."""


class TableLedgerHead:
    """See ``shared.ledger_ports.LedgerHead``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def read(self) -> tuple[int, bytes] | None:
        item = self._table.get(keys.ledger_head())
        return None if item is None else (int(item["version"]), bytes(item["body"]))

    def replace(self, version: int, body: bytes) -> None:
        pk, sk = keys.ledger_head()
        item = {"pk": pk, "sk": sk, "version": version, "body": body}
        if version == 1:
            self._table.put(item, "attribute_not_exists(pk)")
        else:
            self._table.put(item, "version = :before", {":before": version - 1})


class TableEventLog:
    """See ``shared.ledger_ports.EventLog``."""

    def __init__(self, table: Table, together: int = _MOST_WRITES) -> None:
        self._table = table
        self._together = together

    def unsequenced(self, limit: int) -> Sequence[EventPlace]:
        found = self._table.query_index(keys.UNSEQUENCED_INDEX, keys.UNSEQUENCED, limit=limit)
        return [_place(item) for item in found]

    def read(self, places: Iterable[EventPlace]) -> Mapping[EventPlace, StoredEvent]:
        found = self._table.get_many(keys.chain_event(at.subject, at.sequence) for at in places)
        return {_place(item): _stored(item) for item in found}

    def sequence(self, indices: Mapping[EventPlace, int]) -> None:
        places = list(indices)
        for start in range(0, len(places), self._together):
            some = places[start : start + self._together]
            try:
                self._table.write_together([self._sequencing(at, indices[at]) for at in some])
            except Conflict:
                stored = self.read(some)
                for at in some:
                    if at not in stored or stored[at].index not in (None, indices[at]):
                        raise IntegrityError(
                            f"event {at.sequence} of {at.subject} has another index in the ledger"
                        ) from None
                raise

    def _sequencing(self, at: EventPlace, index: int) -> dict[str, Any]:
        pk, sk = keys.chain_event(at.subject, at.sequence)
        return {
            "Update": {
                "Key": {"pk": pk, "sk": sk},
                "UpdateExpression": "SET ledger_index = :index REMOVE unsequenced_pk, unsequenced_sk",
                "ConditionExpression": "attribute_exists(pk) AND "
                "(attribute_not_exists(ledger_index) OR ledger_index = :index)",
                "ExpressionAttributeValues": {":index": index},
            }
        }


def _place(item: Item) -> EventPlace:
    return EventPlace(*keys.read_chain_event((str(item["pk"]), str(item["sk"]))))


def _stored(item: Item) -> StoredEvent:
    index = item.get("ledger_index")
    return StoredEvent(bytes(item["body"]), None if index is None else int(index))
