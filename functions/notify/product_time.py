"""Converts real time to product time, which a local run may speed up."""

from datetime import timedelta

from shared.ports import Clock

_LONG = timedelta(days=1000)


def in_product_time(clock: Clock, world: timedelta) -> timedelta:
    """How much product time passes while ``world`` of real time passes.

    People read mails and type codes in real time, however fast the product's clock runs.
    """
    seconds = clock.seconds_until(clock.now() + _LONG)
    return _LONG * (world.total_seconds() / seconds)
