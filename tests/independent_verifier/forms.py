"""The forms of the record: tables of members, and what each must be."""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

HEX64 = re.compile("[0-9a-f]{64}")
WHEN = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z")

Form = Callable[[Any], bool]


def matches(pattern: str) -> Form:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def is_text(value: Any) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def is_hash(value: Any) -> bool:
    return isinstance(value, str) and HEX64.fullmatch(value) is not None


def is_when(value: Any) -> bool:
    if not isinstance(value, str) or not WHEN.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def is_count(least: int) -> Form:
    return lambda value: type(value) is int and value >= least


def is_object(value: Any) -> bool:
    return isinstance(value, dict)


def of(members: Mapping[str, Form]) -> Form:
    return lambda value: (
        isinstance(value, dict)
        and set(value) == set(members)
        and all(form(value[name]) for name, form in members.items())
    )


_PRIVATE = of(
    {
        "alg": matches("A256GCM"),
        "ciphertext": matches("[A-Za-z0-9_-]+"),
        "commitment": is_hash,
        "key": is_text,
        "nonce": matches("[A-Za-z0-9_-]{16}"),
    }
)
EVENT = of(
    {
        "actor": of(
            {
                "authenticated_by": matches("none|link|link[+]code|cognito|iam"),
                "id": is_text,
                "kind": matches("person|system|link|service"),
            }
        ),
        "command": is_text,
        "data": is_object,
        "occurred_at": is_when,
        "previous": is_hash,
        "private": lambda value: value is None or _PRIVATE(value),
        "recorded_at": is_when,
        "relied_on": lambda value: (
            isinstance(value, dict) and all(isinstance(v, str) for v in value.values())
        ),
        "sequence": is_count(1),
        "subject": is_text,
        "tag": matches("[a-z_]+:[a-z_]+"),
        "v": lambda value: type(value) is int and value == 1,
    }
)
CHECKPOINT = of(
    {
        "checkpoint": of(
            {
                "key": is_hash,
                "number": is_count(0),
                "previous": is_hash,
                "root": is_hash,
                "size": is_count(0),
                "time": is_when,
                "v": lambda value: type(value) is int and value == 1,
            }
        ),
        "signature": lambda value: isinstance(value, str),
    }
)
MANIFEST = of(
    {
        "files": is_object,
        "kind": matches("case|ledger|period"),
        "subject": is_text,
        "v": lambda value: type(value) is int and value in (1, 2),
    }
)


@cache
def signed_by(der: bytes, signature: bytes, message: bytes) -> bool:
    key = load_der_public_key(der)
    assert isinstance(key, EllipticCurvePublicKey)
    try:
        key.verify(signature, message, ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


def public_key(data: bytes) -> bytes:
    """The DER of a P-256 key in PEM of 64 columns; ValueError for any other form."""
    lines = data.decode("ascii").split("\n")
    if lines[0] != "-----BEGIN PUBLIC KEY-----" or lines[-2:] != ["-----END PUBLIC KEY-----", ""]:
        raise ValueError("no PEM")
    der = base64.b64decode("".join(lines[1:-2]), validate=True)
    text = base64.b64encode(der).decode()
    if lines[1:-2] != [text[at : at + 64] for at in range(0, len(text), 64)]:
        raise ValueError("other columns")
    try:
        key = load_der_public_key(der)
    except UnsupportedAlgorithm as error:
        raise ValueError("a curve that nobody knows") from error
    if not isinstance(key, EllipticCurvePublicKey) or not isinstance(key.curve, SECP256R1):
        raise ValueError("another curve")
    return der


def strict_base64(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def is_integer(value: Any) -> bool:
    return type(value) is int


def is_path(value: Any) -> bool:
    return isinstance(value, list) and all(is_hash(step) for step in value)


def rotates(value: Mapping[str, Any]) -> bool:
    return (value["tag"], value["subject"]) == ("key:rotated", "system")


def ends_evaluation(value: Mapping[str, Any]) -> bool:
    return bool(value["tag"] == "evaluation:completed" and value["subject"].startswith("evaluation/"))


def records_batch(value: Mapping[str, Any]) -> bool:
    tags = ("export:accepted", "facts:recorded", "directory:recorded")
    return value["tag"] in tags and bool(value["subject"].startswith("batch/"))


def is_names(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(name, str) for name in value.values())
