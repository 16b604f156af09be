"""Attainment as it is compared, exact, and as it is printed: never on the wrong side of a bar. Pure."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from shared.domain.money import rounded
from shared.domain.period import Period
from shared.domain.policy import BelowRule, Policy, TrailingRule


def exact_target(figures: Mapping[str, Any]) -> Fraction:
    """The adjusted quota of an assessable period of a decision, from what it was computed from."""
    days = Period.parse(figures["period"]).days
    share = Fraction(days - figures["leave_days"], days) * Fraction(figures["ramp_share"])
    return Fraction(figures["quota"]) * share


def exact_attainment(figures: Mapping[str, Any]) -> Fraction | None:
    """The attainment of a period of a decision; None where the period is not assessable."""
    if figures["status"] != "assessable":
        return None
    return Fraction(figures["credited"]) / exact_target(figures)


def bars_of(policy: Policy) -> tuple[str, ...]:
    """Every ratio with which the policy compares an attainment: what flags, and what ends a case well."""
    found = {stage.graduate.at_least for stage in policy.ladder if stage.graduate is not None}
    for rule in policy.rules:
        if isinstance(rule, BelowRule):
            found.add(rule.below)
        elif isinstance(rule, TrailingRule):
            found.add(rule.trailing_below)
    return tuple(sorted(found))


def in_line_with(bars: Iterable[str], ratio: Fraction) -> str:
    """The ratio with 4 places, or as many more as it takes to stand on its own side of each bar.

    Figures are compared before they are rounded; 0.69996 must not be told as 0.7000 that is below 0.70.
    """
    exact, places = [Fraction(bar) for bar in bars], 4
    while any((Fraction(rounded(ratio, places)) < bar) != (ratio < bar) for bar in exact):
        places += 1
    return rounded(ratio, places)
