"""What a sweep promises: no export is forgotten, none is read for ever, and nothing is done twice."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from functions.ingest import sweep_exports as module
from functions.ingest.receive_export import receive_export
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
    """An exports bucket, what takes in from it, and what sweeps it; the clock is the world's."""

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
        receive_export(key, version, self.receiving)

    def sweep_after(self, **age: float) -> Swept:
        self.clock.set(DROPPED + timedelta(**age))
        return sweep_exports(Sweeping(self.exports, self.arrivals, self.flow, self.clock))


def test_an_export_that_no_event_announced_is_started_with_its_version() -> None:
    bucket = Bucket()
    bucket.drop()
    bucket.drop(SEPTEMBER + b"r-9,2026-09,1,1,USD\n")
    assert bucket.sweep_after(minutes=3).found == 2
    assert sorted(bucket.flow.started.values()) == [(KEY, "v1"), (KEY, "v2")]


def test_within_a_quarter_of_an_hour_at_the_sweeps_own_pace_it_is_found() -> None:
    for offset in range(5):
        bucket = Bucket()
        bucket.drop()
        found = [bucket.sweep_after(minutes=minutes).found for minutes in range(offset, 15, 5)]
        assert any(found)


def test_an_event_gets_its_time_to_arrive() -> None:
    bucket = Bucket()
    bucket.drop()
    assert bucket.sweep_after(minutes=1) == Swept(listed=1, found=0, resumed=0)


def test_what_was_accepted_refused_or_repeated_is_not_started_again() -> None:
    bucket = Bucket()
    bucket.receive(bucket.drop())
    bucket.receive(bucket.drop(b"\x00"))
    bucket.receive(bucket.drop(SEPTEMBER, KEY + ".again"), KEY + ".again")
    bucket.drop(b"{}", KEY + ".manifest.json")
    assert bucket.sweep_after(minutes=10) == Swept(listed=3, found=0, resumed=0)


def test_what_always_fails_is_tried_ever_more_seldom() -> None:
    bucket = Bucket()
    bucket.drop()
    tries = [minutes for minutes in range(0, 24 * 60, 5) if bucket.sweep_after(minutes=minutes).found]
    assert tries == [5, 10, 20, 35, 65, 130, 260, 515, 1025]


def test_what_lies_there_for_long_costs_no_look_any_more() -> None:
    bucket = Bucket()
    bucket.drop()
    assert bucket.sweep_after(days=36).found == 0


def test_a_sweep_that_cannot_see_all_goes_on_where_it_stopped() -> None:
    bucket = Bucket()
    for number in range(module.PAGES + 3):
        bucket.drop(key=f"incoming/varicent-attainment/{number:03d}.csv")
    assert bucket.sweep_after(minutes=3).found == module.PAGES
    assert bucket.sweep_after(minutes=3).found == 3
    assert bucket.sweep_after(minutes=3).found == 0
    assert len(bucket.flow) == module.PAGES + 3


def test_a_batch_whose_evaluation_was_cut_short_is_started_again_until_it_is_settled() -> None:
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
