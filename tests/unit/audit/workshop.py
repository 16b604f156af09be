"""A ledger in memory: keys that a test may hold in its hand, a table and a bucket that die when told to."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from functions.audit.ledger.format import key_id, segment_events
from functions.audit.ledger.seal_ledger import Sealing, SealReport, seal_ledger
from functions.audit.verify.data_forms import PUBLISHED, Form
from shared.domain.canonical import digest
from shared.domain.errors import Conflict, IntegrityError, NotFound
from shared.domain.event import (
    NOTHING_BEFORE,
    Actor,
    ActorKind,
    Authentication,
    EventDraft,
    EventTag,
    chain,
    event_bytes,
    event_digest,
    opening_bytes,
    sealed,
    stamp,
)
from shared.domain.identifiers import CommandId, PersonId, Subject
from shared.domain.merkle import Tree, leaf_hash
from shared.ledger_ports import EventPlace, StoredEvent


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


SYSTEM = Actor(ActorKind.SYSTEM, "test")
START = datetime(2026, 10, 1, 6, 0, tzinfo=UTC)


class Crash(Exception):
    """The process died here."""


@dataclass
class World:
    """A table, a bucket, keys: in memory, and able to die before or after any of its calls."""

    signers: list[TestSigner] = field(default_factory=lambda: [TestSigner.made(1)])
    head_item: tuple[int, bytes] | None = None
    events: dict[EventPlace, StoredEvent] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
    retained: dict[str, datetime] = field(default_factory=dict)
    hidden: set[EventPlace] = field(default_factory=set)
    openings: dict[EventPlace, bytes] = field(default_factory=dict)
    calls: int = 0
    die_at: int | None = None

    def sealing(self) -> Sealing:
        return Sealing(HeadItem(self), Log(self), Bucket(self), Ring(self), timedelta(days=365 * 7))

    def seal(self, now: datetime) -> SealReport:
        return seal_ledger(self.sealing(), now)

    def step(self) -> None:
        """One call of the outside world, where the process may die."""
        self.calls += 1
        if self.calls == self.die_at:
            raise Crash

    def happened(
        self,
        subject: str,
        tag: EventTag,
        at: datetime,
        *,
        private: Mapping[str, object] | None = None,
        relied_on: Mapping[str, str] | None = None,
        actor: Actor = SYSTEM,
        **data: object,
    ) -> EventPlace:
        """One more event of the subject; ``private`` is sealed under a key that nobody has."""
        sequence = 1 + sum(place.subject == subject for place in self.events)
        place = EventPlace(Subject(subject), sequence)
        before = self.events.get(EventPlace(place.subject, sequence - 1))
        draft = EventDraft(
            tag=tag,
            subject=place.subject,
            occurred_at=at,
            actor=actor,
            command=CommandId(f"{subject}-{sequence}"),
            relied_on={**_usual_grounds(tag, data), **(relied_on or {})},
            data={**_usual_data(tag, data, at), **data},
            private=private,
            person=None if private is None else PersonId("r-7"),
        )
        part = None
        if private is not None:
            self.openings[place] = opening_bytes(private, sequence.to_bytes(16))
            part = sealed("r-7", bytes(12), b"cipher" * 8, self.openings[place])
        event = chain(draft, sequence, event_digest(before.data) if before else NOTHING_BEFORE, at, part)
        self.events[place] = StoredEvent(event_bytes(event), None)
        return place

    def segments(self) -> list[bytes]:
        """All sealed events, in their order."""
        names = sorted(name for name in self.files if "/segments/" in name)
        return [event for name in names for event in segment_events(name, self.files[name])]

    def checkpoints(self) -> list[bytes]:
        """All checkpoint files, in their order."""
        return [self.files[name] for name in sorted(self.files) if "/checkpoints/" in name]

    def keys(self) -> list[bytes]:
        return [signer.public_key_pem() for signer in self.signers]


@dataclass
class HeadItem:
    world: World

    def read(self) -> tuple[int, bytes] | None:
        self.world.step()
        return self.world.head_item

    def replace(self, version: int, body: bytes) -> None:
        self.world.step()
        if (self.world.head_item[0] if self.world.head_item else 0) != version - 1:
            raise Conflict("the head moved")
        self.world.head_item = (version, body)
        self.world.step()


@dataclass
class Log:
    world: World

    def unsequenced(self, limit: int) -> list[EventPlace]:
        self.world.step()
        # As a lagging index does: shows some that have their place by now, hides some that have none yet.
        events, hidden = self.world.events, self.world.hidden
        stale = [place for place, stored in events.items() if stored.index is not None][-20:]
        fresh = [place for place, stored in events.items() if stored.index is None and place not in hidden]
        return [*stale, *fresh][:limit]

    def read(self, places: Iterable[EventPlace]) -> dict[EventPlace, StoredEvent]:
        self.world.step()
        return {place: self.world.events[place] for place in places if place in self.world.events}

    def sequence(self, indices: Mapping[EventPlace, int]) -> None:
        for place, index in indices.items():
            self.world.step()
            if self.world.events[place].index not in (None, index):
                raise IntegrityError(f"{place} has another index")
            self.world.events[place] = StoredEvent(self.world.events[place].data, index)


@dataclass
class Bucket:
    world: World

    def put(self, name: str, data: bytes, retain_until: datetime) -> None:
        self.world.step()
        if name in self.world.files:
            raise Conflict(name)
        self.world.files[name] = data
        self.world.retained[name] = retain_until
        self.world.step()

    def get(self, name: str) -> bytes:
        self.world.step()
        if name not in self.world.files:
            raise NotFound(name)
        return self.world.files[name]


@dataclass
class Ring:
    world: World

    def first(self) -> TestSigner:
        return self.world.signers[0]

    def signer(self, key_id: str) -> TestSigner:
        return next(signer for signer in self.world.signers if signer.key_id == key_id)


def _form(tag: EventTag, given: Mapping[str, object]) -> Form:
    """The published form that takes what is given and asks for the least beside it."""
    fitting = [form for form in PUBLISHED[tag.value] if form.members.keys() >= given.keys()]
    return min(fitting or PUBLISHED[tag.value], key=lambda form: len(form.members))


def _usual_data(tag: EventTag, given: Mapping[str, object], at: datetime) -> dict[str, object]:
    """What an event of this kind has to say beside what a test is about."""
    soon = stamp(at + timedelta(days=14))
    plain = {"text": "-", "whole": 0, "flag": False, "hash": "0" * 64, "time": soon, "null": None}
    usual: dict[str, object] = {
        "rep": "r-7",
        "owner": "m-1",
        "stage": "coaching",
        "period": "2026-09",
        "evaluation": "e-1",
        "purpose": "stage_plan",
    }
    usual |= {"seat": "manager", "assignee": "m-1", "on_behalf_of": None, "after": None, "choice": "coach"}
    filled: dict[str, object] = {}
    for name, (kind, needed) in _form(tag, given).members.items():
        if needed and name not in given:
            empty: object = None if kind.endswith("?") else [] if kind == "texts" else {}
            filled[name] = ["coach"] if name == "choices" else usual.get(name, plain.get(kind, empty))
    return filled


def _usual_grounds(tag: EventTag, given: Mapping[str, object]) -> dict[str, str]:
    usual = {"policy": digest(POLICY), "evaluation": "e-1"}
    return {name: usual.get(name, "-") for name, needed in _form(tag, given).names.items() if needed}


POLICY = b"policy: field-sales\nversion: 3\n"
DECISION = {
    "rep_id": "r-7",
    "findings": [{"rule": "two-of-three", "observed": "2", "threshold": "2", "periods": ["2026-09"]}],
    "inputs": [
        {
            "period": "2026-09",
            "quota": "1000",
            "credited": "512.5",
            "leave_days": 0,
            "eligible_fraction": "1.0000",
            "ramp_share": "1",
            "adjusted_quota": "1000",
            "attainment": "0.5125",
            "status": "assessable",
        }
    ],
}


# The lines of an evaluation, of which the third is the rep's.
DECISIONS = [json.dumps({**DECISION, "rep_id": f"r-{number}"}).encode() for number in range(5, 12)]


def lived_in() -> World:
    """A ledger with two cases, an evaluation, a rotated key, quiet hours and several checkpoints."""
    world = World([TestSigner.made(1), TestSigner.made(2)])
    minute = timedelta(minutes=1)
    relied = {"policy": digest(POLICY)}
    counts = {"clear": 4, "open_case": 3}
    root = Tree([leaf_hash(line) for line in DECISIONS]).root().hex()
    world.happened(
        "evaluation/e-1", EventTag.EVALUATION_COMPLETED, START, outcomes=counts, decisions_root=root
    )
    for case in ("case/c-1", "case/c-2"):
        opened: dict[str, object] = {"decision": DECISION}
        world.happened(
            case,
            EventTag.CASE_OPENED,
            START + minute,
            private=opened,
            relied_on={**relied, "evaluation": "e-1"},
            stage="coaching",
        )
    world.seal(START + 2 * minute)
    world.happened("case/c-1", EventTag.REQUEST_SENT, START + 3 * minute, relied_on=relied, request="c-1.1")
    world.seal(START + 4 * minute)
    old, new = (signer.key_id for signer in world.signers)
    world.happened("system", EventTag.KEY_ROTATED, START + 5 * minute, old=old, new=new)
    world.seal(START + 6 * minute)
    world.seal(START + 70 * minute)
    world.happened(
        "case/c-1",
        EventTag.REQUEST_ANSWERED,
        START + 71 * minute,
        private={"reason": "New territory; <b>let us</b> coach."},
        relied_on=relied,
        actor=Actor(ActorKind.PERSON, "m-1", Authentication.LINK),
        request="c-1.1",
        choice="coach",
    )
    world.happened(
        "case/c-2", EventTag.CASE_CLOSED, START + 71 * minute, relied_on=relied, exit="left_company"
    )
    world.seal(START + 72 * minute)
    return world
