"""Figures as a person reads them: arithmetic that can be followed with a finger. Pure."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from shared.domain.attainment import bars_of, exact_attainment, exact_target, in_line_with
from shared.domain.period import Period
from shared.domain.policy import BelowRule, PeerRankRule, Policy, Rule, TrailingRule

_STATUS = {
    "missing": "no figure was reported",
    "quota_unknown": "the quota is not known",
    "quota_zero": "no quota to measure against",
    "leave_unknown": "the days of leave are not known",
    "tenure": "too new in the role to count",
    "leave": "protected leave, does not count",
}


def percent(ratio: str) -> str:
    """``0.5125`` as ``51.25 %``: the point is moved, nothing is rounded."""
    return f"{Decimal(ratio).scaleb(2).normalize() + 0:f} %"


def amount(figure: str) -> str:
    """``1234.5`` as ``1,234.5``."""
    return f"{Decimal(figure):,f}"


def attainment_of(figures: Mapping[str, Any], policy: Policy | None) -> str | None:
    """The attainment of a period, on its own side of every bar of the policy; None where it does not count.

    Figures are compared before they are rounded; 0.69996 must not read as 70 % that is below 70 %.
    """
    exact = exact_attainment(figures)
    return None if exact is None else in_line_with(() if policy is None else bars_of(policy), exact)


def period_in_words(figures: Mapping[str, Any]) -> str:
    """One period of a decision's inputs as one line of arithmetic, or why it does not count."""
    if figures["status"] != "assessable":
        return _STATUS.get(figures["status"], str(figures["status"]).replace("_", " "))
    quota = amount(figures["quota"])
    factors = []
    if figures["leave_days"]:
        # As a percentage 10 of 31 days would be rounded, and the product would not come out.
        days = Period.parse(figures["period"]).days
        factors.append(f"× {days - figures['leave_days']} of {days} days worked")
    if Decimal(figures["ramp_share"]) != 1:
        factors.append(f"× {percent(figures['ramp_share'])} ramp")
    target = amount(figures["adjusted_quota"])
    adjusted = f"quota {quota} {' '.join(factors)} = {target}; " if factors else ""
    return f"{adjusted}credited {amount(figures['credited'])} ÷ {target} = {percent(figures['attainment'])}"


def finding_in_words(finding: Mapping[str, Any], policy: Policy, inputs: Sequence[Mapping[str, Any]]) -> str:
    """Why one rule fired, as a sentence, with the rule's own citation. ``inputs``: the decision's periods."""
    rule = rule_of(policy, finding["rule"])
    said = _finding(finding, rule, inputs)
    return f"{said} ({rule.cite})" if rule is not None and rule.cite else said


def _finding(finding: Mapping[str, Any], rule: Rule | None, inputs: Sequence[Mapping[str, Any]]) -> str:
    observed, periods = finding["observed"], ", ".join(finding["periods"])
    if isinstance(rule, BelowRule):
        return (
            f"{observed} of the last {rule.of_last} periods were under {percent(rule.below)}; "
            f"{rule.count} are enough: {periods}"
        )
    if isinstance(rule, TrailingRule):
        window = [figures for figures in inputs if figures["period"] in finding["periods"]]
        credited = sum(Fraction(figures["credited"]) for figures in window)
        together = Fraction(credited) / sum(exact_target(figures) for figures in window)
        return (
            f"Over {periods} together {percent(in_line_with((rule.trailing_below,), together))} was reached; "
            f"the bar is {percent(rule.trailing_below)}"
        )
    if isinstance(rule, PeerRankRule):
        return (
            f"In {periods} {percent(observed)} of comparable peers were lower; "
            f"under {percent(rule.peer_rank_below)} counts"
        )
    return f"{finding['rule']}: {observed} against {finding['threshold']} in {periods}"


def rule_of(policy: Policy, rule_id: str) -> Rule | None:
    return next((rule for rule in policy.rules if rule.id == rule_id), None)


def bar_of(policy: Policy, findings: Sequence[Mapping[str, Any]]) -> str | None:
    """The line to draw in a chart: the threshold of the first firing rule that has one by the period."""
    fired = [rule for finding in findings if (rule := rule_of(policy, finding["rule"])) is not None]
    for rule in (*fired, *policy.rules):
        if isinstance(rule, BelowRule):
            return rule.below
        if isinstance(rule, TrailingRule):
            return rule.trailing_below
    return None
