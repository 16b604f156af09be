"""What restoring asks of the world, and what it says of what it found."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared.aws.keys import Key
from shared.domain.identifiers import BatchId

Item = dict[str, Any]
Items = dict[Key, Item]
"""A table: every item whole, by its key."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What could not be made again as it was, and why."""

    where: str
    says: str


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A person's data key as a table has it: wrapped, or gone; and which shredding took the one before."""

    wrapped: bytes | None
    shredded_by: int


class Facts(Protocol):
    """The facts' files."""

    def shards(self, batch: BatchId, period: str) -> Mapping[str, str]:
        """Shard number, as four digits, to the SHA-256 of the text of the batch's facts of the period."""
        ...
