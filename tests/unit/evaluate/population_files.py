"""A directory and its facts as files in memory, and the ways in which they can be evaluated."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from functions.evaluate.decisions.decision import decision_line
from functions.evaluate.decisions.reference import evaluate
from functions.evaluate.decisions.rows import facts_by_rep, people_rows
from functions.evaluate.evaluate_shard import ShardInputs, assess_shard, decide_shard, merge_population
from shared.domain.period import Period
from shared.domain.policy import Policy

Row = dict[str, Any]


class MemoryFiles:
    """Keeps what is written; ``key in files`` and ``files[key]`` read it."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def __getitem__(self, key: str) -> bytes:
        return self._files[key]

    def __contains__(self, key: str) -> bool:
        return key in self._files

    def read_lines(self, key: str) -> Iterable[bytes]:
        return self._files[key].splitlines(keepends=True)

    def write_lines(self, key: str, lines: Iterable[bytes]) -> str:
        content = b"".join(lines)
        self._files[key] = content
        return hashlib.sha256(content).hexdigest()


def jsonl(rows: Iterable[Row]) -> bytes:
    return b"".join(
        json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" for row in rows
    )


def in_one_process(policy: Policy, period: Period, people: Sequence[Row], facts: Sequence[Row]) -> bytes:
    """The decisions file by the reference."""
    directory = list(people_rows([jsonl(people)], "people"))
    by_rep = facts_by_rep([("facts", [jsonl(facts)])])
    return b"".join(map(decision_line, evaluate(policy, directory, by_rep, period)))


def by_shards(
    policy: Policy,
    period: Period,
    people: Sequence[Row],
    facts: Sequence[Row],
    shards: Sequence[int],
) -> bytes:
    """The decisions file joined from shards, which are worked in the given order, e.g. ``[2, 0, 1]``."""
    files, count = MemoryFiles(), len(shards)

    def shard_of(rep: str) -> int:
        return int(hashlib.sha256(rep.encode()).hexdigest(), 16) % count

    for shard in range(count):
        mine = [row for row in people if shard_of(row["person_id"]) == shard]
        files.write_lines(f"people/{shard}", [jsonl(mine)])
        files.write_lines(f"facts/{shard}", [jsonl(row for row in facts if shard_of(row["rep_id"]) == shard)])
    inputs = {shard: ShardInputs([f"people/{shard}"], [f"facts/{shard}"]) for shard in shards}
    for shard in shards:
        assess_shard(policy, period, inputs[shard], f"statistics/{shard}", files)
    merge_population(policy, [f"statistics/{shard}" for shard in shards], "population", files)
    for shard in reversed(shards):
        keys = (f"decisions/{shard}", f"flagged/{shard}")
        decide_shard(policy, period, inputs[shard], "population", *keys, files)
    lines = b"".join(files[f"decisions/{shard}"] for shard in shards).splitlines(keepends=True)
    lines.sort(key=_rep)
    return b"".join(lines)


def _rep(line: bytes) -> str:
    return str(json.loads(line)["rep_id"])
