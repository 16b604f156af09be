"""Keys that a test may hold in its hand."""

from dataclasses import dataclass
from typing import Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.audit.ledger import key_id


@dataclass(frozen=True)
class TestSigner:
    """ECDSA P-256 as the key service does it: over the message, in DER."""

    __test__ = False  # not a test class, whatever pytest makes of its name

    key: ec.EllipticCurvePrivateKey

    @classmethod
    def made(cls, number: int) -> Self:
        return cls(ec.derive_private_key(number + 2**200, ec.SECP256R1()))

    @property
    def key_id(self) -> str:
        return key_id(self.public_key_pem())

    def public_key_pem(self) -> bytes:
        return self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def sign(self, message: bytes) -> bytes:
        return self.key.sign(message, ec.ECDSA(hashes.SHA256()))
