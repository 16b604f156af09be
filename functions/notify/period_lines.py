"""The periods of a case as rows of the table and columns of the chart, in mails and pages. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from shared.domain.attainment import bars_of, exact_attainment, in_line_with
from shared.domain.case import Case, PeriodResult
from shared.domain.decision_json import DecisionJson, PeriodJson
from shared.domain.figure_text import amount, percent, period_name, short_period_name
from shared.domain.policy import Policy


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """One period as a row of the table and a column of the chart.

    A period that does not count says only that. Only HR may know why, so this has neither the status nor a
    figure that would give the reason away.
    """

    name: str
    short: str
    year: str
    counted: bool
    credited: str | None = None
    target: str | None = None
    attainment: str | None = None
    ratio: str | None = None
    below: bool = False
    after_opening: bool = False


def period_lines(case: Case, policy: Policy, bar: str | None) -> tuple[PeriodLine, ...]:
    """The periods of the opening decision, then those that arrived since, oldest first."""
    opening, bars = decided_lines(case.decision, policy, bar), bars_of(policy)
    known = {figures["period"] for figures in case.decision.get("inputs", ())}
    later = {result.period: result for result in case.results if result.period not in known}
    return (
        *opening,
        *(_line(period, _exact(later[period]), bars, bar, after_opening=True) for period in sorted(later)),
    )


def decided_lines(decision: DecisionJson, policy: Policy, bar: str | None) -> tuple[PeriodLine, ...]:
    """The periods that a decision looked at, oldest first."""
    bars = bars_of(policy)
    return tuple(_opening_line(figures, bars, bar) for figures in decision.get("inputs", ()))


def _opening_line(figures: PeriodJson, bars: Sequence[str], bar: str | None) -> PeriodLine:
    line = _line(figures["period"], exact_attainment(figures), bars, bar, after_opening=False)
    if figures["status"] != "assessable":
        return line
    return PeriodLine(
        name=line.name,
        short=line.short,
        year=line.year,
        counted=True,
        credited=amount(figures["credited"]),
        target=amount(figures["adjusted_quota"]),
        attainment=line.attainment,
        ratio=line.ratio,
        below=line.below,
    )


def _exact(result: PeriodResult) -> Fraction | None:
    known = result.exact or result.attainment
    return None if known is None else Fraction(known)


def _line(
    period: str, ratio: Fraction | None, bars: Sequence[str], bar: str | None, *, after_opening: bool
) -> PeriodLine:
    name, short = period_name(period), short_period_name(period)
    if ratio is None:
        return PeriodLine(name=name, short=short, year=period[:4], counted=False, after_opening=after_opening)
    shown = in_line_with(bars, ratio)
    return PeriodLine(
        name=name,
        short=short,
        year=period[:4],
        counted=True,
        attainment=percent(shown),
        ratio=shown,
        below=bar is not None and ratio < Fraction(bar),
        after_opening=after_opening,
    )
