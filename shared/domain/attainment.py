"""Computes exact attainment, and prints it so that rounding never moves it across a bar. Pure."""

from collections.abc import Iterable
from fractions import Fraction

from shared.domain.decision_json import AssessablePeriodJson, PeriodJson
from shared.domain.money import rounded
from shared.domain.period import Period
from shared.domain.policy import BelowRule, Policy, TrailingRule


def exact_target(figures: AssessablePeriodJson) -> Fraction:
    """The exact adjusted quota of an assessable period; the decision's own ``adjusted_quota`` is rounded."""
    days = Period.parse(figures["period"]).days
    share = Fraction(days - figures["leave_days"], days) * Fraction(figures["ramp_share"])
    return Fraction(figures["quota"]) * share


def exact_attainment(figures: PeriodJson) -> Fraction | None:
    """The exact attainment of a period of a decision; None where the period is not assessable."""
    if figures["status"] != "assessable":
        return None
    return Fraction(figures["credited"]) / exact_target(figures)


def bars_of(policy: Policy) -> tuple[str, ...]:
    """Every ratio with which the policy compares an attainment: thresholds of rules and of graduation."""
    found = {stage.graduate.at_least for stage in policy.ladder if stage.graduate is not None}
    for rule in policy.rules:
        if isinstance(rule, BelowRule):
            found.add(rule.below)
        elif isinstance(rule, TrailingRule):
            found.add(rule.trailing_below)
    return tuple(sorted(found))


def in_line_with(bars: Iterable[str], ratio: Fraction) -> str:
    """The ratio with 4 places, or with more where rounding would move it across a bar.

    Figures are compared before they are rounded. With 4 places, 0.69996 would read as 0.7000, below 0.70.
    """
    exact, places = [Fraction(bar) for bar in bars], 4
    while any((Fraction(rounded(ratio, places)) < bar) != (ratio < bar) for bar in exact):
        places += 1
    return rounded(ratio, places)
