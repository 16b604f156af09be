"""Data keys that survived in a table. Refuses the key of a person who was shredded since then."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from local.restore.ports import Items, WrappedKey
from shared.aws import keys
from shared.aws.dynamo import keyed
from shared.aws.subject_keys import state_data
from shared.domain.errors import IntegrityError
from shared.domain.event import Event, EventTag, from_base64url
from shared.domain.identifiers import PersonId
from shared.domain.kept_state import MEMBER

Unwrap = Callable[[PersonId, bytes], bytes]
"""Unwraps a data key with KMS."""


@dataclass(frozen=True, slots=True)
class Shredding:
    """``place`` is the event's place in the person's chain. Everything sealed until ``at`` is erased."""

    place: int
    at: str


def shreddings(events: Iterable[Event]) -> dict[PersonId, Shredding]:
    """The last shredding of each person."""
    return {
        PersonId(event.subject.removeprefix("person/")): Shredding(event.sequence, event.recorded_at)
        for event in events
        if event.tag is EventTag.SUBJECT_SHREDDED
    }


def surviving(items: Items) -> dict[PersonId, WrappedKey]:
    """The data keys in the items of a table."""
    found: dict[PersonId, WrappedKey] = {}
    for (pk, sk), item in items.items():
        person = PersonId(pk.removeprefix("KEY#"))
        if (pk, sk) == keys.subject_key(person):
            found[person] = WrappedKey(item.get("wrapped_key"), int(item.get("shredded_by", 0)))
    return found


@dataclass
class SurvivingKeys:
    """The usable keys. ``refused`` are people who were shredded after their key was stored.

    A table that is older than a shredding still has the deleted key. Using or restoring that key would undo
    the erasure.
    """

    kept: Mapping[PersonId, WrappedKey]
    shredded: Mapping[PersonId, Shredding]
    unwrap: Unwrap
    refused: list[PersonId] = field(default_factory=list)
    _unwrapped: dict[PersonId, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.refused = sorted(
            person
            for person, key in self.kept.items()
            if key.wrapped is not None and key.shredded_by < self._shredded_by(person)
        )

    def items(self) -> Items:
        """The items of the keys in the rebuilt table."""
        made: Items = {}
        for person in {*self.kept, *self.shredded}:
            kept = self.kept.get(person, WrappedKey(None, 0))
            shredded_by = max(kept.shredded_by, self._shredded_by(person))
            wrapped = self._wrapped(person)
            attributes = ({"wrapped_key": wrapped} if wrapped is not None else {}) | (
                {"shredded_by": shredded_by} if shredded_by else {}
            )
            made[keys.subject_key(person)] = keyed(keys.subject_key(person), attributes)
        return made

    def erased(self, event: Event) -> bool:
        """Whether the personal part of the event was erased together with the key of that time."""
        shredding = self.shredded.get(PersonId(event.data[MEMBER]["sealed"]["key"]))
        return shredding is not None and event.recorded_at <= shredding.at

    def open_state(self, event: Event) -> bytes | None:
        """The personal part of the event's state; None if its key is gone.

        Raises IntegrityError if it was sealed under another key or for another event.
        """
        sealed = event.data[MEMBER]["sealed"]
        person = PersonId(sealed["key"])
        key = self._key(person)
        if key is None:
            return None
        try:
            return AESGCM(key).decrypt(
                from_base64url(sealed["nonce"]), from_base64url(sealed["ciphertext"]), state_data(event)
            )
        except InvalidTag as error:
            if self.erased(event):
                return None  # sealed under an earlier key, which was deleted
            raise IntegrityError(f"its data about {person} cannot be opened with their key") from error

    def _shredded_by(self, person: PersonId) -> int:
        shredding = self.shredded.get(person)
        return 0 if shredding is None else shredding.place

    def _wrapped(self, person: PersonId) -> bytes | None:
        kept = self.kept.get(person)
        return None if kept is None or person in self.refused else kept.wrapped

    def _key(self, person: PersonId) -> bytes | None:
        wrapped = self._wrapped(person)
        if wrapped is None:
            return None
        if person not in self._unwrapped:
            self._unwrapped[person] = self.unwrap(person, wrapped)
        return self._unwrapped[person]
