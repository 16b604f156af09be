"""Prove to the holder of a checkpoint that today's ledger grew from it, without showing any event."""

from collections.abc import Mapping
from typing import Any

from functions.audit.caller import Caller
from functions.audit.evidence.bundles import ledger_tree
from functions.audit.evidence.export_evidence import SEGMENTS, LedgerSource, latest_checkpoint
from functions.audit.ledger.format import parse_checkpoint
from functions.audit.rights import Resource
from functions.audit.sources import Sources, admit
from shared.domain.errors import IntegrityError, InvalidInput


def prove_consistency(
    sources: Sources, record: LedgerSource, caller: Caller, query: Mapping[str, str]
) -> dict[str, Any]:
    """The proof of consistency (RFC 9162, 2.1.4) from the size in ``from`` to that of the latest checkpoint.

    Raises InvalidInput for a size that the ledger never had: its holder saw another ledger.
    """
    admit(sources, caller, Resource.LEDGER)
    if query.keys() != {"from"} or not (query["from"].isascii() and query["from"].isdecimal()):
        raise InvalidInput("give from=SIZE, the number of events that your checkpoint covers")
    file, old = latest_checkpoint(sources, record, caller), int(query["from"][:16])
    latest, _ = parse_checkpoint(file)
    if not 0 < old <= latest.size:
        raise InvalidInput(f"from must be a size from 1 to {latest.size}, the size of the ledger, not {old}")
    # A segment is written before its checkpoint, so every segment that is needed is there.
    tree = ledger_tree({name: record.bucket.get(name) for name in record.bucket.names(SEGMENTS)})
    if tree.root(latest.size).hex() != latest.root:
        raise IntegrityError(f"the events do not have the root of checkpoint {latest.number}")
    path = [step.hex() for step in tree.consistency_proof(old, latest.size)]
    return {"checkpoint": file.decode(), "from": old, "path": path, "to": latest.size}
