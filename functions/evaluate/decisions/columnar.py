"""Evaluates a policy for many people at once. This is the evaluation that runs in production.

People and figures are columns (``directory_columns``, ``period_column``). Only people who may be under a
rule's bar are looked at one by one, and lines are joined from texts that many people share. The result has
the same bytes as the plain form in ``reference``, at a fraction of the cost.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import chain, repeat
from typing import Final, NamedTuple

import orjson

from functions.evaluate.decisions.decision import Finding, stage_opened
from functions.evaluate.decisions.directory_columns import Directory
from functions.evaluate.decisions.period_column import PeriodColumn
from functions.evaluate.decisions.population import (
    GroupStatistics,
    Population,
    Subgroup,
    group_fields,
    narrowed,
)
from functions.evaluate.decisions.window_rules import (
    NO_FINDINGS,
    Findings,
    Window,
    finding_text,
    read_columns,
)
from shared.domain.decision_json import Outcome, Status
from shared.domain.money import rounded
from shared.domain.policy import PeerRankRule

FLAGGED: Final = frozenset({"open_case", "structural"})
"""The outcomes on which later steps act."""

_NEEDS_ESCAPE: Final = re.compile(r'["\\\x00-\x1f]')
_BATCH: Final = 1000


class Assessed(NamedTuple):
    """All people after the first pass; ``columns`` has one column for each period of the window.

    By places in the directory: ``statuses`` of the evaluated period where it is not assessable, and
    ``findings`` of the rules that need only the person's own figures.
    """

    directory: Directory
    columns: Sequence[PeriodColumn]
    statuses: dict[int, Status]
    findings: dict[int, Findings]


class Decided(NamedTuple):
    """The outcomes of some people, in the order of rep ids, and their lines in pieces."""

    outcomes: Sequence[Outcome]
    pieces: Sequence[tuple[str, ...]]

    def lines(self) -> bytes:
        """The lines of all these people."""
        return "".join(chain.from_iterable(self.pieces)).encode()

    def flagged(self) -> Iterator[bytes]:
        """The lines of the flagged people only."""
        for outcome, pieces in zip(self.outcomes, self.pieces, strict=True):
            if outcome in FLAGGED:
                yield "".join(pieces).encode()


def assess_files(
    window: Window, directory: Directory, facts: Iterable[tuple[str, Iterable[bytes]]]
) -> Assessed:
    """The first pass. ``facts`` are the (name, chunks) of each file of facts."""
    return assess_many(window, directory, read_columns(window.policy, window.periods, directory, facts))


def assess_many(window: Window, directory: Directory, columns: Sequence[PeriodColumn]) -> Assessed:
    """The first pass; ``columns`` has one column for each period of the window."""
    now = columns[-1]
    without = [place for place, credited in enumerate(now.credits) if credited is None]
    statuses: dict[int, Status] = {place: now.statuses.get(place, "missing") for place in without}
    return Assessed(directory, columns, statuses, window.own_findings(directory, columns))


def summarise_many(window: Window, assessed: Assessed) -> GroupStatistics:
    """The group statistics of these people."""
    directory, columns, statuses, findings = assessed
    cohorts = directory.cohorts
    sizes = Counter(cohorts)
    sizes.subtract(cohorts[place] for place in statuses)
    firing = Counter(cohorts[place] for place in findings)
    statistics = GroupStatistics()
    for cohort, size in sizes.items():
        if cohort.in_scope and size:
            subgroup = statistics.subgroups.setdefault(cohort.key, Subgroup())
            subgroup.assessable += size
            subgroup.firing += firing[cohort]
    if window.has_peer_rules:
        for place, credited in enumerate(columns[-1].credits):
            quota, cohort = columns[-1].quotas[place], cohorts[place]
            if credited is not None and credited < quota and cohort.in_scope:
                subgroup = statistics.subgroups[cohort.key]
                (subgroup.fired if place in findings else subgroup.quiet).append((credited, quota))
    return statistics


class Judged(NamedTuple):
    """By places in the directory: the outcome of every person, and the findings of those who have any."""

    outcomes: list[Outcome]
    findings: dict[int, Findings]


def judge_many(window: Window, assessed: Assessed, population: Population) -> Judged:
    """The second pass: the outcomes, now that the population is known."""
    judge = _Judge(window, assessed, population)
    cohorts = assessed.directory.cohorts
    outcomes: list[Outcome] = ["clear" if cohort.in_scope else "out_of_scope" for cohort in cohorts]
    for place in assessed.statuses:
        if outcomes[place] == "clear":
            outcomes[place] = "not_assessable"
    findings: dict[int, Findings] = {}
    for place in range(len(outcomes)) if window.has_peer_rules else assessed.findings:
        if outcomes[place] == "clear":
            found = judge.findings(place)
            if found:
                findings[place] = found
                outcomes[place] = "structural" if judge.is_structural(place) else "open_case"
    return Judged(outcomes, findings)


def decide_many(window: Window, assessed: Assessed, population: Population) -> Iterator[Decided]:
    """The outcome and the line of every person, by rep id, in batches."""
    outcomes, findings = judge_many(window, assessed, population)
    outcome_texts = _OutcomeTexts(window, assessed, Judged(outcomes, findings))
    reps = assessed.directory.reps
    if _NEEDS_ESCAPE.search("".join(reps)) is not None:
        reps = [orjson.dumps(rep).decode()[1:-1] for rep in reps]
    everybody = range(len(reps))
    for start in range(0, len(reps), _BATCH):
        batch = slice(start, start + _BATCH)
        texts: list[Iterable[str]] = []
        for column in assessed.columns:
            texts += [column.texts(batch), repeat(",")]
        texts[-1] = repeat("]}\n")
        parts = outcome_texts.of(everybody[batch])
        pieces = zip(repeat('{"rep_id":"'), reps[batch], parts, *texts, strict=False)
        yield Decided(outcomes[batch], list(pieces))


class _OutcomeTexts:
    """The part of each line between the rep id and the inputs. Most people share one of a few texts."""

    def __init__(self, window: Window, assessed: Assessed, judged: Judged) -> None:
        self._policy = window.policy
        self._statuses = assessed.statuses
        self._outcomes, self._findings = judged
        self._stages: dict[tuple[str, ...], str] = {}
        self._before = f'","period":"{window.period}","policy":"{window.policy.ref}","outcome":'
        self._by_outcome: dict[Outcome, str] = {
            outcome: self._text(outcome, "null", "null", "") for outcome in set(self._outcomes)
        }
        self._by_status: dict[Status, str] = {
            status: self._text("not_assessable", "null", f'"{status}"', "")
            for status in set(self._statuses.values())
        }

    def of(self, places: range) -> list[str]:
        """The parts of the people in this range of places."""
        first, outcomes = places.start, self._outcomes
        outcome_texts = [self._by_outcome[outcome] for outcome in outcomes[first : places.stop]]
        for place in filter(self._statuses.__contains__, places):
            if outcomes[place] == "not_assessable":
                outcome_texts[place - first] = self._by_status[self._statuses[place]]
        for place in filter(self._findings.__contains__, places):
            found = self._findings[place]
            fired = tuple([rule.id for rule in self._policy.rules if rule.id in found])
            stage = self._stage(fired) if outcomes[place] == "open_case" else "null"
            listed = ",".join([found[rule] for rule in fired])
            outcome_texts[place - first] = self._text(outcomes[place], stage, "null", listed)
        return outcome_texts

    def _stage(self, fired: tuple[str, ...]) -> str:
        stage = self._stages.get(fired)
        if stage is None:
            opened = stage_opened(self._policy, [Finding(rule, "", "", ()) for rule in fired])
            stage = self._stages[fired] = orjson.dumps(opened).decode()
        return stage

    def _text(self, outcome: Outcome, stage: str, reason: str, listed: str) -> str:
        return f'{self._before}"{outcome}","stage":{stage},"reason":{reason},"findings":[{listed}],"inputs":['


class _Judge:
    """Adds what depends on the population: the findings of peer rules, and the structural test."""

    def __init__(self, window: Window, assessed: Assessed, population: Population) -> None:
        self._policy = window.policy
        self._assessed = assessed
        self._population = population
        self._fields = group_fields(window.policy)
        self._peer_rules = [rule for rule in window.policy.rules if isinstance(rule, PeerRankRule)]

    def findings(self, place: int) -> Findings:
        """All findings of a person who is in scope and assessable."""
        own = self._assessed.findings.get(place, NO_FINDINGS)
        if not self._peer_rules:
            return own
        found = dict(own)
        now, key = self._assessed.columns[-1], self._assessed.directory.cohorts[place].key
        attainment = now.credits[place] or 0, now.quotas[place]
        for rule in self._peer_rules:
            group = narrowed(key, self._fields, rule.group_by)
            rank = self._population.peer_finding(rule, group, attainment)
            if rank is not None:
                share = rounded(Fraction(rank.below, rank.size), 4)
                found[rule.id] = finding_text(Finding(rule.id, share, rule.peer_rank_below, (now.name,)))
        return found

    def is_structural(self, place: int) -> bool:
        """Whether the quotas of the person's group are in question."""
        terms = self._policy.structural
        if terms is None:
            return False
        key = self._assessed.directory.cohorts[place].key
        return narrowed(key, self._fields, terms.group_by) in self._population.structural
