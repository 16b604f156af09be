"""`plumbline retention`: whether every piece of the ledger lies in its bucket as long as was promised."""

import argparse
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from shared.domain.errors import InvalidInput

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

EPILOG: Final = """examples:
  plumbline retention --bucket acme-plumbline-ledger
  plumbline retention --bucket acme-plumbline-ledger --years 10

A bundle shows what the ledger says, not how long its bucket keeps it. This asks the bucket, with whatever AWS
account is at hand; it needs s3:ListBucketVersions, s3:GetObject and s3:GetObjectRetention. Each version of
each object under ledger/ has to be under Object Lock in COMPLIANCE mode, until YEARS after it was written.

Exit status 0: it is; 1: some are not, and which; 2: usage.
"""
_SLACK: Final = timedelta(days=2)
"""Years are counted as 365 days, and a piece is written a little after its time was set."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--bucket", required=True, help="the ledger's bucket")
    parser.add_argument("--years", type=int, default=7, help="how long it was promised (7)")
    parser.add_argument("--endpoint", metavar="URL", help="another S3 than Amazon's")


def run(args: argparse.Namespace) -> int:
    if args.years < 1:
        raise InvalidInput("--years is at least 1")
    s3 = _client(args.endpoint)
    count, faults = 0, 0
    try:
        for name, fault in check_retention(s3, args.bucket, timedelta(days=365 * args.years)):
            count += 1
            if fault:
                faults += 1
                print(f"{name}: {fault}")
    except (BotoCoreError, ClientError) as error:
        raise InvalidInput(f"the bucket {args.bucket} cannot be read: {error}") from error
    if not count:
        raise InvalidInput(f"there is nothing under ledger/ in {args.bucket}")
    print(f"{count - faults} of {count} versions are kept for {args.years} years, whoever asks")
    return 1 if faults else 0


def _client(endpoint: str | None) -> "S3Client":
    try:
        return boto3.client("s3", endpoint_url=endpoint)
    except (BotoCoreError, ValueError) as error:
        raise InvalidInput(str(error)) from error


def check_retention(s3: "S3Client", bucket: str, promised: timedelta) -> Iterator[tuple[str, str]]:
    """Every version under ``ledger/``, and what is wrong with it; empty where nothing is."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix="ledger/"):
        for marker in page.get("DeleteMarkers", []):
            yield marker["Key"], "is hidden behind a delete marker"
        for version in page.get("Versions", []):
            # The retention of an object comes with its head, to whoever may read both.
            head = s3.head_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
            yield version["Key"], _fault(head, version["LastModified"] + promised - _SLACK)


def _fault(head: Mapping[str, Any], promised_until: datetime) -> str:
    """What is wrong with an object's lock; empty where nothing is."""
    mode, until = head.get("ObjectLockMode"), head.get("ObjectLockRetainUntilDate")
    if mode is None or until is None:
        return "has no retention"
    if mode != "COMPLIANCE":
        return f"is locked in {mode} mode, which somebody can lift"
    return "" if until >= promised_until else f"is kept until {until:%Y-%m-%d} only"
