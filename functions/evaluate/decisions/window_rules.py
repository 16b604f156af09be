"""Applies the rules about a person's own figures to columns of one window of periods.

All arithmetic uses integers: thresholds are fractions, and sums have a common denominator.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from math import lcm

import orjson

from functions.evaluate.decisions.column_caches import STEPS, PrintedRatios, half_even
from functions.evaluate.decisions.decision import Finding
from functions.evaluate.decisions.directory_columns import Directory
from functions.evaluate.decisions.fact_reader import read_facts
from functions.evaluate.decisions.period_column import ColumnCaches, PeriodColumn
from functions.evaluate.decisions.period_figures import exact
from shared.domain.period import Period
from shared.domain.policy import BelowRule, PeerRankRule, Policy, TrailingRule

Findings = Mapping[str, str]
"""The JSON text of each finding, by rule id."""
NO_FINDINGS: Findings = {}


class Window:
    """The periods of one evaluation, and the rules that need only a person's own figures."""

    def __init__(self, policy: Policy, period: Period) -> None:
        self.policy = policy
        self.period = period
        self.periods = period.window(policy.longest_window)
        self.names = [str(each) for each in self.periods]
        self.has_peer_rules = any(isinstance(rule, PeerRankRule) for rule in policy.rules)

    def own_findings(self, directory: Directory, columns: Sequence[PeriodColumn]) -> dict[int, Findings]:
        """The findings of these rules, for all people in scope whose evaluated period is assessable."""
        findings: dict[int, dict[str, str]] = {}
        in_scope, now = directory.in_scope, columns[-1].credits
        for rule in self.policy.rules:
            if isinstance(rule, BelowRule):
                found = self._below(rule, columns[-rule.of_last :])
            elif isinstance(rule, TrailingRule):
                found = self._trailing(rule, columns[-rule.of_last :])
            else:
                continue
            for place, text in found:
                if in_scope[place] and now[place] is not None:
                    findings.setdefault(place, {})[rule.id] = text
        return dict(findings)

    def _below(self, rule: BelowRule, columns: Sequence[PeriodColumn]) -> Iterator[tuple[int, str]]:
        """Findings of a ``below`` rule. Each person's periods under the bar are the bits of a number."""
        *before, now = (column.under(exact(rule.below)) for column in columns)
        low = dict.fromkeys(now, 1 << len(before))
        for at, under in enumerate(before):
            for place in under & now:
                low[place] |= 1 << at
        told: dict[int, str] = {}
        for place, bits in low.items():
            if bits.bit_count() >= rule.count:
                text = told.get(bits)
                if text is None:
                    periods = tuple(column.name for at, column in enumerate(columns) if bits >> at & 1)
                    finding = Finding(rule.id, str(len(periods)), str(rule.count), periods)
                    text = told[bits] = finding_text(finding)
                yield place, text

    def _trailing(self, rule: TrailingRule, columns: Sequence[PeriodColumn]) -> Iterator[tuple[int, str]]:
        bar = exact(rule.trailing_below)
        top, bottom = bar.numerator, bar.denominator
        periods = tuple(column.name for column in columns)
        printed, told = PrintedRatios(), dict[int, str]()
        heavy = set[int]().union(*(column.weights for column in columns))
        # A weighted mean is at least its smallest part, so somebody has to be under the bar in one period.
        places = list(set[int]().union(*(column.under(bar) for column in columns)))
        credits_of = zip(*(map(column.credits.__getitem__, places) for column in columns), strict=True)
        quotas_of = zip(*(map(column.quotas.__getitem__, places) for column in columns), strict=True)
        for place, credits, quotas in zip(places, credits_of, quotas_of, strict=True):
            if None in credits:
                continue
            credited = sum(credits)
            quota = sum(quotas)
            if place in heavy:
                credited, quota = _weighed(columns, place)
            if credited * bottom < top * quota and _one_currency(columns, place):
                steps = half_even(credited * STEPS, quota)
                text = told.get(steps)
                if text is None:
                    finding = Finding(rule.id, printed[steps], rule.trailing_below, periods)
                    text = told[steps] = finding_text(finding)
                yield place, text


def read_columns(
    policy: Policy,
    periods: Iterable[Period],
    directory: Directory,
    files: Iterable[tuple[str, Iterable[bytes]]],
    *,
    keep_texts: bool = True,
) -> list[PeriodColumn]:
    """The columns of these periods, from the (name, chunks) of each file. A later line supersedes.

    ``keep_texts``: keep the JSON of each entry. It takes most of the memory, and lines need it.
    """
    bars = [exact(rule.below) for rule in policy.rules if isinstance(rule, BelowRule)]
    bars += [exact(rule.trailing_below) for rule in policy.rules if isinstance(rule, TrailingRule)]
    caches = ColumnCaches(policy, max(bars, default=Fraction(-(10**60))), keep_texts=keep_texts)
    columns = [PeriodColumn(caches, period, directory) for period in periods]
    read_facts({column.name: column for column in columns}, files)
    for column in columns:
        column.settle()
    return columns


def finding_text(finding: Finding) -> str:
    """The finding's JSON text, as in a decision's line."""
    return orjson.dumps(finding.as_data()).decode()


def _one_currency(columns: Sequence[PeriodColumn], place: int) -> bool:
    return columns[0].one_currency() or len({column.currency(place) for column in columns}) == 1


def _weighed(columns: Sequence[PeriodColumn], place: int) -> tuple[int, int]:
    """The sums of credits and of adjusted quotas in a common unit. All periods must be assessable."""
    weights = [column.weights.get(place, 1) for column in columns]
    unit = lcm(*weights)
    return (
        sum((column.credits[place] or 0) * unit // w for column, w in zip(columns, weights, strict=True)),
        sum(column.quotas[place] * unit // w for column, w in zip(columns, weights, strict=True)),
    )
