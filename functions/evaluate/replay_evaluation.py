"""Re-run a past evaluation from its pinned inputs and compare the result byte for byte."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest

import orjson

from functions.evaluate.evaluate_shard import assess_shard, decide_shard, merge_population
from functions.evaluate.run_evaluation import planned_policy, shard_inputs
from shared.domain import paths
from shared.domain.errors import IntegrityError, InvalidPolicy, NotFound
from shared.domain.event import EventTag, parse_event
from shared.domain.identifiers import BatchId, EvaluationId, Subject, batch_subject, evaluation_subject
from shared.domain.merkle import Frontier, leaf_hash
from shared.domain.period import Period
from shared.domain.policy import Policy
from shared.domain.record import EvaluationRecord, PlannedEvaluation
from shared.ports import CaseStore, Files


@dataclass(frozen=True, slots=True)
class Fault:
    """Something missing or different: where, and what is wrong there."""

    where: str
    says: str


@dataclass(frozen=True, slots=True)
class ShardReplayed:
    """The replay of one shard. ``same``: whether its digest is that of the evaluation's record."""

    shard: str
    people: int
    digest: str
    same: bool


@dataclass(frozen=True, slots=True)
class Replay:
    """The result of a replay. ``shards`` and ``root`` are empty where an input is missing or changed."""

    plan: PlannedEvaluation
    shards: tuple[ShardReplayed, ...]
    root: str | None
    faults: tuple[Fault, ...]
    code_version: str

    @property
    def identical(self) -> bool:
        return not self.faults

    @property
    def other_code(self) -> bool:
        """Whether the evaluation ran other code. Then an identical result proves more."""
        return self.plan.code_version != self.code_version


def replay_evaluation(
    evaluation_id: EvaluationId, store: CaseStore, files: Files, code_version: str
) -> Replay:
    """Replay without writing anything. ``code_version`` is the running code's.

    Raises NotFound where there is no such evaluation.
    """
    plan = store.planned(evaluation_id)
    faults: list[Fault] = []
    record = _record(plan, store, faults)
    policy = _policy(plan, files, faults)
    faults += _faults_of_directory(plan, store, files)
    faults += _faults_of_facts(plan, store, files)
    if record is None or policy is None or faults:
        return Replay(plan, (), None, tuple(faults), code_version)
    faults += _faults_of_ledger(record, store)
    shards, root, differing = _replayed(record, policy, store, files)
    return Replay(plan, shards, root, (*faults, *differing), code_version)


class _ReplayFiles:
    """Reads the evaluation's inputs from their files, and keeps the replay's own files in memory."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._made: dict[str, bytes] = {}

    def read_lines(self, key: str) -> Iterable[bytes]:
        return [self._made[key]] if key in self._made else self._files.read_lines(key)

    def write_lines(self, key: str, lines: Iterable[bytes]) -> str:
        self._made[key] = b"".join(lines)
        return hashlib.sha256(self._made[key]).hexdigest()

    def take(self, key: str) -> bytes:
        return self._made.pop(key)


def _record(plan: PlannedEvaluation, store: CaseStore, faults: list[Fault]) -> EvaluationRecord | None:
    try:
        return store.evaluation(plan.id)
    except NotFound:
        faults.append(Fault("record", "the evaluation was planned but never finished"))
        return None


def _policy(plan: PlannedEvaluation, files: Files, faults: list[Fault]) -> Policy | None:
    where = paths.policy(plan.policy_digest)
    try:
        return planned_policy(plan, files)
    except NotFound:
        faults.append(Fault(where, f"the file of {plan.policy} is missing"))
    except (IntegrityError, InvalidPolicy) as error:
        faults.append(Fault(where, str(error)))
    return None


def _faults_of_directory(plan: PlannedEvaluation, store: CaseStore, files: Files) -> Iterator[Fault]:
    digests = _recorded_files(plan.directory, store)
    for shard in range(plan.shards):
        key, part = paths.people_shard(plan.directory, shard), f"{shard:04d}"
        if part not in digests:
            yield Fault(key, f"no event of batch {plan.directory} has its digest")
        else:
            yield from _faults_of_file(key, digests[part], files)


def _recorded_files(directory: BatchId, store: CaseStore) -> dict[str, str]:
    """The digests of the directory's parts, according to the ledger."""
    for event in map(parse_event, store.events(batch_subject(directory))):
        if event.tag is EventTag.DIRECTORY_RECORDED:
            return dict(event.data["files"][""])
    return {}


