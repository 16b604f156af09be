"""Evaluate one shard of the directory in two passes; between them the whole population is merged."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

import orjson

from functions.evaluate.decisions.columnar import Assessed, assess_files, decide_many, summarise_many
from functions.evaluate.decisions.directory_columns import Directory
from functions.evaluate.decisions.population import GroupStatistics, Population, merge
from functions.evaluate.decisions.window_rules import Window
from shared.domain.period import Period
from shared.domain.policy import Policy


class EvaluationFiles(Protocol):
    """The files of an evaluation. Lines end in a line feed; a digest is the SHA-256 of the bytes, in hex."""

    def read_lines(self, key: str) -> Iterable[bytes]:
        """The file in chunks of whole lines, of any size."""

    def write_lines(self, key: str, lines: Iterable[bytes]) -> str:
        """Write the whole file or nothing, and return its digest. The same lines give the same bytes."""


@dataclass(frozen=True, slots=True)
class ShardInputs:
    """The shard's part of the directory, and its revisions of facts, the one in force last."""

    people: Sequence[str]
    facts: Sequence[str]


@dataclass(frozen=True, slots=True)
class ShardAssessed:
    statistics_digest: str
    people: int


@dataclass(frozen=True, slots=True)
class ShardDecided:
    """``flagged_digest`` is of the file with only the decisions that open a case or are structural.

    Later steps read only that file, so people who are clear cost them nothing.
    """

    decisions_digest: str
    flagged_digest: str
    outcomes: Mapping[str, int]


def assess_shard(
    policy: Policy, period: Period, inputs: ShardInputs, statistics_key: str, files: EvaluationFiles
) -> ShardAssessed:
    """First pass: write the shard's group statistics."""
    window = Window(policy, period)
    assessed = _assessed(window, inputs, files)
    statistics = summarise_many(window, assessed)
    line = orjson.dumps(statistics.as_data(), option=orjson.OPT_APPEND_NEWLINE)
    return ShardAssessed(files.write_lines(statistics_key, [line]), len(assessed.directory))


def merge_population(
    policy: Policy, statistics_keys: Iterable[str], population_key: str, files: EvaluationFiles
) -> str:
    """Between the passes: merge the statistics of all shards, in any order, and return the file's digest."""
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
    """Second pass: write a decision for every person of the shard, ordered by rep id.

    People are assessed again, because that is cheaper than storing the results of the first pass.
    """
    window = Window(policy, period)
    population = Population.from_data(_only_line(population_key, files))
    assessed = _assessed(window, inputs, files)
    outcomes: Counter[str] = Counter()
    flagged: list[bytes] = []

    def lines() -> Iterable[bytes]:
        for decided in decide_many(window, assessed, population):
            outcomes.update(decided.outcomes)
            flagged.extend(decided.flagged())
            yield decided.lines()

    digest = files.write_lines(decisions_key, lines())
    flagged_digest = files.write_lines(flagged_key, flagged)
    return ShardDecided(digest, flagged_digest, dict(sorted(outcomes.items())))


def _assessed(window: Window, inputs: ShardInputs, files: EvaluationFiles) -> Assessed:
    people = chain.from_iterable(files.read_lines(key) for key in inputs.people)
    directory = Directory(window.policy, people, " and ".join(inputs.people))
    return assess_files(window, directory, ((key, files.read_lines(key)) for key in inputs.facts))


def _only_line(key: str, files: EvaluationFiles) -> Mapping[str, object]:
    content: Mapping[str, object] = orjson.loads(b"".join(files.read_lines(key)))
    return content
