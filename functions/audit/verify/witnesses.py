"""Reads a witness's state: the last checkpoint that the witness saw, with the witness's signature (R9)."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from .findings import Verdict
from .forms import digest, parse_checkpoint
from .report import Report


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint that a witness signed. ``witness`` is the name of the key that the state names."""

    checkpoint: bytes
    cosignature: bytes
    witness: str


def cosigned_in(data: bytes) -> Cosigned | None:
    """The witness's state in the file; None for another file. Raises ValueError for a damaged state."""
    try:
        value: Any = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or "cosignature" not in value:
        return None
    parts = [value.get(name) for name in ("checkpoint", "cosignature", "witness")]
    if not all(isinstance(part, str) for part in parts):
        raise ValueError("not a state that a witness writes")
    checkpoint, cosignature, witness = (str(part) for part in parts)
    parse_checkpoint(checkpoint.encode(), "the anchor")
    return Cosigned(checkpoint.encode(), base64.b64decode(cosignature, validate=True), witness)


def read_witness_key(path: Path) -> ec.EllipticCurvePublicKey:
    """The witness's public key. Raises ValueError if the file is not such a key."""
    try:
        key = load_pem_public_key(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise ValueError(f"{path} is not a public key in PEM form") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError(f"{path} is not an ECDSA P-256 key, which witnesses use")
    return key


def check_cosignature(report: Report, anchor: Cosigned, key: ec.EllipticCurvePublicKey) -> None:
    """The witness whose key the reader holds signed exactly this checkpoint."""
    name = digest(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    if anchor.witness != name:
        what = f"is from the witness {anchor.witness}, but the key that you hold is {name}"
        report.add(Verdict.TAMPERED, "the anchor", what)
        return
    _, signed, _ = parse_checkpoint(anchor.checkpoint, "the anchor")
    try:
        key.verify(anchor.cosignature, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        what = "the signature of the witness is not valid: it or the checkpoint was changed"
        report.add(Verdict.TAMPERED, "the anchor", what)
        return
    report.witnessed_by = name
