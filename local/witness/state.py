"""Reads and writes a witness's state: the last checkpoint seen, the keeper's key, the witness's signature."""

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from functions.audit.ledger.format import Checkpoint, key_id, parse_checkpoint
from shared.domain.errors import IntegrityError, InvalidInput


@dataclass(frozen=True)
class SeenCheckpoint:
    """``keeper`` is the key that signed the checkpoint, as PEM; None in a state of an older version."""

    file: bytes
    keeper: bytes | None

    @property
    def checkpoint(self) -> Checkpoint:
        return parse_checkpoint(self.file)[0]


def read_seen(state: Path) -> SeenCheckpoint | None:
    """The last checkpoint seen, if any. Raises InvalidInput if this witness did not sign the state."""
    if not state.exists():
        return None
    try:
        value: dict[str, Any] = json.loads(state.read_text())
        file, signature = str(value["checkpoint"]).encode(), base64.b64decode(value["cosignature"])
        point = parse_checkpoint(file)[0]
        _key(state).public_key().verify(signature, point.body(), ec.ECDSA(SHA256()))
        keeper = None if value.get("keeper") is None else str(value["keeper"]).encode()
        if keeper is not None and key_id(keeper) != point.key:
            raise IntegrityError("another key than the checkpoint's")
    except (ValueError, KeyError, TypeError, IntegrityError, InvalidSignature) as error:
        raise InvalidInput(f"this witness did not write {state}") from error
    return SeenCheckpoint(file, keeper)


def sign_and_keep(state: Path, seen: SeenCheckpoint) -> None:
    """Cosign the checkpoint and store it as the last one seen."""
    key = _key(state)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signature = key.sign(seen.checkpoint.body(), ec.ECDSA(SHA256()))
    value = {
        "checkpoint": seen.file.decode(),
        "cosignature": base64.b64encode(signature).decode(),
        "keeper": None if seen.keeper is None else seen.keeper.decode(),
        "witness": key_id(public),
    }
    _beside(state, ".pub.pem").write_bytes(public)
    # Replaced as a whole: after a crash the previous state is still there.
    part = _beside(state, ".part")
    part.write_text(json.dumps(value, indent=2) + "\n")
    part.replace(state)


def _key(state: Path) -> ec.EllipticCurvePrivateKey:
    """The witness's own key. The first call creates it, readable only by its owner."""
    path = _beside(state, ".key.pem")
    if not path.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        text = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise IntegrityError(f"{path} is not an ECDSA key")
    return key


def _beside(state: Path, ending: str) -> Path:
    return state.with_name(state.name + ending)
