"""The port and the data types that a restore works with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.aws.keys import Key
from shared.domain.identifiers import BatchId

Item = dict[str, Any]
Items = dict[Key, Item]
"""A table: every whole item by its key."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that could not be rebuilt, and why."""

    where: str
    says: str


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A person's data key in a table, wrapped or deleted, and the shredding that deleted the last one."""

    wrapped: bytes | None
    shredded_by: int


class Facts(Protocol):
    """The facts' files."""

    def shards(self, batch: BatchId, period: str) -> Mapping[str, str]:
        """By shard number (four digits), the SHA-256 of the text of the batch's facts of the period."""
        ...
