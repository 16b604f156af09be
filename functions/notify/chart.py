"""Attainment by period against the bar, as the coordinates of a small chart. Pure."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import Final

from functions.notify.period_lines import PeriodLine

WIDTH: Final = 320
HEIGHT: Final = 150
_TOP: Final = 18
"""Leaves room above the highest column for its figure."""
_FLOOR: Final = 118
_LEAST_SCALE: Final = Decimal("1.1")
_MOST_SCALE: Final = Decimal("1.6")
"""A higher column is cut off at the top and still shows its figure."""


@dataclass(frozen=True, slots=True)
class Column:
    x: int
    width: int
    y: int
    height: int
    middle: int
    label: str
    figure: str | None
    """None for a period that does not count."""
    below: bool
    after_opening: bool


@dataclass(frozen=True, slots=True)
class Chart:
    columns: tuple[Column, ...]
    bar_y: int | None
    bar: str | None
    target_y: int
    """The height of 100 % of target."""
    floor: int
    width: int = WIDTH
    height: int = HEIGHT


def chart(periods: tuple[PeriodLine, ...], bar_ratio: str | None, bar: str | None) -> Chart:
    ratios = [Decimal(line.ratio) for line in periods if line.ratio is not None]
    highest = max([*ratios, *([Decimal(bar_ratio)] if bar_ratio else []), _LEAST_SCALE])
    scale = min(highest, max(_MOST_SCALE, Decimal(bar_ratio or 0)))
    each = WIDTH // max(len(periods), 1)
    width = min(each * 2 // 3, 52)
    columns = tuple(
        _column(line, number * each + (each - width) // 2, width, scale)
        for number, line in enumerate(periods)
    )
    bar_y = None if bar_ratio is None else _FLOOR - _pixels(Decimal(bar_ratio), scale)
    return Chart(columns, bar_y, bar, _FLOOR - _pixels(Decimal(1), scale), _FLOOR)


def _column(line: PeriodLine, x: int, width: int, scale: Decimal) -> Column:
    height = 0 if line.ratio is None else _pixels(Decimal(line.ratio), scale)
    return Column(
        x=x,
        width=width,
        y=_FLOOR - height,
        height=height,
        middle=x + width // 2,
        label=line.short,
        figure=None if line.ratio is None else _whole_percent(line.ratio),
        below=line.below,
        after_opening=line.after_opening,
    )


def _whole_percent(ratio: str) -> str:
    """Cut, not rounded: a figure below the bar must not appear to reach it."""
    return f"{(Decimal(ratio) * 100).to_integral_value(ROUND_FLOOR)} %"


def _pixels(ratio: Decimal, scale: Decimal) -> int:
    shown = min(max(ratio, Decimal(0)), scale)
    return int((shown / scale * (_FLOOR - _TOP)).to_integral_value(ROUND_HALF_EVEN))
