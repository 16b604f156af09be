"""A data key for each person, wrapped by KMS and stored only in the table. Deleting it erases the data."""

import os
from typing import TYPE_CHECKING, Any, Final

from shared.aws import keys
from shared.aws.dynamo import Item, Table
from shared.domain.canonical import digest, parse_canonical
from shared.domain.errors import Conflict, IntegrityError
from shared.domain.event import (
    Event,
    EventDraft,
    Sealed,
    associated_data,
    base64url,
    from_base64url,
    opening_bytes,
    sealed,
)
from shared.domain.identifiers import PersonId

if TYPE_CHECKING:
    from mypy_boto3_kms.client import KMSClient

_NONCE_BYTES: Final = 12
_SALT_BYTES: Final = 16


class KmsSubjectKeys:
    """Encrypts and decrypts private parts of events. Unwrapped keys exist only in this process's memory."""

    def __init__(self, table: Table, kms: "KMSClient", wrapping_key: str) -> None:
        self._table = table
        self._kms = kms
        self._wrapping_key = wrapping_key

    def seal(self, draft: EventDraft) -> Sealed | None:
        """Encrypt the draft's private part with its person's key, which is created if necessary."""
        if draft.private is None or draft.person is None:
            return None
        # Imported here, because the bundle of a function that encrypts nothing leaves out these 14 MB.
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        opening = opening_bytes(draft.private, os.urandom(_SALT_BYTES))
        nonce = os.urandom(_NONCE_BYTES)
        key = self._key(draft.person) or self._new_key(draft.person)
        ciphertext = AESGCM(key).encrypt(nonce, opening, associated_data(draft))
        return sealed(draft.person, nonce, ciphertext, opening)

    def seal_state(self, draft: EventDraft, person: PersonId, state: bytes) -> dict[str, str]:
        """Encrypt the personal part of the state that the draft's event keeps."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE_BYTES)
        key = self._key(person) or self._new_key(person)
        ciphertext = AESGCM(key).encrypt(nonce, state, state_data(draft))
        return {"ciphertext": base64url(ciphertext), "key": person, "nonce": base64url(nonce)}

    def open(self, event: Event) -> dict[str, Any] | None:
        """The decrypted private part; None if the event has none or the person's key was shredded."""
        opening = self.opening(event)
        if opening is None:
            return None
        body: dict[str, Any] = parse_canonical(opening)["body"]
        return body

    def opening(self, event: Event) -> bytes | None:
        """The exact bytes that were encrypted, whose digest is in the event; None as for `open`."""
        if event.private is None:
            return None
        item = self._item(PersonId(event.private.key))
        key = self._unwrapped(PersonId(event.private.key), item)
        if item is None or key is None:
            return None
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        try:
            opening = AESGCM(key).decrypt(
                from_base64url(event.private.nonce),
                from_base64url(event.private.ciphertext),
                associated_data(event),
            )
        except InvalidTag as error:
            if "shredded_by" in item:
                return None  # encrypted with an earlier key, which was shredded
            raise IntegrityError(
                f"the private part of an event of {event.subject} cannot be decrypted"
            ) from error
        if digest(opening) != event.private.commitment:
            raise IntegrityError(
                f"the private part of an event of {event.subject} does not match its commitment"
            )
        return opening

    def _key(self, person: PersonId) -> bytes | None:
        return self._unwrapped(person, self._item(person))

    def _item(self, person: PersonId) -> Item | None:
        return self._table.get(keys.subject_key(person))

    def _unwrapped(self, person: PersonId, item: Item | None) -> bytes | None:
        """The unwrapped key; None if the person has none or it was shredded."""
        if item is None or "wrapped_key" not in item:
            return None
        answer = self._kms.decrypt(
            KeyId=self._wrapping_key,
            CiphertextBlob=bytes(item["wrapped_key"]),
            EncryptionContext={"person": person},
        )
        return answer["Plaintext"]

    def _new_key(self, person: PersonId) -> bytes:
        made = self._kms.generate_data_key(
            KeyId=self._wrapping_key, KeySpec="AES_256", EncryptionContext={"person": person}
        )
        try:
            self._table.update(
                keys.subject_key(person),
                "SET wrapped_key = :wrapped",
                {":wrapped": made["CiphertextBlob"]},
                "attribute_not_exists(wrapped_key)",
            )
        except Conflict:
            # Another process created the person's key first. Use that one.
            theirs = self._key(person)
            if theirs is None:
                raise
            return theirs
        return made["Plaintext"]


def state_data(draft: EventDraft | Event) -> bytes:
    """The associated data that binds a kept state to its event, different from that of the private part."""
    return associated_data(draft) + b" state"
