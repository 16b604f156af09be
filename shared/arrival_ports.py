"""What finding forgotten exports, and reading large ones, needs of the world."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol

from shared.domain.identifiers import BatchId
from shared.domain.record import Batch


@dataclass(frozen=True, slots=True)
class Dropped:
    """One version of one object that was dropped."""

    key: str
    object_version: str | None
    dropped_at: datetime


@dataclass(frozen=True, slots=True)
class Page:
    """A part of the bucket's list; ``next`` is where the list goes on, None at its end."""

    dropped: tuple[Dropped, ...]
    next: str | None


class ExportList(Protocol):
    def page(self, after: str | None) -> Page:
        """At most 1,000 versions of what was dropped, in the order of their keys; manifests are left out."""
        ...


class ExportParts(Protocol):
    def part(self, key: str, object_version: str | None, start: int, stop: int) -> BinaryIO:
        """The bytes from ``start`` up to ``stop``, of which there is at least one. Raises NotFound."""
        ...


class Arrivals(Protocol):
    """Which exports were taken in or refused, and which accepted batches are still to be evaluated."""

    def unknown(self, dropped: Iterable[Dropped]) -> Sequence[Dropped]:
        """Those that no reception ever accounted for, in the order given."""
        ...

    def unsettled(self) -> Iterator[Batch]:
        """Accepted batches whose evaluations have not all been done, those dropped first at the front."""
        ...

    def settle(self, batch: BatchId) -> None:
        """All that the batch called for was done. Once more is fine."""
        ...

    def place(self) -> str | None:
        """Where the last sweep stopped in the bucket's list; None at its beginning."""
        ...

    def keep_place(self, place: str | None) -> None: ...


class ExportFlow(Protocol):
    def start(self, name: str, key: str, object_version: str | None) -> bool:
        """Have the export taken in and evaluated, once by a name; False where that name ended before.

        One that runs at the moment is left to run, and may count as started.
        """
        ...
