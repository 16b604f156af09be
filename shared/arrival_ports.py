"""Ports for finding lost exports and for reading large ones."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from shared.domain.identifiers import BatchId
from shared.domain.record import Batch


@dataclass(frozen=True, slots=True)
class Dropped:
    """One version of a dropped object."""

    key: str
    object_version: str | None
    dropped_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the bucket's list. ``next`` is the start of the next page; None at the end."""

    dropped: tuple[Dropped, ...]
    next: str | None


class ExportList(Protocol):
    def page(self, after: str | None) -> Page:
        """At most 1,000 versions of dropped objects by key, without manifests."""
        ...


class ExportParts(Protocol):
    def part(self, key: str, object_version: str | None, start: int, stop: int) -> BinaryIO:
        """The bytes from ``start`` up to, not including, ``stop``; at least one. Raises NotFound."""
        ...


class Arrivals(Protocol):
    """Which exports were received, and which accepted batches are still to be evaluated."""

    def unknown(self, dropped: Iterable[Dropped]) -> Sequence[Dropped]:
        """Those that were never received, in the given order."""
        ...

    def unsettled(self) -> Iterator[Batch]:
        """Accepted batches whose evaluations are not all done, by time of drop."""
        ...

    def settle(self, batch: BatchId) -> None:
        """Record that every evaluation of the batch is done. May be repeated."""
        ...

    def place(self) -> str | None:
        """Where the last sweep stopped in the bucket's list; None for the beginning."""
        ...

    def keep_place(self, place: str | None) -> None: ...


class ExportFlow(Protocol):
    def start(self, name: str, key: str, object_version: str | None) -> bool:
        """Start the workflow for the export under this name. False if that name has run before.

        A running execution of that name is left alone and may count as started.
        """
        ...
