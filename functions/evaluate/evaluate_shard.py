"""Evaluate one shard of the directory, in two passes with the whole population known in between."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import orjson

from functions.evaluate.decision import Decision, decision_line
from functions.evaluate.population import GroupStatistics, Population, merge
from functions.evaluate.rows import facts_by_rep, people_rows
from functions.evaluate.rules import Assessment, assess, decide, rep_id, summarise
from shared.domain.errors import InvalidDirectory
from shared.domain.period import Period
from shared.domain.policy import Policy


class EvaluationFiles(Protocol):
    """Where an evaluation's files are. Lines end in a line feed; a digest is the bytes' SHA-256, in hex."""

    def read_lines(self, key: str) -> Iterable[bytes]:
        """The file in chunks of whole lines, as large as is convenient."""

    def write_lines(self, key: str, lines: Iterable[bytes]) -> str:
        """Write the file, whole or not at all, and give its digest; the same lines give the same bytes."""


@dataclass(frozen=True, slots=True)
class ShardInputs:
    """The shard's part of the directory, and its facts' revisions in the order in which they became known."""

    people: Sequence[str]
    facts: Sequence[str]


@dataclass(frozen=True, slots=True)
class ShardAssessed:
    statistics_digest: str
    people: int


@dataclass(frozen=True, slots=True)
class ShardDecided:
    """``flagged_digest`` is of the decisions that open a case or ask about quotas, in a file of their own, so
    that nobody else costs more than arithmetic.
    """

    decisions_digest: str
    flagged_digest: str
    outcomes: Mapping[str, int]


def assess_shard(
    policy: Policy, period: Period, inputs: ShardInputs, statistics_key: str, files: EvaluationFiles
) -> ShardAssessed:
    """First pass: what the shard's people add to their groups."""
    assessments = _assessments(policy, period, inputs, files)
    statistics = summarise(policy, assessments)
    line = orjson.dumps(statistics.as_data(), option=orjson.OPT_APPEND_NEWLINE)
    return ShardAssessed(files.write_lines(statistics_key, [line]), len(assessments))


def merge_population(
    policy: Policy, statistics_keys: Iterable[str], population_key: str, files: EvaluationFiles
) -> str:
    """Between the passes: the whole population from every shard's statistics, in any order; its digest."""
    shards = (GroupStatistics.from_data(_only_line(key, files)) for key in statistics_keys)
    line = orjson.dumps(merge(policy, shards).as_data(), option=orjson.OPT_APPEND_NEWLINE)
    return files.write_lines(population_key, [line])


def decide_shard(
    policy: Policy,
    period: Period,
    inputs: ShardInputs,
    population_key: str,
    decisions_key: str,
    flagged_key: str,
    files: EvaluationFiles,
) -> ShardDecided:
    """Second pass: a decision for everybody of the shard, by rep id.

    People are assessed anew: that is cheaper than writing and reading what they came to in the first pass.
    """
    population = Population.from_data(_only_line(population_key, files))
    outcomes: Counter[str] = Counter()
    flagged: list[Decision] = []

    def lines() -> Iterable[bytes]:
        for assessment in _assessments(policy, period, inputs, files):
            decision = decide(policy, assessment, population)
            outcomes[decision.outcome] += 1
            if decision.outcome in ("open_case", "structural"):
                flagged.append(decision)
            yield decision_line(decision)

    digest = files.write_lines(decisions_key, lines())
    flagged_digest = files.write_lines(flagged_key, map(decision_line, flagged))
    return ShardDecided(digest, flagged_digest, dict(sorted(outcomes.items())))


def _assessments(
    policy: Policy, period: Period, inputs: ShardInputs, files: EvaluationFiles
) -> list[Assessment]:
    facts = facts_by_rep((key, files.read_lines(key)) for key in inputs.facts)
    found: dict[str, Assessment] = {}
    for key in inputs.people:
        for person in people_rows(files.read_lines(key), key):
            rep = rep_id(person)
            if rep in found:
                raise InvalidDirectory(f"{rep!r} stands twice in the directory")
            found[rep] = assess(policy, person, facts.get(rep, {}), period)
    return [found[rep] for rep in sorted(found)]


def _only_line(key: str, files: EvaluationFiles) -> Mapping[str, object]:
    content: Mapping[str, object] = orjson.loads(b"".join(files.read_lines(key)))
    return content
