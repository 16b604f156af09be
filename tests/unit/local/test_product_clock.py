"""The clock of a local cloud's folder stands still while the cloud is stopped, and never goes back."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.cloud import product_clock
from shared.runtime.clock import ScaledClock

START = datetime(2026, 10, 1, tzinfo=UTC)


def stopped_at(folder: Path, product_time: datetime) -> None:
    (folder / "clock.json").write_text(json.dumps({"product_time": product_time.isoformat()}))


@pytest.mark.parametrize("rate", [2, 500, 20_000])
def test_after_a_stop_the_time_goes_on_from_where_it_was(tmp_path: Path, rate: int) -> None:
    before, now = START + timedelta(days=40), START + timedelta(days=1, seconds=105)
    stopped_at(tmp_path, before)
    origin = product_clock.origin_of(tmp_path, START, rate, now)
    assert abs(origin + (now - origin) * rate - before) < timedelta(milliseconds=rate)


def test_a_new_folder_begins_at_its_own_origin(tmp_path: Path) -> None:
    assert product_clock.origin_of(tmp_path, START, 500, START + timedelta(days=1)) == START


def test_real_time_does_not_stand_still(tmp_path: Path) -> None:
    stopped_at(tmp_path, START)
    assert product_clock.origin_of(tmp_path, START, 1, START + timedelta(days=1)) == START


def test_the_end_is_saved_exactly_and_a_power_cut_loses_no_time(tmp_path: Path) -> None:
    origin = product_clock.now()
    clock = ScaledClock(500, origin)

    def saved() -> datetime:
        return datetime.fromisoformat(json.loads((tmp_path / "clock.json").read_text())["product_time"])

    with product_clock.kept(tmp_path, 500, origin):
        assert saved() > clock.now()
        before = clock.now()
    assert before <= saved() <= clock.now()
