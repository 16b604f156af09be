"""Checks the API's proof that the ledger grew from a checkpoint that the witness saw, without any event."""

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


def proven_growth(seen: Checkpoint, keeper: bytes, shown: bytes) -> bytes | None:
    """The latest checkpoint file in the answer ``shown``; ``keeper`` is the key of ``seen`` as PEM.

    Returns None if another key signed it, because only events show a change of keys. Raises InvalidInput for
    an answer that is not such a proof, and IntegrityError if the ledger did not grow from ``seen``.
    """
    file, path = _parse_answer(shown)
    latest, signature = parse_checkpoint(file)
    if latest.key != seen.key:
        return None
    _check_signature(latest, signature, keeper)
    if latest.number < seen.number or latest.size < seen.size:
        raise IntegrityError(
            f"the record ends before checkpoint {seen.number}, which the witness saw: it was cut back"
        )
    if latest.number == seen.number and latest != seen:
        raise IntegrityError(
            f"checkpoint {seen.number} is not the one that the witness saw: the record was rewritten"
        )
    if latest.number == seen.number + 1 and latest.previous != seen.digest():
        raise IntegrityError(
            f"checkpoint {latest.number} names another checkpoint before it: the record was forked"
        )
    if latest.time < seen.time:
        raise IntegrityError(f"checkpoint {latest.number} is dated before the one that the witness saw")
    roots = bytes.fromhex(seen.root), bytes.fromhex(latest.root)
    verify_consistency(seen.size, latest.size, path, *roots)
    return file


def _parse_answer(shown: bytes) -> tuple[bytes, list[bytes]]:
    """The checkpoint file and the path. Only the signed sizes count, not those in the answer."""
    try:
        value: Mapping[str, Any] = json.loads(shown)
        file, path = value["checkpoint"], value["path"]
        known = isinstance(file, str) and isinstance(path, list)
        if not known or not all(isinstance(step, str) and _HASH.fullmatch(step) for step in path):
            raise InvalidInput("the answer of the API is not a proof")
        parse_checkpoint(file.encode())
    except (ValueError, KeyError, TypeError, RecursionError, IntegrityError) as error:
        raise InvalidInput("the answer of the API is not a proof") from error
    return file.encode(), [bytes.fromhex(step) for step in path]


def _check_signature(point: Checkpoint, signature: bytes, keeper: bytes) -> None:
    key = load_pem_public_key(keeper)
    if not isinstance(key, ec.EllipticCurvePublicKey) or key_id(keeper) != point.key:
        raise IntegrityError(f"the stored key is not the key of checkpoint {point.number}")
    try:
        key.verify(signature, point.body(), ec.ECDSA(SHA256()))
    except InvalidSignature as error:
        raise IntegrityError(f"the signature of checkpoint {point.number} is not valid") from error
