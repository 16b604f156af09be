"""How long people take, in the product's time. Pure, but for the clock that it is handed."""

from datetime import timedelta

from shared.ports import Clock

_LONG = timedelta(days=1000)


def in_product_time(clock: Clock, world: timedelta) -> timedelta:
    """How much time passes for the product while so much passes in the world.

    A mail is read, and a code typed, at the world's pace, however fast the product's clock is made to run.
    """
    seconds = clock.seconds_until(clock.now() + _LONG)
    return _LONG * (world.total_seconds() / seconds)
