"""How long the ledger's bucket keeps it, asked of the bucket (on moto)."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from local.cli import main
from shared.aws.ledger_files import S3Archive

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

BUCKET = "plumbline-ledger"
YEARS = timedelta(days=365)
NAME = "ledger/segments/000000000000-000000000000.jsonl"


@pytest.fixture
def s3(aws: None) -> "S3Client":
    client = boto3.client("s3", region_name="us-east-1")
    client.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True)
    return client


def put(s3: "S3Client", retention: timedelta) -> None:
    S3Archive(BUCKET, s3).put(NAME, b"{}\n", datetime.now(UTC) + retention)


def unlocked(s3: "S3Client") -> None:
    s3.put_object(Bucket=BUCKET, Key="ledger/checkpoints/x.json", Body=b"{}")


def governed(s3: "S3Client") -> None:
    lock: dict[str, Any] = {
        "ObjectLockMode": "GOVERNANCE",
        "ObjectLockRetainUntilDate": datetime.now(UTC) + 8 * YEARS,
    }
    s3.put_object(Bucket=BUCKET, Key="ledger/checkpoints/x.json", Body=b"{}", **lock)


def hidden(s3: "S3Client") -> None:
    s3.delete_object(Bucket=BUCKET, Key=NAME)


def test_a_ledger_that_is_kept_as_promised_is_said_to_be(
    s3: "S3Client", capsys: pytest.CaptureFixture[str]
) -> None:
    put(s3, 7 * YEARS)
    s3.put_object(Bucket=BUCKET, Key="elsewhere.txt", Body=b"no part of the ledger")
    assert main(["retention", "--bucket", BUCKET]) == 0
    assert "1 of 1 versions are kept for 7 years" in capsys.readouterr().out
    assert main(["retention", "--bucket", BUCKET, "--years", "10"]) == 1
    assert f"{NAME}: is kept only until" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (unlocked, "x.json: has no retention"),
        (governed, "x.json: is locked in GOVERNANCE mode"),
        (hidden, f"{NAME}: is hidden behind a delete marker"),
    ],
)
def test_a_piece_that_is_not_kept_is_named(
    s3: "S3Client",
    capsys: pytest.CaptureFixture[str],
    change: Callable[["S3Client"], None],
    words: str,
) -> None:
    put(s3, 7 * YEARS)
    change(s3)
    assert main(["retention", "--bucket", BUCKET]) == 1
    assert words in capsys.readouterr().out


def test_a_bucket_without_a_ledger_is_an_error(s3: "S3Client", capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["retention", "--bucket", BUCKET]) == 2
    assert "nothing under ledger/" in capsys.readouterr().err
