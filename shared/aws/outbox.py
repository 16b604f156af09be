"""The outbox: committed effects that are still to be carried out."""

from collections.abc import Sequence
from datetime import datetime

from pydantic import TypeAdapter

from shared.aws import keys
from shared.aws.dynamo import Item, Table
from shared.domain.effect import Effect
from shared.domain.errors import Conflict
from shared.domain.event import moment, stamp
from shared.ports import OutboxRow

_EFFECT: TypeAdapter[Effect] = TypeAdapter(Effect)


class TableOutbox:
    """See ``shared.ports.Outbox``."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def row(self, effect_id: str) -> OutboxRow | None:
        item = self._table.get(keys.outbox(effect_id))
        return None if item is None or "pending_pk" not in item else _row(item)

    def pending(self, limit: int = 100) -> Sequence[OutboxRow]:
        found = self._table.query_index(keys.PENDING_INDEX, keys.PENDING, limit=limit)
        rows = (self.row(str(item["pk"]).removeprefix("OUTBOX#")) for item in found)
        return [row for row in rows if row is not None]

    def claim(self, effect_id: str, now: datetime, until: datetime) -> bool:
        free = (
            "attribute_exists(pending_pk) AND (attribute_not_exists(claimed_until) OR claimed_until <= :now)"
        )
        try:
            self._table.update(
                keys.outbox(effect_id),
                "SET claimed_until = :until",
                {":until": stamp(until), ":now": stamp(now)},
                free,
            )
        except Conflict:
            return False
        return True

    def done(self, effect_id: str) -> None:
        self._table.update(keys.outbox(effect_id), "REMOVE pending_pk, pending_sk", {})

    def failed(self, effect_id: str, why: str) -> None:
        self._table.update(
            keys.outbox(effect_id),
            "ADD attempts :one SET last_failure = :why REMOVE claimed_until",
            {":one": 1, ":why": why},
        )


def _row(item: Item) -> OutboxRow:
    return OutboxRow(
        effect=_EFFECT.validate_json(item["body"]),
        queued_at=moment(str(item["queued_at"])),
        attempts=int(item["attempts"]),
    )
