"""A policy's own rules over one window of periods, for people whose figures stand in columns.

All arithmetic is of integers: thresholds are scaled until they are whole, sums brought to one denominator.
"""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from math import lcm

import orjson

from functions.evaluate.bulk_column import PeriodColumn
from functions.evaluate.bulk_facts import read_facts
from functions.evaluate.bulk_people import Directory
from functions.evaluate.bulk_terms import STEPS, Printed, half_even
from functions.evaluate.decision import Finding
from functions.evaluate.figures import exact
from shared.domain.period import Period
from shared.domain.policy import BelowRule, PeerRankRule, Policy, TrailingRule

Findings = Mapping[str, str]
"""By rule id, each as JSON text."""
NO_FINDINGS: Findings = {}


class Window:
    """The periods that one evaluation looks at, and the rules that one person's figures decide."""

    def __init__(self, policy: Policy, period: Period) -> None:
        self.policy = policy
        self.period = period
        self.periods = period.window(policy.longest_window)
        self.names = [str(each) for each in self.periods]
        below = [rule for rule in policy.rules if isinstance(rule, BelowRule)]
        trailing = [rule for rule in policy.rules if isinstance(rule, TrailingRule)]
        bars = [exact(rule.below) for rule in below] + [exact(rule.trailing_below) for rule in trailing]
        self._scale = lcm(*(bar.denominator for bar in bars))
        self._below = [(rule, int(exact(rule.below) * self._scale)) for rule in below]
        self._trailing = [(rule, int(exact(rule.trailing_below) * self._scale)) for rule in trailing]
        self.has_peer_rules = any(isinstance(rule, PeerRankRule) for rule in policy.rules)
        self._told: dict[tuple[str, object], str] = {}
        self._printed = Printed()

    def own_findings(self, columns: Sequence[PeriodColumn], place: int) -> Findings:
        """The findings that a person's own figures make; P is assessable."""
        found: dict[str, str] = {}
        reached = [(column.credits[place], column.quotas[place]) for column in columns]
        now, now_quota = reached[-1]
        for below, bar in self._below:
            if now is None or now * self._scale >= bar * now_quota:
                continue
            first = len(columns) - below.of_last
            low = [
                at
                for at, (credited, quota) in enumerate(reached)
                if at >= first and credited is not None and credited * self._scale < bar * quota
            ]
            if len(low) >= below.count:
                found[below.id] = self._told.get((below.id, tuple(low))) or self._tell_below(below, low)
        for trailing, bar in self._trailing:
            sums = _sums(columns[-trailing.of_last :], reached[-trailing.of_last :], place)
            if sums is not None and sums[0] * self._scale < bar * sums[1]:
                steps = half_even(sums[0] * STEPS, sums[1])
                found[trailing.id] = self._told.get((trailing.id, steps)) or self._tell_trailing(
                    trailing, steps
                )
        return found

    def _tell_below(self, rule: BelowRule, low: Sequence[int]) -> str:
        periods = tuple(self.names[at] for at in low)
        text = finding_text(Finding(rule.id, str(len(low)), str(rule.count), periods))
        self._told[rule.id, tuple(low)] = text
        return text

    def _tell_trailing(self, rule: TrailingRule, steps: int) -> str:
        periods = tuple(self.names[-rule.of_last :])
        text = finding_text(Finding(rule.id, self._printed[steps], rule.trailing_below, periods))
        self._told[rule.id, steps] = text
        return text


def read_columns(
    policy: Policy,
    periods: Iterable[Period],
    directory: Directory,
    files: Iterable[tuple[str, Iterable[bytes]]],
) -> list[PeriodColumn]:
    """The figures of these periods, from (name, chunks) of each file of facts; a later line supersedes."""
    bars = [exact(rule.below) for rule in policy.rules if isinstance(rule, BelowRule)]
    bars += [exact(rule.trailing_below) for rule in policy.rules if isinstance(rule, TrailingRule)]
    # Who is at or above the highest bar in every period is under none, as a mean is not below its least part.
    highest = max(bars, default=Fraction(-(10**60)))
    printed = Printed()
    columns = [PeriodColumn(policy, period, directory, highest, printed) for period in periods]
    read_facts({column.name: column for column in columns}, files)
    for column in columns:
        column.settle()
    return columns


def finding_text(finding: Finding) -> str:
    """The finding as a decision's line has it."""
    return orjson.dumps(finding.as_data()).decode()


def _sums(
    columns: Sequence[PeriodColumn], reached: Sequence[tuple[int | None, int]], place: int
) -> tuple[int, int] | None:
    """Credits and adjusted quotas of these periods, in one unit; None unless all are assessable and alike."""
    currency = columns[0].currencies[place]
    credited = adjusted = 0
    weights: list[int] | None = None
    for column, (credit, quota) in zip(columns, reached, strict=True):
        if credit is None or column.currencies[place] != currency:
            return None
        if place in column.weights:
            weights = [each.weights.get(place, 1) for each in columns]
        credited += credit
        adjusted += quota
    if weights is None:
        return credited, adjusted
    unit = lcm(*weights)
    shares = [unit // weight for weight in weights]
    return (
        sum((credit or 0) * share for (credit, _), share in zip(reached, shares, strict=True)),
        sum(quota * share for (_, quota), share in zip(reached, shares, strict=True)),
    )
