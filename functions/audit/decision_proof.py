"""A rep's decision, with the proof that the evaluation's record covers it."""

from collections.abc import Iterator

import orjson

from functions.audit.evidence import ProvenDecision
from shared.domain import paths
from shared.domain.canonical import canonical_bytes
from shared.domain.identifiers import EvaluationId, PersonId, shard_of
from shared.domain.merkle import Tree, leaf_hash
from shared.domain.record import EvaluationRecord
from shared.ports import Files


def proven_decision(record: EvaluationRecord, rep_id: PersonId, files: Files) -> ProvenDecision | None:
    """The rep's decision; None where the files do not have what the record says, which proves nothing.

    Raises NotFound where the files are gone.
    """
    plan = record.plan
    leaves: list[bytes] = []
    found: tuple[int, bytes] | None = None
    spelt = orjson.dumps(rep_id)
    for shard in range(plan.shards):
        theirs = shard == shard_of(rep_id, plan.shards)
        for line in _lines(plan.id, shard, files):
            # Parsing is for the few lines that name them: of a hundred thousand one is theirs.
            if theirs and spelt in line and orjson.loads(line)["rep_id"] == rep_id:
                found = len(leaves), line
            leaves.append(leaf_hash(line))
    tree = Tree(leaves)
    if found is None or tree.root().hex() != record.decisions_root:
        return None
    index, line = found
    path = [step.hex() for step in tree.inclusion_proof(index)]
    proof = {"evaluation": plan.id, "index": index, "path": path, "size": tree.size}
    return ProvenDecision(line, canonical_bytes(proof))


def _lines(evaluation_id: EvaluationId, shard: int, files: Files) -> Iterator[bytes]:
    for chunk in files.read_lines(paths.decisions(evaluation_id, shard)):
        yield from chunk.splitlines()
