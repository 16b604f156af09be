"""Figures and days as a person reads them, from the exact texts that decisions carry. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.attainment import bars_of, exact_attainment, exact_target, in_line_with
from shared.domain.case import Case, PeriodResult
from shared.domain.errors import InvalidFacts
from shared.domain.period import Period
from shared.domain.policy import BelowRule, Policy, Rule, TrailingRule

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True, slots=True)
class PeriodLine:
    """One period as a row of the table and a bar of the chart.

    A period that does not count says so and no more: why it does not is nobody's business but HR's, so
    neither the status nor any figure that would give it away is here.
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


def percent(ratio: str) -> str:
    """``0.5125`` as ``51.25 %``: the point moves, nothing is rounded, and no line breaks before the sign."""
    return f"{Decimal(ratio).scaleb(2).normalize() + 0:f}\N{NO-BREAK SPACE}%"


def amount(figure: str) -> str:
    """``1234.5`` as ``1,234.50``: at least two places where there is a fraction, and every digit kept."""
    number = Decimal(figure)
    if number == number.to_integral_value():
        return f"{number:,.0f}"
    places = max(2, -int(number.normalize().as_tuple().exponent))
    return f"{number:,.{places}f}"


def period_name(text: str) -> str:
    """``2026-09`` as ``September 2026``; ``2026-Q3`` as ``Q3 2026``."""
    period = Period.parse(text)
    if period.kind == "quarter":
        return f"{text[5:]} {text[:4]}"
    return f"{_MONTHS[period.first_day.month - 1]} {text[:4]}"


def short_period_name(text: str) -> str:
    """``2026-09`` as ``Sep``; ``2026-Q3`` as ``Q3``: what fits under a bar."""
    return text[5:] if "Q" in text else _MONTHS[int(text[5:7]) - 1][:3]


def listed(names: Sequence[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""


def moment_in_words(instant: datetime, timezone: str) -> str:
    """``Friday 9 October 2026, 17:00 (New York time)``."""
    local = instant.astimezone(ZoneInfo(timezone))
    city = timezone.rpartition("/")[2].replace("_", " ")
    return f"{local:%A} {local.day} {_MONTHS[local.month - 1]} {local.year}, {local:%H:%M} ({city} time)"


def time_in_words(instant: datetime, timezone: str) -> str:
    """``17:00 on Friday 9 October 2026 (New York time)``: to stand after ``at``."""
    day, _, time = moment_in_words(instant, timezone).partition(", ")
    return f"{time[:5]} on {day} {time[6:]}"


def period_lines(case: Case, policy: Policy, bar: str | None) -> tuple[PeriodLine, ...]:
    """The periods of the opening decision, then what arrived since, oldest first."""
    opening, bars = decided_lines(case.decision, policy, bar), bars_of(policy)
    known = {figures["period"] for figures in case.decision.get("inputs", ())}
    later = {result.period: result for result in case.results if result.period not in known}
    return (
        *opening,
        *(_line(period, _exact(later[period]), bars, bar, after_opening=True) for period in sorted(later)),
    )


def decided_lines(decision: Mapping[str, Any], policy: Policy, bar: str | None) -> tuple[PeriodLine, ...]:
    """The periods that a decision looked at, oldest first."""
    bars = bars_of(policy)
    return tuple(_opening_line(figures, bars, bar) for figures in decision.get("inputs", ()))


def bar_of(policy: Policy, decision: Mapping[str, Any]) -> str | None:
    """The ratio below which a period fell short: that of the first rule that fired and has one."""
    for finding in decision.get("findings", ()):
        rule = _rule(policy, finding["rule"])
        if isinstance(rule, BelowRule):
            return rule.below
        if isinstance(rule, TrailingRule):
            return rule.trailing_below
    return None


def finding_in_words(finding: Mapping[str, Any], policy: Policy, decision: Mapping[str, Any]) -> str:
    """Why a rule fired: a sentence whose arithmetic can be followed with a finger."""
    rule = _rule(policy, finding["rule"])
    counted = {figures["period"]: figures for figures in decision.get("inputs", ())}
    periods: list[str] = list(finding["periods"])
    unit = policy.period
    cited = f" ({rule.cite})" if rule.cite else ""
    if isinstance(rule, BelowRule):
        each = listed(
            [f"{period_name(name)} {percent(_printed(counted[name], bars_of(policy)))}" for name in periods]
        )
        were = "was" if finding["observed"] == "1" else "were"
        return (
            f"{finding['observed']} of the last {rule.of_last} {unit}s {were} below {percent(rule.below)} "
            f"({each}); the policy looks at {finding['threshold']} or more{cited}."
        )
    if isinstance(rule, TrailingRule):
        credited = sum(Decimal(counted[name]["credited"]) for name in periods)
        target = sum(Decimal(counted[name]["adjusted_quota"]) for name in periods)
        exact = Fraction(credited) / sum(exact_target(counted[name]) for name in periods)
        together = in_line_with((rule.trailing_below,), exact)
        return (
            f"{listed([period_name(name) for name in periods])} together: "
            f"{amount(str(credited))} credited of a target of {amount(str(target))} "
            f"is {percent(together)}, below {percent(rule.trailing_below)}{cited}."
        )
    return (
        f"In {period_name(periods[-1])}, {percent(finding['observed'])} of the people in the same "
        f"{listed([field.replace('_', ' ').removesuffix(' id') for field in rule.group_by])} attained less; "
        f"the policy looks at less than {percent(rule.peer_rank_below)}{cited}."
    )


def _opening_line(figures: Mapping[str, Any], bars: Sequence[str], bar: str | None) -> PeriodLine:
    line = _line(figures["period"], exact_attainment(figures), bars, bar, after_opening=False)
    if not line.counted:
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


def _printed(figures: Mapping[str, Any], bars: Sequence[str]) -> str:
    ratio = exact_attainment(figures)
    if ratio is None:
        raise InvalidFacts(f"{figures['period']} counts in a finding, and has no attainment")
    return in_line_with(bars, ratio)


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


def _rule(policy: Policy, rule_id: str) -> Rule:
    for rule in policy.rules:
        if rule.id == rule_id:
            return rule
    raise InvalidFacts(f"{policy.ref} has no rule {rule_id!r}, which a decision under it names")
