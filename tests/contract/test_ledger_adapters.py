"""What sealing needs of the world, held by the adapters (on moto) and by the sealing tests' world alike.

moto lets COMPLIANCE retention be shortened, so here it is shown only that it is asked for; that it holds is
shown on the local engine.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from functions.audit.ledger import format
from functions.audit.ledger.seal_ledger import Sealing, seal_ledger
from shared.aws.dynamo import Table
from shared.aws.ledger_files import S3Archive
from shared.aws.ledger_head import TableEventLog, TableLedgerHead
from shared.aws.signing import KmsKeyring
from shared.aws.subject_keys import KmsSubjectKeys
from shared.aws.table_store import TableStore
from shared.domain.change import Change
from shared.domain.errors import Conflict, IntegrityError, NotFound
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag
from shared.domain.identifiers import CommandId, Subject
from shared.ledger_ports import EventPlace
from tests.fakes.clock import FakeClock
from tests.unit.audit.workshop import START, World

RETENTION = timedelta(days=365)
NEXT_YEAR = datetime.now(UTC).replace(microsecond=0) + RETENTION


@dataclass
class InMemory:
    """The world of the sealing tests."""

    world: World = field(default_factory=World)

    @property
    def sealing(self) -> Sealing:
        return self.world.sealing()

    def happen(self, subject: str, times: int = 1) -> list[EventPlace]:
        return [self.world.happened(subject, EventTag.CASE_OPENED, START) for _ in range(times)]

    def retained_until(self, name: str) -> datetime:
        return self.world.retained[name]


@dataclass
class OnAws:
    """The adapters, on moto."""

    sealing: Sealing
    store: TableStore
    s3: Any
    happened: Counter[str] = field(default_factory=Counter)

    def happen(self, subject: str, times: int = 1) -> list[EventPlace]:
        before = self.happened[subject]
        self.happened[subject] += times
        actor, command = Actor(ActorKind.SYSTEM, "test"), CommandId(f"{subject}-{before}")
        draft = EventDraft(EventTag.CASE_OPENED, Subject(subject), START, actor, command)
        self.store.commit(Change(command=command, result="done", events=(draft,) * times))
        return [EventPlace(Subject(subject), before + number) for number in range(1, times + 1)]

    def retained_until(self, name: str) -> datetime:
        found = self.s3.head_object(Bucket="ledger", Key=name)
        assert found["ObjectLockMode"] == "COMPLIANCE"
        until: datetime = found["ObjectLockRetainUntilDate"]
        return until


@pytest.fixture(params=["in memory", "on AWS"])
def place(request: pytest.FixtureRequest) -> InMemory | OnAws:
    if request.param == "in memory":
        return InMemory()
    on_aws: OnAws = request.getfixturevalue("on_aws")
    return on_aws


@pytest.fixture
def on_aws(table: Table) -> OnAws:
    s3, kms = boto3.client("s3"), boto3.client("kms")
    s3.create_bucket(
        Bucket="ledger",
        CreateBucketConfiguration={"LocationConstraint": "eu-central-1"},
        ObjectLockEnabledForBucket=True,
    )
    signing = [
        kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
        for _ in range(2)
    ]
    wrapping = kms.create_key()["KeyMetadata"]["KeyId"]
    sealing = Sealing(
        TableLedgerHead(table),
        TableEventLog(table, together=4),
        S3Archive("ledger", s3),
        KmsKeyring(kms, signing),
        RETENTION,
    )
    return OnAws(sealing, TableStore(table, KmsSubjectKeys(table, kms, wrapping), FakeClock(START)), s3)


def test_a_head_is_replaced_only_by_its_successor(place: InMemory | OnAws) -> None:
    head = place.sealing.head
    assert head.read() is None
    head.replace(1, b"one")
    head.replace(2, b"two")
    for version in (1, 2, 4):
        with pytest.raises(Conflict):
            head.replace(version, b"another")
    assert head.read() == (2, b"two")


def test_an_event_is_unsequenced_until_it_has_its_index(place: InMemory | OnAws) -> None:
    first, second = place.happen("case/c-1", 2)
    log = place.sealing.events
    assert list(log.unsequenced(10)) == [first, second]
    assert list(log.unsequenced(1)) == [first]
    log.sequence({first: 0})
    assert second in log.unsequenced(10)
    assert [log.read([at])[at].index for at in (first, second)] == [0, None]


def test_the_same_index_once_more_is_fine_and_another_one_is_not(place: InMemory | OnAws) -> None:
    [at] = place.happen("case/c-1")
    log = place.sealing.events
    log.sequence({at: 7})
    log.sequence({at: 7})
    with pytest.raises(IntegrityError):
        log.sequence({at: 8})
    assert log.read([at])[at].index == 7


def test_only_events_that_exist_are_read(place: InMemory | OnAws) -> None:
    [at] = place.happen("case/c-1")
    missing = EventPlace(Subject("case/c-2"), 1)
    assert set(place.sealing.events.read([at, missing])) == {at}


def test_many_events_are_read_and_given_their_places(place: InMemory | OnAws) -> None:
    places = [at for number in range(3) for at in place.happen(f"case/c-{number}", 40)]
    log = place.sealing.events
    log.sequence({at: index for index, at in enumerate(places[:9])})
    stored = log.read(places)
    assert [stored[at].index for at in places] == [*range(9), *[None] * 111]


def test_a_name_in_the_archive_is_written_once(place: InMemory | OnAws) -> None:
    archive = place.sealing.archive
    archive.put("ledger/segments/a.jsonl", b"one", NEXT_YEAR)
    with pytest.raises(Conflict):
        archive.put("ledger/segments/a.jsonl", b"two", NEXT_YEAR)
    assert archive.get("ledger/segments/a.jsonl") == b"one"
    assert place.retained_until("ledger/segments/a.jsonl") == NEXT_YEAR


def test_the_first_key_signs_what_its_public_half_verifies(place: InMemory | OnAws) -> None:
    signer = place.sealing.keyring.first()
    pem = signer.public_key_pem()
    assert signer.key_id == format.key_id(pem)
    public = load_pem_public_key(pem)
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signer.sign(b"said"), b"said", ec.ECDSA(hashes.SHA256()))
    with pytest.raises(InvalidSignature):
        public.verify(signer.sign(b"said"), b"not said", ec.ECDSA(hashes.SHA256()))


def test_a_key_is_found_by_its_own_digest(place: InMemory | OnAws) -> None:
    ring = place.sealing.keyring
    assert ring.signer(ring.first().key_id).public_key_pem() == ring.first().public_key_pem()


def test_a_whole_round_seals_and_signs(place: InMemory | OnAws) -> None:
    place.happen("case/c-1", 3)
    place.happen("case/c-2", 2)
    now = datetime.now(UTC)
    report = seal_ledger(place.sealing, now)
    assert (report.sealed, report.waiting, report.broken) == (5, 0, ())
    assert report.checkpoint is not None
    name = report.checkpoint.name()
    checkpoint, _ = format.parse_checkpoint(place.sealing.archive.get(name))
    assert checkpoint == report.checkpoint
    assert seal_ledger(place.sealing, now).sealed == 0
    assert place.retained_until(name) > now


def test_a_missing_object_is_not_found(on_aws: OnAws) -> None:
    with pytest.raises(NotFound):
        on_aws.sealing.archive.get("ledger/segments/none.jsonl")
    with pytest.raises(NotFound):
        on_aws.sealing.keyring.signer("0" * 64)


def test_the_archive_lists_its_names_in_order(on_aws: OnAws) -> None:
    archive = on_aws.sealing.archive
    assert isinstance(archive, S3Archive)
    for name in ("ledger/segments/b.jsonl", "ledger/checkpoints/a.json", "ledger/segments/a.jsonl"):
        archive.put(name, b"x", NEXT_YEAR)
    assert list(archive.names("ledger/segments/")) == ["ledger/segments/a.jsonl", "ledger/segments/b.jsonl"]