def _faults_of_facts(plan: PlannedEvaluation, store: CaseStore, files: Files) -> Iterator[Fault]:
    for period, batches in plan.revisions.items():
        revisions = {revision.batch: revision for revision in store.revisions(period)}
        for batch in batches:
            if batch not in revisions:
                yield Fault(f"{period} as of {batch}", "the revision is missing")
                continue
            for part, digest in sorted(revisions[batch].shards.items()):
                yield from _faults_of_file(paths.facts(int(part), period, batch), digest, files)


def _faults_of_file(key: str, digest: str, files: Files) -> Iterator[Fault]:
    try:
        found = _digest(files.read_lines(key))
    except NotFound:
        yield Fault(key, "the file is missing")
    except (OSError, EOFError) as error:
        yield Fault(key, f"the file cannot be read: {error}")
    else:
        if found != digest:
            yield Fault(key, f"the file was changed: its SHA-256 is {found}, but {digest} was recorded")


def _faults_of_ledger(record: EvaluationRecord, store: CaseStore) -> Iterator[Fault]:
    """Compare the record in the table with the event in the ledger."""
    subject: Subject = evaluation_subject(record.plan.id)
    for event in map(parse_event, store.events(subject)):
        if event.tag is EventTag.EVALUATION_COMPLETED:
            told = (event.data["decisions"], event.data["decisions_root"], event.data["outcomes"])
            if told != (record.decisions, record.decisions_root, record.outcomes):
                yield Fault("record", "the record of the evaluation differs from its event in the ledger")
            return
    yield Fault("record", "the ledger has no event that the evaluation was completed")


def _replayed(
    record: EvaluationRecord, policy: Policy, store: CaseStore, files: Files
) -> tuple[tuple[ShardReplayed, ...], str, list[Fault]]:
    plan, kept = record.plan, _ReplayFiles(files)
    period = Period.parse(plan.period)
    inputs = [shard_inputs(plan, shard, store) for shard in range(plan.shards)]
    statistics = [paths.statistics(plan.id, shard) for shard in range(plan.shards)]
    for key, each in zip(statistics, inputs, strict=True):
        assess_shard(policy, period, each, key, kept)
    population = paths.population(plan.id)
    merge_population(policy, statistics, population, kept)
    shards: list[ShardReplayed] = []
    faults: list[Fault] = []
    outcomes: Counter[str] = Counter()
    frontier = Frontier()
    for shard, each in enumerate(inputs):
        key, flagged = paths.decisions(plan.id, shard), paths.shard_flagged(plan.id, shard)
        decided = decide_shard(policy, period, each, population, key, flagged, kept)
        kept.take(flagged)
        lines = kept.take(key).splitlines()
        recorded = record.decisions.get(f"{shard:04d}")
        same = decided.decisions_digest == recorded
        shards.append(ShardReplayed(f"{shard:04d}", len(lines), decided.decisions_digest, same))
        outcomes.update(decided.outcomes)
        frontier = frontier.extended(map(leaf_hash, lines))
        faults += _compared(key, lines, decided.decisions_digest, recorded, files)
    root = frontier.root().hex()
    if root != record.decisions_root:
        faults.append(Fault("Merkle root", f"{root} in the replay, {record.decisions_root} in the record"))
    if dict(outcomes) != record.outcomes:
        counts = dict(sorted(outcomes.items()))
        faults.append(Fault("outcomes", f"{counts} in the replay, {record.outcomes} in the record"))
    return tuple(shards), root, faults


def _compared(
    key: str, replayed: list[bytes], digest: str, recorded: str | None, files: Files
) -> Iterator[Fault]:
    """The differences between the replayed decisions, the filed decisions and the recorded digest."""
    try:
        filed = b"".join(files.read_lines(key))
    except NotFound:
        yield Fault(key, "the file is missing")
        filed = None
    except (OSError, EOFError) as error:
        yield Fault(key, f"the file cannot be read: {error}")
        filed = None
    if filed is not None and hashlib.sha256(filed).hexdigest() != recorded:
        yield Fault(key, f"the file was changed since it was recorded{_first_difference(filed, replayed)}")
    if digest != recorded:
        where = "" if filed is None else _first_difference(filed, replayed)
        yield Fault(key, f"the replay's SHA-256 is {digest}, but {recorded} was recorded{where}")


def _first_difference(filed: bytes, replayed: list[bytes]) -> str:
    for number, (old, new) in enumerate(zip_longest(filed.splitlines(), replayed), start=1):
        if old != new:
            return f"; the first difference is in line {number}{_whose(new) or _whose(old)}"
    return ""


def _whose(line: bytes | None) -> str:
    try:
        return f", of {orjson.loads(line or b'')['rep_id']}"
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""


def _digest(chunks: Iterable[bytes]) -> str:
    total = hashlib.sha256()
    for chunk in chunks:
        total.update(chunk)
    return total.hexdigest()
