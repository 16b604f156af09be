"""Draws a backtest: cases by period, and the share of each group that would have been flagged."""

from pathlib import Path
from typing import TYPE_CHECKING

from functions.evaluate.backtest import Backtest
from shared.domain.errors import InvalidInput

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OPENED, QUESTIONED, CORRECTED = "#b3402a", "#c9a227", "#3b7a57"


def draw(result: Backtest, path: Path) -> None:
    """Write the chart as .svg or .png, by the path's suffix."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise InvalidInput("a chart needs matplotlib: see requirements/charts.in") from error
    height = max(4.0, 1.6 + 0.34 * len(result.groups))
    figure = Figure(figsize=(13, height), layout="constrained")
    by_period, by_group = figure.subplots(1, 2, width_ratios=(3, 2))
    _periods(by_period, result)
    _groups(by_group, result)
    met = f"{result.met_the_bar} of {result.assessed}" if result.assessed else "none"
    figure.suptitle(
        f"{result.policy}, {result.first} to {result.last}: {met} people ever reached {result.bar} of quota"
    )
    # Without the date, the same figures give the same bytes.
    figure.savefig(path, metadata={"Date": None} if path.suffix.lower() == ".svg" else None)


def _periods(axes: "Axes", result: Backtest) -> None:
    names = [tally.period for tally in result.periods]
    opened = [tally.outcomes["open_case"] for tally in result.periods]
    structural = [tally.outcomes["structural"] for tally in result.periods]
    corrected = [
        len(tally.flagged & following.clear)
        for tally, following in zip(result.periods, [*result.periods[1:], None], strict=True)
        if following is not None
    ]
    from matplotlib.ticker import MaxNLocator

    axes.bar(names, opened, color=OPENED, label="cases that would open")
    axes.bar(names, structural, bottom=opened, color=QUESTIONED, label="quotas in question")
    axes.plot(
        names[: len(corrected)], corrected, "o", color=CORRECTED, label="cases clear in the next period"
    )
    axes.tick_params(axis="x", rotation=60)
    axes.set_ylabel("people")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)


def _groups(axes: "Axes", result: Backtest) -> None:
    names = [f"{role}, {region}" for role, region in result.groups]
    shares = [100 * flagged / size for flagged, size in result.groups.values()]
    bars = axes.barh(names, shares, color=OPENED)
    axes.bar_label(bars, [f"{flagged} of {size}" for flagged, size in result.groups.values()], padding=3)
    axes.invert_yaxis()
    axes.set_xlim(0, 115)
    axes.set_xlabel("per cent of the group ever flagged")
    axes.spines[["top", "right"]].set_visible(False)
