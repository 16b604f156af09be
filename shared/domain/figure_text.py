"""Figures, periods, times and findings as a person reads them in mails, pages, the API and evidence. Pure.

Decisions carry exact figures as text. Nothing here rounds a figure across a bar that it was compared with.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from shared.domain.attainment import bars_of, exact_attainment, exact_target, in_line_with
from shared.domain.decision_json import FindingJson, PeriodJson
from shared.domain.errors import InvalidFacts
from shared.domain.labels import label
from shared.domain.ladder import Graduate
from shared.domain.period import Period
from shared.domain.policy import BelowRule, PeerRankRule, Policy, Rule, TrailingRule

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


def percent(ratio: str) -> str:
    """``0.5125`` as ``51.25 %``, not rounded, with a no-break space before the sign."""
    return f"{Decimal(ratio).scaleb(2).normalize() + 0:f}\N{NO-BREAK SPACE}%"


def amount(figure: str) -> str:
    """``1234.5`` as ``1,234.50``: every digit is kept, and a fraction has at least two places."""
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
    """``2026-09`` as ``Sep``; ``2026-Q3`` as ``Q3``: short enough for a chart."""
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
    """``17:00 on Friday 9 October 2026 (New York time)``, to follow the word ``at``."""
    day, _, time = moment_in_words(instant, timezone).partition(", ")
    return f"{time[:5]} on {day} {time[6:]}"


def attainment_of(figures: PeriodJson, policy: Policy | None) -> str | None:
    """The attainment of a period as a ratio; None where the period does not count.

    Figures are compared before they are rounded. The text has as many digits as it takes to stay on its own
    side of every bar of the policy: 0.69996 must not read as 70 %.
    """
    exact = exact_attainment(figures)
    return None if exact is None else in_line_with(() if policy is None else bars_of(policy), exact)


def rule_of(policy: Policy, rule_id: str) -> Rule | None:
    return next((rule for rule in policy.rules if rule.id == rule_id), None)


def bar_of(policy: Policy, findings: Sequence[FindingJson]) -> str | None:
    """The ratio below which a period fell short: the bar of the first finding whose rule has one."""
    for finding in findings:
        rule = rule_of(policy, finding["rule"])
        if isinstance(rule, BelowRule):
            return rule.below
        if isinstance(rule, TrailingRule):
            return rule.trailing_below
    return None


def finding_in_words(finding: FindingJson, policy: Policy, inputs: Sequence[PeriodJson]) -> str:
    """Why a rule was met, with arithmetic that a reader can check. ``inputs``: the decision's periods."""
    rule = rule_of(policy, finding["rule"])
    # A period that a finding counts is assessable, so its figures are not null.
    counted: dict[str, Any] = {figures["period"]: figures for figures in inputs}
    periods: list[str] = list(finding["periods"])
    cited = f" ({rule.cite})" if rule is not None and rule.cite else ""
    if isinstance(rule, BelowRule):
        each = listed([f"{period_name(name)} {_reached(counted[name], policy)}" for name in periods])
        were = "was" if finding["observed"] == "1" else "were"
        return (
            f"{finding['observed']} of the last {rule.of_last} {policy.period}s {were} "
            f"below {percent(rule.below)} ({each}); "
            f"the policy acts on {finding['threshold']} or more{cited}."
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
    if isinstance(rule, PeerRankRule):
        alike = listed([label("group", field) for field in rule.group_by])
        return (
            f"In {period_name(periods[-1])}, {percent(finding['observed'])} of the people in the same "
            f"{alike} attained less; the policy acts on less than {percent(rule.peer_rank_below)}{cited}."
        )
    return (
        f"The rule {finding['rule']}: {finding['observed']} against {finding['threshold']} "
        f"in {listed([period_name(name) for name in periods])}."
    )


def goal_in_words(goal: Graduate, policy: Policy) -> str:
    """What ends a case well, as a sentence."""
    reach = "reaches" if goal.count == 1 else "reach"
    return (
        f"The case ends well when {goal.count} of the next {goal.of_next} {policy.period}s "
        f"{reach} {percent(goal.at_least)} of target."
    )


def _reached(figures: PeriodJson, policy: Policy) -> str:
    ratio = attainment_of(figures, policy)
    if ratio is None:
        raise InvalidFacts(f"{figures['period']} counts in a finding but has no attainment")
    return percent(ratio)
