"""How an unfinished period goes: each person's likely final attainment, for managers who can help. Pure.

Pace opens no case and enters no decision. It adds what comparable people still gained, in past periods, from
this point to the end to what the person has now.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Literal, NamedTuple

import orjson

from functions.evaluate.decisions.directory_columns import Directory
from functions.evaluate.decisions.pace_band import Bands
from functions.evaluate.decisions.pace_days import STALE_AFTER, Snapshot, elapsed
from functions.evaluate.decisions.pace_history import Files, History
from functions.evaluate.decisions.period_figures import exact
from functions.evaluate.decisions.window_rules import read_columns
from shared.domain.decision_json import Status
from shared.domain.errors import InvalidInput
from shared.domain.identifiers import PolicyRef
from shared.domain.money import rounded
from shared.domain.period import Period
from shared.domain.policy import Policy

PaceOutcome = Literal[
    "out_of_scope", "not_assessable", "too_early", "no_history", "behind", "at_risk", "on_pace"
]


class Moment(NamedTuple):
    """What all projections of one run share; ``elapsed`` is the share of P's business days that is over."""

    policy: PolicyRef
    period: Period
    as_of: date
    elapsed: Fraction


class Projection(NamedTuple):
    """What pace says of one person; what was not computed is None.

    ``place`` is the person's place in the directory. ``history`` counts the past gains that were looked at,
    and ``group`` says whose they were.
    """

    place: int
    outcome: PaceOutcome
    reason: str | None = None
    attainment: Fraction | None = None
    lower: Fraction | None = None
    median: Fraction | None = None
    upper: Fraction | None = None
    history: int = 0
    group: Mapping[str, str | None] | None = None


class SoFar(NamedTuple):
    """One person's latest figures of P; ``elapsed`` is the share of P that was over on their day."""

    elapsed: Fraction
    status: Status
    attainment: Fraction | None


_NOTHING_SO_FAR = SoFar(Fraction(0), "missing", None)


def pace_moment(policy: Policy, period: Period, as_of: date) -> Moment:
    """The moment of a run; InvalidInput where the day lies outside the period."""
    if not period.first_day <= as_of <= period.last_day:
        raise InvalidInput(f"{as_of} is not a day of {period}")
    return Moment(policy.ref, period, as_of, elapsed(as_of, period, policy.calendar))


def pace_lines(
    policy: Policy,
    period: Period,
    as_of: date,
    directory: Directory,
    facts: Files,
    snapshots: Iterable[Snapshot],
) -> Iterator[bytes]:
    """Everybody's line as of a day of P, by rep id; ``directory`` is grouped by ``pace.group_by``.

    ``facts`` are the final figures of past periods. Of several files of facts, and of several snapshots of
    one day, a later one supersedes an earlier one.
    """
    moment = pace_moment(policy, period, as_of)
    by_period = snapshots_by_period(snapshots, period.ordinal - policy.require_pace().history, period)
    current = by_period.pop(period, [])
    history = None
    if moment.elapsed >= exact(policy.require_pace().speaks_from):
        history = History(policy, directory, facts, by_period)
    for projection in project(policy, moment, directory, current, history):
        yield pace_line(moment, directory.reps[projection.place], projection)


def snapshots_by_period(
    snapshots: Iterable[Snapshot], first: int, last: Period
) -> dict[Period, list[Snapshot]]:
    """The snapshots by the period of their day, from the period of ordinal ``first`` to ``last``."""
    found: dict[Period, list[Snapshot]] = defaultdict(list)
    for snapshot in snapshots:
        period = Period.containing(snapshot.day, last.kind)
        if first <= period.ordinal <= last.ordinal:
            found[period].append(snapshot)
    return dict(sorted(found.items()))


def project(
    policy: Policy,
    moment: Moment,
    directory: Directory,
    current: Sequence[Snapshot],
    history: History | None,
) -> Iterator[Projection]:
    """Everybody's projection, by place; ``current`` are snapshots of P, ``history`` is None if too early."""
    terms = policy.require_pace()
    so_far = _latest_figures(policy, moment, directory, current)
    bands: Bands | None = None
    for place, cohort in enumerate(directory.cohorts):
        own = so_far.get(place, _NOTHING_SO_FAR)
        if not cohort.in_scope:
            yield Projection(place, "out_of_scope")
        elif own.attainment is None:
            yield Projection(place, "not_assessable", own.status)
        elif moment.elapsed - own.elapsed > STALE_AFTER:
            yield Projection(place, "not_assessable", "stale")
        elif history is None:
            yield Projection(place, "too_early", None, own.attainment)
        else:
            if bands is None:
                bands = Bands(terms, history.gains(moment.period, moment.elapsed))
            band = bands.of(cohort.key)
            if band.gains is None:
                yield Projection(
                    place, "no_history", None, own.attainment, history=band.size, group=band.group
                )
                continue
            lower, median, upper = (own.attainment + gain for gain in band.gains)
            outcome = _outcome(exact(terms.below), median, upper)
            yield Projection(
                place, outcome, None, own.attainment, lower, median, upper, band.size, band.group
            )


def _outcome(bar: Fraction, median: Fraction, upper: Fraction) -> PaceOutcome:
    if upper < bar:
        return "behind"
    return "at_risk" if median < bar else "on_pace"


def _latest_figures(
    policy: Policy, moment: Moment, directory: Directory, snapshots: Iterable[Snapshot]
) -> dict[int, SoFar]:
    """Everybody's figures of P by place, each from the latest snapshot that has one, up to the moment."""
    by_day: dict[date, list[Snapshot]] = defaultdict(list)
    for snapshot in snapshots:
        if snapshot.day <= moment.as_of:
            by_day[snapshot.day].append(snapshot)
    wanted: Sequence[int] = [place for place, cohort in enumerate(directory.cohorts) if cohort.in_scope]
    found: dict[int, SoFar] = {}
    for day in sorted(by_day, reverse=True):
        if not wanted:
            break
        then = elapsed(day, moment.period, policy.calendar)
        files = ((each.name, each.chunks()) for each in by_day[day])
        (column,) = read_columns(policy, [moment.period], directory, files, keep_texts=False)
        for place in wanted:
            credited = column.credits[place]
            if credited is not None:
                found[place] = SoFar(then, "assessable", Fraction(credited, column.quotas[place]))
            elif place in column.statuses:
                found[place] = SoFar(then, column.statuses[place], None)
        wanted = [place for place in wanted if place not in found]
    return found


def pace_line(moment: Moment, rep_id: str, projection: Projection) -> bytes:
    """One person's line: no blanks, UTF-8 as it is, a line feed at its end."""
    return orjson.dumps(
        {
            "rep_id": rep_id,
            "period": str(moment.period),
            "as_of": moment.as_of.isoformat(),
            "policy": moment.policy,
            "outcome": projection.outcome,
            "reason": projection.reason,
            "elapsed": rounded(moment.elapsed, 4),
            "attainment": _printed(projection.attainment),
            "lower": _printed(projection.lower),
            "median": _printed(projection.median),
            "upper": _printed(projection.upper),
            "history": projection.history,
            "group": projection.group,
        },
        option=orjson.OPT_APPEND_NEWLINE,
    )


def _printed(ratio: Fraction | None) -> str | None:
    return None if ratio is None else rounded(ratio, 4)
