"""The API's proof that today's ledger begins with a checkpoint that was seen, checked without any event."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from functions.audit.ledger.format import Checkpoint, key_id, parse_checkpoint
from shared.domain.errors import IntegrityError, InvalidInput
from shared.domain.merkle import verify_consistency

_HASH: Final = re.compile(r"[0-9a-f]{64}")


def grown(seen: Checkpoint, keeper: bytes, shown: bytes) -> bytes | None:
    """The checkpoint file that the ledger ``shown`` ends with; ``keeper`` is the key of ``seen``, as PEM.

    None where another key signed it: who handed on to that stands in the events alone. Raises InvalidInput
    for what is no such proof, and IntegrityError where the ledger did not grow from ``seen``.
    """
    file, path = _taken_apart(shown)
    latest, signature = parse_checkpoint(file)
    if latest.key != seen.key:
        return None
    _check_signature(latest, signature, keeper)
    if latest.number < seen.number or latest.size < seen.size:
        raise IntegrityError(
            f"the record ends before checkpoint {seen.number}, which was seen: it was cut back"
        )
    if latest.number == seen.number and latest != seen:
        raise IntegrityError(
            f"checkpoint {seen.number} is not the one that was seen: the record was rewritten"
        )
    if latest.number == seen.number + 1 and latest.previous != seen.digest():
        raise IntegrityError(f"checkpoint {latest.number} names another one before it: the record was forked")
    if latest.time < seen.time:
        raise IntegrityError(f"checkpoint {latest.number} is dated before the one that was seen")
    roots = bytes.fromhex(seen.root), bytes.fromhex(latest.root)
    verify_consistency(seen.size, latest.size, path, *roots)
    return file


def _taken_apart(shown: bytes) -> tuple[bytes, list[bytes]]:
    """The sizes in the answer are beside the point: those of the checkpoints are signed."""
    try:
        value: Mapping[str, Any] = json.loads(shown)
        file, path = value["checkpoint"], value["path"]
        known = isinstance(file, str) and isinstance(path, list)
        if not known or not all(isinstance(step, str) and _HASH.fullmatch(step) for step in path):
            raise InvalidInput("the API answered something else than a proof")
        parse_checkpoint(file.encode())
    except (ValueError, KeyError, TypeError, RecursionError, IntegrityError) as error:
        raise InvalidInput("the API answered something else than a proof") from error
    return file.encode(), [bytes.fromhex(step) for step in path]


def _check_signature(point: Checkpoint, signature: bytes, keeper: bytes) -> None:
    key = load_pem_public_key(keeper)
    if not isinstance(key, ec.EllipticCurvePublicKey) or key_id(keeper) != point.key:
        raise IntegrityError(f"the key that was kept is not the one of checkpoint {point.number}")
    try:
        key.verify(signature, point.body(), ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise IntegrityError(f"the signature of checkpoint {point.number} does not fit") from error
