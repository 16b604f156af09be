"""Counts the periods that met a stage's bar, from the figures that the results give (C9)."""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from .recompute import Span, number


def earned(bar: Mapping[str, Any], results: Mapping[str, Mapping[str, Any]]) -> int:
    """How many of the last ``of_next`` assessable periods reached ``at_least``, compared exactly."""
    latest = [attainment(results[period]) for period in sorted(results)]
    assessable = [each for each in latest if each is not None][-bar["of_next"] :]
    return sum(each >= number(bar["at_least"]) for each in assessable)


def attainment(result: Mapping[str, Any]) -> Fraction | None:
    """Credited, divided by quota x share of days without leave x ramp share; None for other periods."""
    if result["status"] != "assessable":
        return None
    days = Span.named(result["period"]).days
    present = Fraction(days - result["leave_days"], days)
    target = number(result["quota"]) * present * number(result["ramp_share"])
    return number(result["credited"]) / target
