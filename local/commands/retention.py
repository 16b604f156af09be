"""`plumbline retention`: check that the bucket keeps every object of the ledger as long as promised."""

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

A bundle shows what the ledger says, but not how long the bucket keeps it. This command asks the bucket,
with the AWS account of the environment. It needs s3:ListBucketVersions, s3:GetObject and
s3:GetObjectRetention. Each version of each object under ledger/ must be under Object Lock in COMPLIANCE
mode until YEARS after it was written.

Exit status: 0 all are; 1 some are not (they are listed); 2 usage.
"""
_SLACK: Final = timedelta(days=2)
"""A year counts as 365 days, and an object is written a little after its time was set."""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--bucket", required=True, help="the ledger's bucket")
    parser.add_argument("--years", type=int, default=7, help="the promised retention (default: 7)")
    parser.add_argument("--endpoint", metavar="URL", help="an S3 service other than Amazon's")


def run(args: argparse.Namespace) -> int:
    if args.years < 1:
        raise InvalidInput("--years must be at least 1")
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
    print(
        f"{count - faults} of {count} versions are kept for {args.years} years and cannot be deleted earlier"
    )
    return 1 if faults else 0


def _client(endpoint: str | None) -> "S3Client":
    try:
        return boto3.client("s3", endpoint_url=endpoint)
    except (BotoCoreError, ValueError) as error:
        raise InvalidInput(str(error)) from error


def check_retention(s3: "S3Client", bucket: str, promised: timedelta) -> Iterator[tuple[str, str]]:
    """Every version under ``ledger/``, and what is wrong with its lock; empty if nothing is."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix="ledger/"):
        for marker in page.get("DeleteMarkers", []):
            yield marker["Key"], "is hidden behind a delete marker"
        for version in page.get("Versions", []):
            # The head of an object includes its retention for a caller who may read both.
            head = s3.head_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
            yield version["Key"], _fault(head, version["LastModified"] + promised - _SLACK)


def _fault(head: Mapping[str, Any], promised_until: datetime) -> str:
    """What is wrong with the lock of an object; empty if nothing is."""
    mode, until = head.get("ObjectLockMode"), head.get("ObjectLockRetainUntilDate")
    if mode is None or until is None:
        return "has no retention"
    if mode != "COMPLIANCE":
        return f"is locked in {mode} mode, which an administrator can lift"
    return "" if until >= promised_until else f"is kept only until {until:%Y-%m-%d}"
