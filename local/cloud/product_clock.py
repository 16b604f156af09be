"""The clock of a local cloud's folder. It stands still while the cloud is stopped.

The product's time is ``origin + rate * (real time - origin)``. At each start the origin is chosen so that the
product's time goes on from where it stopped, so no deadline passes while nobody could meet it.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from local.cloud.private_files import write_json
from shared.runtime.clock import ScaledClock

SAVED_EVERY: Final = timedelta(seconds=2)
"""Real time between two savings."""


def origin_at(stopped_at: datetime, now: datetime, rate: int) -> datetime:
    """The origin by which the product's time is ``stopped_at`` at the real time ``now``."""
    return now - (stopped_at - now) / (rate - 1)


def origin_of(folder: Path, first_origin: datetime, rate: int, now: datetime) -> datetime:
    """The origin from now on: that of a new folder, or one by which the saved time goes on."""
    saved = _file(folder)
    if rate == 1 or not saved.exists():
        return first_origin
    return origin_at(datetime.fromisoformat(json.loads(saved.read_text())["product_time"]), now, rate)


@contextmanager
def kept(folder: Path, rate: int, origin: datetime) -> Iterator[None]:
    """Save the product's time while the cloud runs, and exactly at its end.

    While it runs, a time a little ahead is saved: after a power cut the time must not go back.
    """
    clock = ScaledClock(rate, origin)
    stopped = threading.Event()

    def save(ahead: timedelta) -> None:
        at = clock.now() + ahead * rate
        write_json(_file(folder), {"product_time": at.isoformat()})

    def save_often() -> None:
        while not stopped.wait(SAVED_EVERY.total_seconds()):
            save(ahead=2 * SAVED_EVERY)

    save(ahead=2 * SAVED_EVERY)
    thread = threading.Thread(target=save_often, name="product-clock", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopped.set()
        thread.join()
        save(ahead=timedelta(0))


def now() -> datetime:
    return datetime.now(UTC)


def _file(folder: Path) -> Path:
    return folder / "clock.json"
