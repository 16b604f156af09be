"""Finds a rep's decision and proves that the record of the evaluation covers it."""

from functions.audit.evidence.bundles import ProvenDecision
from functions.audit.evidence.line_files import FiledLines
from shared.domain import paths
from shared.domain.canonical import canonical_bytes
from shared.domain.identifiers import PersonId, shard_of
from shared.domain.record import EvaluationRecord


def proven_decision(record: EvaluationRecord, rep_id: PersonId, filed: FiledLines) -> ProvenDecision | None:
    """The rep's decision and its proof; None if the files differ from the record, so that nothing is proved.

    Raises NotFound if the files have expired.
    """
    plan = record.plan
    tree, starts = filed.decisions(plan)
    shard = shard_of(rep_id, plan.shards)
    found = filed.row(paths.decisions(plan.id, shard), rep_id)
    if found is None or tree.root().hex() != record.decisions_root:
        return None
    index, line = starts[shard] + found[0], found[1]
    path = [step.hex() for step in tree.inclusion_proof(index)]
    proof = {"evaluation": plan.id, "index": index, "path": path, "size": tree.size}
    return ProvenDecision(line, canonical_bytes(proof))
