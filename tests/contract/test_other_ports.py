"""What the smaller ports promise: outbox, task tokens, files."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.config import Config

from shared.aws.dynamo import Table
from shared.aws.files import S3Exports, S3Files
from shared.aws.handouts import S3Handouts
from shared.aws.outbox import TableOutbox
from shared.aws.subject_keys import KmsSubjectKeys
from shared.aws.table_store import TableStore
from shared.aws.task_tokens import TableTaskTokens
from shared.domain.change import Change
from shared.domain.errors import IntegrityError, NotFound
from shared.domain.identifiers import CommandId
from shared.ports import Exports, Files, Handouts, Outbox, TaskTokens
from tests.contract.conftest import REGION
from tests.fakes.builders import CASE, NOON, a_wake
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore
from tests.fakes.world import FakeExports, FakeFiles, FakeHandouts, FakeTaskTokens

both = pytest.fixture(params=["fake", "aws"])


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@both
def outbox(request: pytest.FixtureRequest, clock: FakeClock) -> Outbox:
    """Two effects, queued one after the other."""
    store: FakeStore | TableStore
    box: Outbox
    if request.param == "fake":
        store = box = FakeStore(clock)
    else:
        table: Table = request.getfixturevalue("table")
        store, box = (
            TableStore(table, KmsSubjectKeys(table, boto3.client("kms", region_name=REGION), "k"), clock),
            TableOutbox(table),
        )
    for name in ("wake-1", "wake-2"):
        store.commit(Change(command=CommandId(name), result="", events=(), effects=(a_wake(name),)))
        clock.advance(seconds=1)
    return box


def test_effects_are_pending_oldest_first_until_they_are_done(outbox: Outbox) -> None:
    assert [row.effect.id for row in outbox.pending()] == ["wake-1", "wake-2"]
    outbox.done("wake-1")
    assert [row.effect.id for row in outbox.pending()] == ["wake-2"]
    assert outbox.row("wake-1") is None
    row = outbox.row("wake-2")
    assert row is not None
    assert row.effect == a_wake("wake-2")
    assert row.queued_at == NOON + timedelta(seconds=1)


def test_only_one_at_a_time_has_a_row(outbox: Outbox) -> None:
    minute = timedelta(minutes=1)
    assert outbox.claim("wake-1", NOON, NOON + minute)
    assert not outbox.claim("wake-1", NOON, NOON + minute)
    assert outbox.claim("wake-2", NOON, NOON + minute)
    assert outbox.claim("wake-1", NOON + minute, NOON + 2 * minute), "a claim ends by itself"


def test_a_row_that_failed_is_free_and_one_that_is_done_is_nobodys(outbox: Outbox) -> None:
    until = NOON + timedelta(minutes=1)
    outbox.claim("wake-1", NOON, until)
    outbox.failed("wake-1", "the mail service said to slow down")
    assert outbox.claim("wake-1", NOON, until)
    outbox.done("wake-1")
    assert not outbox.claim("wake-1", until, until + timedelta(minutes=1))
    assert not outbox.claim("never-queued", NOON, until)


def test_a_failed_effect_stays_pending_and_counts_its_attempts(outbox: Outbox) -> None:
    outbox.failed("wake-1", "the mail service said to slow down")
    outbox.failed("wake-1", "the mail service said to slow down")
    row = outbox.row("wake-1")
    assert row is not None
    assert row.attempts == 2
    assert outbox.row("never-queued") is None


@both
def tokens(request: pytest.FixtureRequest) -> TaskTokens:
    return FakeTaskTokens() if request.param == "fake" else TableTaskTokens(request.getfixturevalue("table"))


def test_a_task_token_is_taken_once_and_the_latest_counts(tokens: TaskTokens) -> None:
    tokens.store(CASE, "old")
    tokens.store(CASE, "new")
    assert tokens.take(CASE) == "new"
    assert tokens.take(CASE) is None


@both
def files(request: pytest.FixtureRequest) -> Files:
    if request.param == "fake":
        return FakeFiles()
    request.getfixturevalue("aws")
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="facts", CreateBucketConfiguration={"LocationConstraint": REGION})
    return S3Files("facts", s3)


def test_a_file_may_be_written_again_with_the_same_bytes_and_never_with_others(files: Files) -> None:
    files.write("a", b"one")
    files.write("a", b"one")
    with pytest.raises(IntegrityError):
        files.write("a", b"two")
    assert files.read("a") == b"one"


def test_lines_come_back_as_written_with_the_digest_of_their_text(files: Files) -> None:
    digest = files.write_lines("lines", [b'{"a":1}\n', b'{"b":"\xc3\xa4"}\n'])
    assert b"".join(files.read_lines("lines")) == b'{"a":1}\n{"b":"\xc3\xa4"}\n'
    assert files.write_lines("again", iter([b'{"a":1}\n{"b":"\xc3\xa4"}\n'])) == digest
    assert files.read("lines") == files.read("again")
    assert b"".join(files.read_lines(_empty(files))) == b""


def _empty(files: Files) -> str:
    files.write_lines("empty", [])
    return "empty"


def test_a_file_that_was_never_written_is_not_found(files: Files) -> None:
    with pytest.raises(NotFound):
        files.read("nothing")
    with pytest.raises(NotFound):
        files.read_lines("nothing")


@both
def handouts(request: pytest.FixtureRequest) -> Handouts:
    if request.param == "fake":
        return FakeHandouts()
    request.getfixturevalue("aws")
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="facts", CreateBucketConfiguration={"LocationConstraint": REGION})
    return S3Handouts("facts", s3)


def test_the_same_file_handed_out_twice_has_two_links(handouts: Handouts) -> None:
    one, other = (handouts.hand_out("evidence.zip", b"PK", "application/zip") for _ in range(2))
    assert one != other
    assert "evidence.zip" in one


def test_a_link_ends_within_minutes_and_saves_the_file_under_its_name(aws: None) -> None:
    s3 = boto3.client("s3", region_name=REGION, config=Config(signature_version="s3v4"))
    s3.create_bucket(Bucket="facts", CreateBucketConfiguration={"LocationConstraint": REGION})
    link = urlsplit(S3Handouts("facts", s3).hand_out("evidence.zip", b"PK", "application/zip"))
    asked = {name: values[0] for name, values in parse_qs(link.query).items()}
    assert asked["X-Amz-Expires"] == "300"
    assert asked["response-content-disposition"] == 'attachment; filename="evidence.zip"'
    (stored,) = s3.list_objects_v2(Bucket="facts", Prefix="handouts/")["Contents"]
    assert link.path.endswith(stored["Key"])
    found = s3.get_object(Bucket="facts", Key=stored["Key"])
    assert (found["Body"].read(), found["ContentType"]) == (b"PK", "application/zip")


@both
def exports(request: pytest.FixtureRequest) -> Exports:
    """An export with a manifest beside it, and one without."""
    dropped = {"in/a.csv": b"a,b\n", "in/a.csv.manifest.json": b'{"rows": 0}', "in/b.csv": b""}
    if request.param == "fake":
        fake = FakeExports()
        for key, body in dropped.items():
            fake.drop(key, body)
        return fake
    request.getfixturevalue("aws")
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="exports", CreateBucketConfiguration={"LocationConstraint": REGION})
    for key, body in dropped.items():
        s3.put_object(Bucket="exports", Key=key, Body=body)
    return S3Exports("exports", s3)


def test_an_export_is_a_stream_with_its_manifest_where_there_is_one(exports: Exports) -> None:
    export = exports.open("in/a.csv", None)
    assert (export.key, export.size, export.manifest) == ("in/a.csv", 4, b'{"rows": 0}')
    assert export.dropped_at.tzinfo is not None
    assert export.body.read(2) + export.body.read() == b"a,b\n"
    assert exports.open("in/b.csv", None).manifest is None
    with pytest.raises(NotFound):
        exports.open("in/c.csv", None)


def test_a_part_of_an_export_is_those_bytes_of_it(exports: Exports) -> None:
    assert isinstance(exports, FakeExports | S3Exports)
    assert exports.part("in/a.csv", None, 0, 1).read() == b"a"
    assert exports.part("in/a.csv", None, 1, 4).read() == b",b\n"
    with pytest.raises(NotFound):
        exports.part("in/c.csv", None, 0, 1)


@both
def corrected(request: pytest.FixtureRequest) -> tuple[FakeExports | S3Exports, list[str]]:
    """An export of which there are two versions, and their names."""
    if request.param == "fake":
        fake = FakeExports()
        return fake, [fake.drop("in/a.csv", body) for body in (b"first", b"second")]
    request.getfixturevalue("aws")
    s3 = boto3.client("s3", region_name=REGION)
    s3.create_bucket(Bucket="exports", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="exports", VersioningConfiguration={"Status": "Enabled"})
    put = [s3.put_object(Bucket="exports", Key="in/a.csv", Body=body) for body in (b"first", b"second")]
    return S3Exports("exports", s3), [each["VersionId"] for each in put]


def test_a_part_is_of_the_version_that_is_named(
    corrected: tuple[FakeExports | S3Exports, list[str]],
) -> None:
    exports, (first, second) = corrected
    assert exports.part("in/a.csv", first, 1, 3).read() == b"ir"
    assert exports.part("in/a.csv", second, 1, 3).read() == b"ec"
    assert exports.part("in/a.csv", None, 1, 3).read() == b"ec"
