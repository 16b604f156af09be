"""The anchoring function on AWS's own adapters: what lies in the other bucket, and a bucket that refuses.

moto lets retention be shortened, so that it holds is shown on the local engine.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from functions.audit.handlers import anchor as anchor_handler
from functions.audit.ledger.format import parse_checkpoint
from functions.audit.ledger.seal_ledger import Sealing, seal_ledger
from shared.aws.dynamo import Table
from shared.aws.ledger_files import S3Archive
from shared.aws.ledger_head import TableEventLog, TableLedgerHead
from shared.aws.outbox import TableOutbox
from shared.aws.signing import KmsKeyring
from shared.aws.subject_keys import KmsSubjectKeys
from shared.aws.table_store import TableStore
from shared.domain.change import Change
from shared.domain.effect import Notice
from shared.domain.event import Actor, ActorKind, EventDraft, EventTag, parse_event
from shared.domain.identifiers import CommandId, Subject
from shared.ports import OutboxRow
from shared.runtime.clock import ScaledClock
from tests.contract.conftest import REGION
from tests.unit.audit.test_seal_handler import Context

ELSEWHERE: Final = "anchors-elsewhere"
YEAR: Final = timedelta(days=365)


@dataclass
class Office:
    """A sealed ledger, and the environment that the function reads."""

    table: Table
    store: TableStore
    s3: Any
    checkpoint: str
    out: pytest.CaptureFixture[str]
    log: pytest.LogCaptureFixture

    def run(self) -> dict[str, Any]:
        anchor_handler._dependencies.cache_clear()
        answer: dict[str, Any] = anchor_handler.handle({}, Context())
        return answer

    def copies(self) -> list[str]:
        found = self.s3.list_objects_v2(Bucket=ELSEWHERE).get("Contents", [])
        return [entry["Key"] for entry in found]

    def ways(self) -> list[str]:
        return [parse_event(data).data["by"] for data in self.store.events(Subject("system"))]

    def notices(self) -> list[Notice]:
        rows: list[OutboxRow] = list(TableOutbox(self.table).pending(100))
        return [row.effect for row in rows if isinstance(row.effect, Notice)]


@pytest.fixture
def office(
    table: Table,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Office]:
    s3, kms = boto3.client("s3"), boto3.client("kms")
    for bucket in ("ledger", ELSEWHERE):
        region: Any = {"LocationConstraint": REGION}
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=region, ObjectLockEnabledForBucket=True)
    signing = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
    wrapping = kms.create_key()["KeyMetadata"]["KeyId"]
    clock = ScaledClock()
    store = TableStore(table, KmsSubjectKeys(table, kms, wrapping), clock)
    command, actor = CommandId("open-1"), Actor(ActorKind.SYSTEM, "test")
    draft = EventDraft(EventTag.CASE_OPENED, Subject("case/c-1"), clock.now(), actor, command)
    store.commit(Change(command=command, result="done", events=(draft,)))
    archive, keyring = S3Archive("ledger", s3), KmsKeyring(kms, [signing])
    sealing = Sealing(TableLedgerHead(table), TableEventLog(table), archive, keyring, YEAR)
    sealed = seal_ledger(sealing, clock.now()).checkpoint
    assert sealed is not None
    for name, value in {
        "TABLE_NAME": "plumbline",
        "SUBJECT_KEY_ID": wrapping,
        "CODE_VERSION": "test",
        "CLOCK_RATE": "1",
        "LEDGER_BUCKET": "ledger",
        "RETENTION_DAYS": "365",
        "ANCHOR_EMAILS": '["notary@y.example"]',
        "ANCHOR_BUCKET": ELSEWHERE,
        "TIMESTAMP_URL": "",
    }.items():
        monkeypatch.setenv(name, value)
    yield Office(table, store, s3, sealed.name(), capsys, caplog)
    anchor_handler._dependencies.cache_clear()


def refuse(office: Office, action: str) -> None:
    """The other account's bucket policy, which has the last word there."""
    denied = {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": f"arn:aws:s3:::{ELSEWHERE}/*"}
    policy = {"Version": "2012-10-17", "Statement": [denied]}
    office.s3.put_bucket_policy(Bucket=ELSEWHERE, Policy=json.dumps(policy))


def failure(office: Office) -> tuple[str, str]:
    """The channel that failed in the last run, and why, as it was logged."""
    [record] = office.log.records
    office.log.clear()
    return str(vars(record)["channel"]), str(vars(record)["because"])


def test_the_copy_is_the_checkpoint_itself_and_locked_as_long_as_the_ledger(office: Office) -> None:
    assert office.run() == {"done": ["mail", "bucket"], "failed": []}
    assert office.copies() == [office.checkpoint]
    found = office.s3.get_object(Bucket=ELSEWHERE, Key=office.checkpoint)
    original = office.s3.get_object(Bucket="ledger", Key=office.checkpoint)["Body"].read()
    assert found["Body"].read() == original
    assert parse_checkpoint(original)[0].size == 1
    assert found["ObjectLockMode"] == "COMPLIANCE"
    kept_for = found["ObjectLockRetainUntilDate"] - datetime.now(UTC)
    assert YEAR - timedelta(minutes=5) < kept_for <= YEAR
    assert office.ways() == ["mail", "bucket"]
    assert office.run() == {"done": [], "failed": []}


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:GetObject"])
def test_a_bucket_that_refuses_is_told_and_the_mail_goes_all_the_same(office: Office, action: str) -> None:
    refuse(office, action)
    assert office.run() == {"done": ["mail"], "failed": ["bucket"]}
    assert [notice.parameters["address"] for notice in office.notices()] == ["notary@y.example"]
    assert office.ways() == ["mail"]
    [counted] = [json.loads(line) for line in office.out.readouterr().out.splitlines() if '"_aws"' in line]
    assert (counted["AnchorsMade"], counted["AnchorsFailed"]) == ([1.0], [1.0])
    # AWS says AccessDenied, and moto the status.
    assert failure(office) in (("bucket", "ClientError: AccessDenied"), ("bucket", "ClientError: 403"))


def test_once_the_bucket_allows_it_the_next_run_catches_up_and_mails_nothing_twice(office: Office) -> None:
    refuse(office, "s3:GetObject")
    office.run()
    office.s3.delete_bucket_policy(Bucket=ELSEWHERE)
    assert office.run() == {"done": ["bucket"], "failed": []}
    assert office.copies() == [office.checkpoint]
    assert len(office.notices()) == 1


def test_a_bucket_that_is_gone_or_takes_no_locks_is_told_too(office: Office) -> None:
    office.s3.delete_bucket(Bucket=ELSEWHERE)
    assert office.run() == {"done": ["mail"], "failed": ["bucket"]}
    assert failure(office) == ("bucket", "ClientError: NoSuchBucket")
    region: Any = {"LocationConstraint": REGION}
    office.s3.create_bucket(Bucket=ELSEWHERE, CreateBucketConfiguration=region)
    assert office.run() == {"done": [], "failed": ["bucket"]}
    assert failure(office)[1].startswith("ClientError: Invalid")
    assert office.copies() == []


def test_another_file_under_that_name_stays_and_is_no_copy(office: Office) -> None:
    office.s3.put_object(Bucket=ELSEWHERE, Key=office.checkpoint, Body=b"something else")
    assert office.run() == {"done": ["mail"], "failed": ["bucket"]}
    assert failure(office) == ("bucket", "IntegrityError")
    with pytest.raises(ClientError):
        office.s3.put_object(Bucket=ELSEWHERE, Key=office.checkpoint, Body=b"x", IfNoneMatch="*")
    assert office.ways() == ["mail"]
