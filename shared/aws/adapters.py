"""Builds adapters for handlers from a function's settings, with boto3 clients."""

import boto3
from botocore.config import Config

from shared.aws.accounts import CognitoAccounts
from shared.aws.arrivals import TableArrivals
from shared.aws.dynamo import Table
from shared.aws.files import FiledDirectories, S3Files
from shared.aws.handouts import S3Handouts
from shared.aws.ledger_files import S3Archive
from shared.aws.ledger_head import TableEventLog, TableLedgerHead
from shared.aws.links import TableLinks
from shared.aws.outbox import TableOutbox
from shared.aws.personal_data import TablePersonalData
from shared.aws.policies import FiledPolicies
from shared.aws.signing import KmsKeyring
from shared.aws.subject_keys import KmsSubjectKeys
from shared.aws.table_store import TableStore
from shared.aws.task_tokens import TableTaskTokens
from shared.runtime.settings import FilesSettings, Settings

AWS = Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=5, read_timeout=60)
"""At most five attempts with back-off and jitter, about ten seconds in all. Then the workflow retries."""

_QUICK = Config(retries={"mode": "standard", "max_attempts": 3}, connect_timeout=2, read_timeout=5)
"""A person waits for the answer, and API Gateway ends the request after 30 seconds."""

_SIGNED = Config(signature_version="s3v4")
"""Presigned links need signature version 4 in every region."""


def table(settings: Settings) -> Table:
    return Table(settings.table_name, boto3.resource("dynamodb", config=AWS))


def case_store(settings: Settings) -> TableStore:
    subject_keys = KmsSubjectKeys(table(settings), boto3.client("kms", config=AWS), settings.subject_key_id)
    return TableStore(table(settings), subject_keys, settings.clock)


def personal_data(settings: Settings) -> TablePersonalData:
    return TablePersonalData(table(settings))


def files(settings: FilesSettings) -> S3Files:
    return S3Files(settings.facts_bucket, boto3.client("s3", config=AWS))


def handouts(settings: FilesSettings) -> S3Handouts:
    return S3Handouts(settings.facts_bucket, boto3.client("s3", config=AWS.merge(_SIGNED)))


def directories(settings: FilesSettings) -> FiledDirectories:
    return FiledDirectories(case_store(settings), files(settings))


def policies(settings: FilesSettings) -> FiledPolicies:
    return FiledPolicies(files(settings))


def links(settings: Settings) -> TableLinks:
    return TableLinks(table(settings), settings.clock)


def outbox(settings: Settings) -> TableOutbox:
    return TableOutbox(table(settings))


def task_tokens(settings: Settings) -> TableTaskTokens:
    return TableTaskTokens(table(settings))


def accounts(user_pool_id: str) -> CognitoAccounts:
    return CognitoAccounts(user_pool_id, boto3.client("cognito-idp", config=_QUICK))


def arrivals(settings: Settings) -> TableArrivals:
    return TableArrivals(table(settings))


def ledger_head(settings: Settings) -> TableLedgerHead:
    return TableLedgerHead(table(settings))


def event_log(settings: Settings) -> TableEventLog:
    return TableEventLog(table(settings))


def archive(ledger_bucket: str) -> S3Archive:
    return S3Archive(ledger_bucket, boto3.client("s3", config=AWS))


def keyring(signing_key_id: str) -> KmsKeyring:
    """``signing_key_id``: the KMS key id; after a rotation, all ids separated by commas, oldest first."""
    return KmsKeyring(boto3.client("kms", config=AWS), signing_key_id.split(","))
