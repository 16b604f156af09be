"""Prove to the holder of a checkpoint that today's ledger grew from it, without showing any event."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field

from functions.audit.caller import Caller
from functions.audit.evidence.bundles import ledger_tree
from functions.audit.evidence.export_evidence import SEGMENTS, LedgerSource, latest_checkpoint
from functions.audit.ledger.format import parse_checkpoint
from functions.audit.parameters import Parameters
from functions.audit.rights import Resource
from functions.audit.sources import Sources, admit
from shared.domain.errors import IntegrityError, InvalidInput

_WHOLE: Final = re.compile(r"[1-9][0-9]{0,15}")


def _size(value: object) -> object:
    if not isinstance(value, str) or not _WHOLE.fullmatch(value):
        raise ValueError("give the number of events that your checkpoint covers, without leading zeros")
    return int(value)


class HeldCheckpoint(Parameters):
    """The checkpoint from which the caller asks for the proof."""

    size: Annotated[int, BeforeValidator(_size), Field(alias="from")]


def prove_consistency(
    sources: Sources, record: LedgerSource, caller: Caller, query: Mapping[str, str]
) -> dict[str, Any]:
    """The proof of consistency (RFC 9162, 2.1.4) from the size in ``from`` to that of the latest checkpoint.

    Raises InvalidInput for a size that the ledger never had: its holder saw another ledger.
    """
    admit(sources, caller, Resource.LEDGER)
    old = HeldCheckpoint.read(query).size
    file = latest_checkpoint(sources, record, caller)
    latest, _ = parse_checkpoint(file)
    if old > latest.size:
        raise InvalidInput(f"from must be a size from 1 to {latest.size}, the size of the ledger, not {old}")
    # A segment is written before its checkpoint, so every segment that is needed is there.
    tree = ledger_tree({name: record.bucket.get(name) for name in record.bucket.names(SEGMENTS)})
    if tree.root(latest.size).hex() != latest.root:
        raise IntegrityError(f"the events do not have the root of checkpoint {latest.number}")
    path = [step.hex() for step in tree.consistency_proof(old, latest.size)]
    return {"checkpoint": file.decode(), "from": old, "path": path, "to": latest.size}
