"""Projects past periods as if live and compares the bands with the final figures. Pure.

For HR and compensation staff, before they rely on the bands. A period is projected from the periods
before it alone, so that no later figure enters its bands.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

from functions.evaluate.decisions.directory_columns import Directory
from functions.evaluate.decisions.pace import pace_moment, project, snapshots_by_period
from functions.evaluate.decisions.pace_days import Snapshot, elapsed
from functions.evaluate.decisions.pace_history import Files, History
from functions.evaluate.decisions.period_figures import exact
from functions.evaluate.decisions.population import GroupKey
from shared.domain.business_days import business_days_of
from shared.domain.errors import InvalidInput
from shared.domain.period import Period
from shared.domain.policy import Policy

_STEP = 10
"""Projections are tried at every tenth of a period's business days."""


@dataclass(slots=True)
class Tally:
    """Projections with a band, and how these people ended; ``below`` of the policy is the bar."""

    projected: int = 0
    inside: int = 0
    ended_below: int = 0
    ended_above: int = 0
    behind: int = 0
    behind_came_true: int = 0
    at_risk: int = 0
    at_risk_came_true: int = 0
    on_pace: int = 0
    on_pace_ended_under_the_bar: int = 0

    def add(self, other: "Tally") -> None:
        for name, count in asdict(other).items():
            setattr(self, name, getattr(self, name) + count)


class CheckedGroup(NamedTuple):
    """One group at one share of the period; ``key`` is None for everybody together."""

    key: GroupKey | None
    share: Fraction
    tally: Tally


class PaceCheck(NamedTuple):
    """``periods`` are those in which anybody had a band; ``groups`` by key and share, everybody last."""

    periods: Sequence[str]
    groups: Sequence[CheckedGroup]

    @property
    def whole(self) -> Tally:
        """Everybody at every share together."""
        tally = Tally()
        for group in self.groups:
            if group.key is None:
                tally.add(group.tally)
        return tally


def check_pace(
    policy: Policy, directory: Directory, facts: Files, snapshots: Iterable[Snapshot], before: Period | None
) -> PaceCheck:
    """Project every period that has snapshots and final figures; with ``before``, only those before it."""
    taken = list(snapshots)
    periods = {Period.containing(snapshot.day, policy.period) for snapshot in taken}
    periods = {period for period in periods if before is None or period.ordinal < before.ordinal}
    if not periods:
        raise InvalidInput("no snapshot is dated in a past period, so there is nothing to check")
    by_period = snapshots_by_period(taken, min(periods).ordinal, max(periods))
    history = History(policy, directory, facts, by_period)
    tallies: dict[tuple[GroupKey | None, Fraction], Tally] = defaultdict(Tally)
    projected = []
    for period in sorted(periods):
        found = list(_tried(policy, directory, period, by_period[period], history))
        if found:
            projected.append(str(period))
        for key, share, tally in found:
            tallies[key, share].add(tally)
            tallies[None, share].add(tally)
    order = sorted(tallies, key=lambda each: (each[0] is None, _sortable(each[0] or ()), each[1]))
    return PaceCheck(projected, [CheckedGroup(key, share, tallies[key, share]) for key, share in order])


def report(policy: Policy, check: PaceCheck) -> dict[str, Any]:
    """The check as JSON."""
    terms = policy.require_pace()
    return {
        "policy": policy.ref,
        "coverage": terms.coverage,
        "below": terms.below,
        "periods": list(check.periods),
        "groups": [
            {
                "group": None if key is None else dict(zip(terms.group_by, key, strict=True)),
                "elapsed": f"{float(share):.1f}",
                **asdict(tally),
            }
            for key, share, tally in check.groups
        ],
        "total": asdict(check.whole),
    }


def _tried(
    policy: Policy, directory: Directory, period: Period, snapshots: Sequence[Snapshot], history: History
) -> Iterator[CheckedGroup]:
    final, terms = history.finals[period], policy.require_pace()
    bar = exact(terms.below)
    for share, day in _days_to_try(policy, period):
        moment = pace_moment(policy, period, day)
        tallies: dict[GroupKey, Tally] = defaultdict(Tally)
        for one in project(policy, moment, directory, snapshots, history):
            credited = final.credits[one.place]
            if one.lower is None or one.upper is None or credited is None:
                continue
            end = Fraction(credited, final.quotas[one.place])
            tally = tallies[directory.cohorts[one.place].key]
            tally.projected += 1
            tally.ended_below += end < one.lower
            tally.ended_above += end > one.upper
            tally.inside += one.lower <= end <= one.upper
            tally.behind += one.outcome == "behind"
            tally.behind_came_true += one.outcome == "behind" and end < bar
            tally.at_risk += one.outcome == "at_risk"
            tally.at_risk_came_true += one.outcome == "at_risk" and end < bar
            tally.on_pace += one.outcome == "on_pace"
            tally.on_pace_ended_under_the_bar += one.outcome == "on_pace" and end < bar
        yield from (CheckedGroup(key, share, tally) for key, tally in tallies.items())


def _days_to_try(policy: Policy, period: Period) -> Iterator[tuple[Fraction, date]]:
    """Every tenth from where pace speaks, short of the end, and the first day by which so much is over."""
    calendar = policy.calendar
    days = business_days_of(period, calendar.country, calendar.subdivision)
    first = max(1, ceil(exact(policy.require_pace().speaks_from) * _STEP))
    for step in range(first, _STEP):
        share = Fraction(step, _STEP)
        yield share, next(day for day in days if elapsed(day, period, calendar) >= share)


def _sortable(key: GroupKey) -> Sequence[tuple[bool, str]]:
    return [(value is not None, value or "") for value in key]
