"""A clock that a test sets."""

from datetime import UTC, datetime, timedelta


class FakeClock:
    def __init__(self, now: datetime = datetime(2026, 10, 5, 14, 0, tzinfo=UTC)) -> None:
        self._now = now

    def now(self) -> datetime:
        return self._now

    def seconds_until(self, instant: datetime) -> int:
        return max(1, int((instant - self._now).total_seconds()))

    def advance(self, **by: float) -> None:
        """Let time pass: ``clock.advance(days=2, hours=1)``."""
        self._now += timedelta(**by)

    def set(self, now: datetime) -> None:
        self._now = now
