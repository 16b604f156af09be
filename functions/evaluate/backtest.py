"""Backtest a policy: evaluate past periods as if live, with the figures that are known now."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise
from typing import Any

from functions.evaluate.decisions.columnar import assess_many, judge_many, summarise_many
from functions.evaluate.decisions.directory_columns import Directory
from functions.evaluate.decisions.period_column import PeriodColumn
from functions.evaluate.decisions.period_figures import exact
from functions.evaluate.decisions.population import merge
from functions.evaluate.decisions.window_rules import Window, read_columns
from shared.domain.decision_json import Outcome
from shared.domain.errors import InvalidPolicy
from shared.domain.identifiers import PolicyRef
from shared.domain.period import Period
from shared.domain.policy import Policy


@dataclass(slots=True)
class PeriodTally:
    """The counts of one period. A rule's count includes people whose outcome is structural."""

    period: str
    outcomes: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    flagged: set[str] = field(default_factory=set)
    clear: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Backtest:
    """The result of a backtest.

    ``groups``: for each (role, region) in scope, the number of people ever flagged, and of all people.
    ``met_the_bar``: people in scope with at least one period at or above ``bar``.
    ``assessed``: people in scope with at least one assessable period.
    """

    policy: PolicyRef
    first: str
    last: str
    periods: Sequence[PeriodTally]
    ever_flagged: frozenset[str]
    self_corrected: frozenset[str]
    groups: Mapping[tuple[str, str], tuple[int, int]]
    bar: str
    met_the_bar: int
    assessed: int

    def report(self) -> dict[str, Any]:
        """The report's JSON."""
        return {
            "policy": self.policy,
            "from": self.first,
            "to": self.last,
            "periods": [
                {
                    "period": tally.period,
                    "outcomes": dict(sorted(tally.outcomes.items())),
                    "rules": dict(sorted(tally.rules.items())),
                }
                for tally in self.periods
            ],
            "reps_ever_flagged": len(self.ever_flagged),
            "self_corrected": len(self.self_corrected),
        }


def backtest(
    policy: Policy,
    directory: Directory,
    facts: Iterable[tuple[str, Iterable[bytes]]],
    first: Period,
    last: Period,
) -> Backtest:
    """Evaluate each period from ``first`` to ``last``; graduation, relapse and effective dates are ignored.

    ``facts`` are the (name, chunks) of each file. Files are read once; windows share the periods' figures.
    """
    if last.ordinal < first.ordinal:
        raise InvalidPolicy(f"a backtest from {first} to {last} contains no period")
    bar = exact(bar_of(policy))
    length = policy.longest_window
    periods = last.window(last.ordinal - first.ordinal + 1)
    columns = read_columns(policy, [*first.window(length), *periods[1:]], directory, facts, keep_texts=False)
    tallies: list[PeriodTally] = []
    assessed: set[int] = set()
    met: set[int] = set()
    for index, period in enumerate(periods):
        window = columns[index : index + length]
        tallies.append(_tally(policy, period, directory, window))
        for place, credited in enumerate(window[-1].credits):
            if credited is not None and directory.in_scope[place]:
                assessed.add(place)
                if credited * bar.denominator >= bar.numerator * window[-1].quotas[place]:
                    met.add(place)
    flagged = frozenset[str]().union(*(tally.flagged for tally in tallies))
    corrected = (before.flagged & after.clear for before, after in pairwise(tallies))
    return Backtest(
        policy=policy.ref,
        first=str(first),
        last=str(last),
        periods=tallies,
        ever_flagged=flagged,
        self_corrected=frozenset[str]().union(*corrected),
        groups=_groups(directory, flagged),
        bar=bar_of(policy),
        met_the_bar=len(met),
        assessed=len(assessed),
    )


def _tally(
    policy: Policy, period: Period, directory: Directory, columns: Sequence[PeriodColumn]
) -> PeriodTally:
    window = Window(policy, period)
    assessed = assess_many(window, directory, columns)
    judged = judge_many(window, assessed, merge(policy, [summarise_many(window, assessed)]))
    reps: dict[Outcome, set[str]] = {"open_case": set(), "clear": set()}
    for rep, outcome in zip(directory.reps, judged.outcomes, strict=True):
        if outcome in reps:
            reps[outcome].add(rep)
    return PeriodTally(
        period=str(period),
        outcomes=Counter(judged.outcomes),
        rules=Counter(chain.from_iterable(judged.findings.values())),
        flagged=reps["open_case"],
        clear=reps["clear"],
    )


def bar_of(policy: Policy) -> str:
    """The attainment that graduates a case at the first stage that has graduation; ``1`` where none has.

    Where hardly anybody ever reached it, the bar is too high for its people.
    """
    bars = [stage.graduate.at_least for stage in policy.ladder if stage.graduate]
    return bars[0] if bars else "1"


def _groups(directory: Directory, flagged: frozenset[str]) -> dict[tuple[str, str], tuple[int, int]]:
    sizes: Counter[tuple[str, str]] = Counter()
    hits: Counter[tuple[str, str]] = Counter()
    for rep, cohort in zip(directory.reps, directory.cohorts, strict=True):
        if cohort.in_scope:
            sizes[cohort.role_and_region] += 1
            hits[cohort.role_and_region] += rep in flagged
    return {group: (hits[group], size) for group, size in sorted(sizes.items())}
