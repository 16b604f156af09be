"""Signs with asymmetric KMS keys. The private keys never leave KMS."""

import base64
from collections.abc import Sequence
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from shared.domain.errors import NotFound

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient

_LARGEST_MESSAGE: Final = 4096
"""KMS's limit for messages that it hashes itself. A checkpoint has about 400 bytes."""


class KmsSigner:
    """See ``shared.ledger_ports.Signer``. ``kms_key``: the KMS key id or ARN."""

    def __init__(self, kms: "KMSClient", kms_key: str) -> None:
        self._kms = kms
        self._kms_key = kms_key
        self._public: bytes | None = None

    @property
    def key_id(self) -> str:
        return sha256(self._public_der()).hexdigest()

    def sign(self, message: bytes) -> bytes:
        if len(message) > _LARGEST_MESSAGE:
            raise ValueError(f"KMS signs at most {_LARGEST_MESSAGE} bytes as they are")
        # RAW: KMS hashes the message once, so that a verifier needs only the message.
        answer = self._kms.sign(
            KeyId=self._kms_key, Message=message, MessageType="RAW", SigningAlgorithm="ECDSA_SHA_256"
        )
        return answer["Signature"]

    def public_key_pem(self) -> bytes:
        text = base64.b64encode(self._public_der()).decode()
        lines = [text[start : start + 64] for start in range(0, len(text), 64)]
        return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""]).encode()

    def _public_der(self) -> bytes:
        if self._public is None:
            self._public = self._kms.get_public_key(KeyId=self._kms_key)["PublicKey"]
        return self._public


class KmsKeyring:
    """See ``shared.ledger_ports.Keyring``. The keys are in the order of their first use."""

    def __init__(self, kms: "KMSClient", kms_keys: Sequence[str]) -> None:
        if not kms_keys:
            raise ValueError("a ledger needs a key that signs it")
        self._signers = [KmsSigner(kms, key) for key in kms_keys]

    def first(self) -> KmsSigner:
        return self._signers[0]

    def signer(self, key_id: str) -> KmsSigner:
        for signer in self._signers:
            if signer.key_id == key_id:
                return signer
        raise NotFound(f"there is no signing key {key_id}")
