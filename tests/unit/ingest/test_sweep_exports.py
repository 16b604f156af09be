"""A sweep finds every lost export, retries ever less often, and starts nothing twice."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from functions.ingest import sweep_exports as module
from functions.ingest.receive_export import read_whole
from functions.ingest.reception import Receiving
from functions.ingest.sweep_exports import Sweeping, Swept, sweep_exports
from tests.fakes.arrivals import FakeArrivals, FakeExportFlow
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.world import FakeExports, FakeFiles
from tests.unit.ingest.test_receive_export import KEY, PROFILE, SEPTEMBER

DROPPED = datetime(2026, 10, 5, 6, tzinfo=UTC)


@dataclass
class Bucket:
    """An exports bucket with a receiver and a sweeper; the clock is real time."""

    clock: FakeClock = field(default_factory=lambda: FakeClock(DROPPED))
    exports: FakeExports = field(default_factory=FakeExports)
    flow: FakeExportFlow = field(default_factory=FakeExportFlow)

    def __post_init__(self) -> None:
        self.store = FakeStore(self.clock)
        self.arrivals = FakeArrivals(self.store)
        self.receiving = Receiving(
            self.store, self.exports, FakeFiles(), self.clock, {"varicent-attainment": PROFILE}.get, shards=4
        )

    def drop(self, content: bytes = SEPTEMBER, key: str = KEY) -> str:
        return self.exports.drop(key, content, self.clock.now())

    def receive(self, version: str, key: str = KEY) -> None:
        read_whole(self.exports.open(key, version), self.receiving)

    def sweep_after(self, **age: float) -> Swept:
        self.clock.set(DROPPED + timedelta(**age))
        return sweep_exports(Sweeping(self.exports, self.arrivals, self.flow, self.clock))


def test_an_export_that_no_event_announced_is_started_with_its_version() -> None:
    bucket = Bucket()
    bucket.drop()
    bucket.drop(SEPTEMBER + b"r-9,2026-09,1,1,USD\n")
    assert bucket.sweep_after(minutes=3).found == 2
    assert sorted(bucket.flow.started.values()) == [(KEY, "v1"), (KEY, "v2")]


def test_a_lost_export_is_found_within_fifteen_minutes() -> None:
    for offset in range(5):
        bucket = Bucket()
        bucket.drop()
        found = [bucket.sweep_after(minutes=minutes).found for minutes in range(offset, 15, 5)]
        assert any(found)


def test_a_new_export_is_left_to_its_event() -> None:
    bucket = Bucket()
    bucket.drop()
    assert bucket.sweep_after(minutes=1) == Swept(listed=1, found=0, resumed=0)


def test_an_accepted_refused_or_repeated_export_is_not_started_again() -> None:
    bucket = Bucket()
    bucket.receive(bucket.drop())
    bucket.receive(bucket.drop(b"\x00"))
    bucket.receive(bucket.drop(SEPTEMBER, KEY + ".again"), KEY + ".again")
    bucket.drop(b"{}", KEY + ".manifest.json")
    assert bucket.sweep_after(minutes=10) == Swept(listed=3, found=0, resumed=0)


def test_an_export_that_always_fails_is_tried_ever_less_often() -> None:
    bucket = Bucket()
    bucket.drop()
    tries = [minutes for minutes in range(0, 24 * 60, 5) if bucket.sweep_after(minutes=minutes).found]
    assert tries == [5, 10, 20, 35, 65, 130, 260, 515, 1025]


def test_an_old_export_is_not_looked_up_any_more() -> None:
    bucket = Bucket()
    bucket.drop()
    assert bucket.sweep_after(days=36).found == 0


def test_a_sweep_that_does_not_reach_the_end_continues_next_time() -> None:
    bucket = Bucket()
    for number in range(module.PAGES + 3):
        bucket.drop(key=f"incoming/varicent-attainment/{number:03d}.csv")
    assert bucket.sweep_after(minutes=3).found == module.PAGES
    assert bucket.sweep_after(minutes=3).found == 3
    assert bucket.sweep_after(minutes=3).found == 0
    assert len(bucket.flow) == module.PAGES + 3


def test_a_batch_whose_evaluation_stopped_is_started_again_until_it_is_settled() -> None:
    bucket = Bucket()
    bucket.receive(bucket.drop())
    (batch,) = bucket.arrivals.unsettled()
    assert bucket.sweep_after(minutes=14).resumed == 0
    assert bucket.sweep_after(minutes=16).resumed == 1
    assert list(bucket.flow.started.values()) == [(batch.key, batch.object_version)]
    assert bucket.sweep_after(minutes=21).resumed == 0
    assert bucket.sweep_after(minutes=31).resumed == 1
    bucket.arrivals.settle(batch.id)
    assert bucket.sweep_after(hours=9).resumed == 0


def test_a_refused_export_waits_for_no_evaluation() -> None:
    bucket = Bucket()
    bucket.receive(bucket.drop(b""))
    assert bucket.sweep_after(hours=9) == Swept(listed=1, found=0, resumed=0)
