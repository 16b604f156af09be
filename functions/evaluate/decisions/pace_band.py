"""The band of gains that is likely from here to the end of a period: order statistics of past gains. Pure.

If the next gain is equally likely to take any rank among n past gains and itself, it lies between gain number
floor((n+1)a/2) and gain number ceil((n+1)(1-a/2)) with a probability of at least 1 - a. This is the
distribution-free prediction interval of David and Nagaraja, Order Statistics, 3rd edition, chapter 7;
docs/explanation/pace.md has the method in full.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import accumulate, chain
from math import ceil, floor, gcd
from typing import NamedTuple

from functions.evaluate.decisions.pace_history import Gains
from functions.evaluate.decisions.period_figures import exact
from functions.evaluate.decisions.population import GroupKey
from shared.domain.policy import Pace


class GainRange(NamedTuple):
    """What people of the past still gained: the two ends of the band, and the middle."""

    lower: Fraction
    median: Fraction
    upper: Fraction


class Band(NamedTuple):
    """What a group may still gain; ``gains`` is None where the past tells too little.

    ``size`` counts the past gains that were looked at last; ``group`` has the group's values by column, and
    nothing where they are everybody's.
    """

    size: int
    group: Mapping[str, str | None]
    gains: GainRange | None


class Bands:
    """Each group's band, worked out when it is first asked for."""

    def __init__(self, terms: Pace, gains: Mapping[GroupKey, Gains]) -> None:
        self._terms = terms
        self._gains = gains
        self._known: dict[GroupKey, Band] = {}
        self._everybody: Band | None = None

    def of(self, key: GroupKey) -> Band:
        """The band of the group; everybody's where the group has too few gains."""
        band = self._known.get(key)
        if band is None:
            own = self._gains.get(key)
            if own is not None and len(own) >= self._terms.min_history:
                group: dict[str, str | None] = dict(zip(self._terms.group_by, key, strict=True))
                band = Band(len(own), group, gain_range([own], exact(self._terms.coverage)))
            else:
                band = self._of_everybody()
            self._known[key] = band
        return band

    def _of_everybody(self) -> Band:
        if self._everybody is None:
            pools = list(self._gains.values())
            size = sum(map(len, pools))
            is_enough = size >= self._terms.min_history
            gains = gain_range(pools, exact(self._terms.coverage)) if is_enough else None
            self._everybody = Band(size, {}, gains)
        return self._everybody


def gain_range(pools: Sequence[Gains], coverage: Fraction) -> GainRange | None:
    """The band of all gains of these pools; None where they are too few for this coverage."""
    ascending = sorted(chain.from_iterable(pool.nearest for pool in pools))
    size, outside = len(ascending), 1 - coverage
    lower = floor((size + 1) * outside / 2)
    upper = ceil((size + 1) * (1 - outside / 2))
    if lower < 1 or upper > size:
        return None
    return GainRange(*(_number(at, ascending, pools) for at in (lower, ceil(Fraction(size, 2)), upper)))


def _number(number: int, ascending: Sequence[float], pools: Sequence[Gains]) -> Fraction:
    """The exact gain of this number, counted from 1, in ascending order."""
    nearest = ascending[number - 1]
    number -= bisect_left(ascending, nearest)
    # Many gains are equal, above all those of nothing: each different one is made a fraction only once.
    found: Counter[tuple[int, int]] = Counter()
    for top, bottom in chain.from_iterable(pool.exact_at(nearest) for pool in pools):
        divisor = gcd(top, bottom)
        found[top // divisor, bottom // divisor] += 1
    gains = sorted((Fraction(*ratio), count) for ratio, count in found.items())
    up_to = list(accumulate(count for _, count in gains))
    return gains[bisect_left(up_to, number)][0]
