"""Collects what a rep's decision was made from, with proofs under the events that recorded it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from functions.audit.evidence.bundles import DecisionBasis
from functions.audit.evidence.line_files import FiledLines
from shared.domain import paths
from shared.domain.canonical import canonical_bytes, parse_canonical
from shared.domain.errors import NotFound
from shared.domain.event import EventTag, parse_event
from shared.domain.identifiers import BatchId, PersonId, batch_subject, shard_of
from shared.domain.merkle import Tree, leaf_hash
from shared.domain.policy import policy_json
from shared.domain.record import PlannedEvaluation
from shared.ledger_ports import EventLog, EventPlace
from shared.ports import CaseStore

_RECORDED: Final = (EventTag.EXPORT_ACCEPTED, EventTag.FACTS_RECORDED, EventTag.DIRECTORY_RECORDED)


@dataclass(slots=True)
class _Gathering:
    filed: FiledLines
    rep_id: PersonId
    shard: int
    found: dict[str, bytes] = field(default_factory=dict)
    batches: dict[BatchId, None] = field(default_factory=dict)

    def add_row(self, name: str, key: str, period: str, batch: BatchId) -> bool:
        """Add the rep's row of this file and its proof. Returns whether the file has such a row."""
        row = self.filed.row(key, self.rep_id, "rep_id" if period else "person_id")
        if row is None:
            return False
        self.found[f"{name}.json"] = row[1]
        self.found[f"{name}.proof.json"] = self._proof(batch, period, self.filed.tree(key), row[0])
        self.batches[batch] = None
        return True

    def _proof(self, batch: BatchId, period: str, tree: Tree, index: int) -> bytes:
        entries = parse_canonical(self.filed.files.read(paths.line_roots(batch)))[period]
        over = Tree([leaf_hash(canonical_bytes(entry)) for entry in entries])
        place = [entry["shard"] for entry in entries].index(f"{self.shard:04d}")
        proof: dict[str, Any] = {
            **entries[place],
            "batch": batch,
            "index": index,
            "path": [step.hex() for step in tree.inclusion_proof(index)],
            "shard_index": place,
            "shard_path": [step.hex() for step in over.inclusion_proof(place)],
            "shards": over.size,
        }
        return canonical_bytes(proof)


def decision_basis(
    plan: PlannedEvaluation, rep_id: PersonId, store: CaseStore, filed: FiledLines, log: EventLog
) -> DecisionBasis | None:
    """The rep's rows that were in force, the policy, and the totals over everybody.

    None if the files have expired, or are older than the commitments to their lines.
    """
    files = filed.files
    gathering = _Gathering(filed, rep_id, shard_of(rep_id, plan.shards))
    gathering.found["policy.json"] = policy_json(files.read(paths.policy(plan.policy_digest)))
    try:
        gathering.found["population.json"] = b"".join(files.read_lines(paths.population(plan.id)))
        people = paths.people_shard(plan.directory, gathering.shard)
        gathering.add_row("person", people, "", plan.directory)
        _add_facts(gathering, plan.revisions)
        events = list(_recorded(gathering.batches, store, log))
    except NotFound:
        return None
    return DecisionBasis(gathering.found, events)


def _add_facts(gathering: _Gathering, revisions: Mapping[str, Iterable[BatchId]]) -> None:
    """For each period, the row of the last batch with one. A batch without rows in a shard has no file."""
    for period, batches in revisions.items():
        for batch in reversed(list(batches)):
            key = paths.facts(gathering.shard, period, batch)
            try:
                if gathering.add_row(f"facts/{period}", key, period, batch):
                    break
            except NotFound:
                if _committed_to_shard(gathering, batch, period):
                    raise


def _committed_to_shard(gathering: _Gathering, batch: BatchId, period: str) -> bool:
    entries = parse_canonical(gathering.filed.files.read(paths.line_roots(batch))).get(period, [])
    return any(entry["shard"] == f"{gathering.shard:04d}" for entry in entries)


def _recorded(batches: Iterable[BatchId], store: CaseStore, log: EventLog) -> Iterator[tuple[int, bytes]]:
    """The events that recorded the batches. Raises NotFound if one is not sealed yet."""
    for batch in batches:
        subject = batch_subject(batch)
        for body in store.events(subject):
            event = parse_event(body)
            if event.tag not in _RECORDED:
                continue
            stored = log.read([EventPlace(subject, event.sequence)]).values()
            index = next((one.index for one in stored), None)
            if index is None:
                raise NotFound(f"event {event.sequence} of {subject} is not sealed yet")
            yield index, body
