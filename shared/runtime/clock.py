"""The product's clock. On a laptop it can run faster, so that a month passes in minutes."""

import math
import time
from datetime import UTC, datetime, timedelta


class ScaledClock:
    """Runs ``rate`` times as fast as real time since ``origin``. Rate 1 is real time."""

    def __init__(self, rate: int = 1, origin: datetime | None = None) -> None:
        if rate < 1:
            raise ValueError("the clock rate must be 1 or more")
        if rate > 1 and origin is None:
            raise ValueError("a clock rate above 1 needs an origin")
        self.rate = rate
        self.origin = origin

    def now(self) -> datetime:
        """The product's time, UTC, in whole milliseconds."""
        real = datetime.fromtimestamp(time.time(), UTC)
        if self.rate > 1 and self.origin is not None:
            real = self.origin + (real - self.origin) * self.rate
        return real.replace(microsecond=real.microsecond // 1000 * 1000)

    def seconds_until(self, instant: datetime) -> int:
        """Real time until the instant, in whole seconds, at least 1."""
        ahead = (instant - self.now()) / timedelta(seconds=self.rate)
        return max(1, math.ceil(ahead))
