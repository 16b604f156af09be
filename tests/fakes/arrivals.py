"""Arrivals of the in-memory store, and a workflow that records what it was told to start."""

from collections.abc import Iterable, Iterator, Sequence

from shared.arrival_ports import Dropped
from shared.domain.identifiers import BatchId
from shared.domain.record import Batch
from tests.fakes.store import FakeStore


class FakeArrivals:
    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self._place: str | None = None

    def unknown(self, dropped: Iterable[Dropped]) -> Sequence[Dropped]:
        return [each for each in dropped if (each.key, each.object_version) not in self._store.arrivals]

    def unsettled(self) -> Iterator[Batch]:
        waiting = map(self._store.batch, self._store.unsettled)
        return iter(sorted(waiting, key=lambda batch: (batch.dropped_at, batch.id)))

    def settle(self, batch: BatchId) -> None:
        self._store.unsettled.discard(batch)

    def place(self) -> str | None:
        return self._place

    def keep_place(self, place: str | None) -> None:
        self._place = place


class FakeExportFlow:
    """``started``: the key and version of each started export, by the execution's name."""

    def __init__(self) -> None:
        self.started: dict[str, tuple[str, str | None]] = {}

    def __len__(self) -> int:
        return len(self.started)

    def start(self, name: str, key: str, object_version: str | None) -> bool:
        if name in self.started:
            return False
        self.started[name] = (key, object_version)
        return True
