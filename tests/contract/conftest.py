"""Every port's promises, kept by the fake and by the adapter alike: each test runs on both."""

from collections.abc import Iterator
from typing import Final

import boto3
import pytest
from moto import mock_aws

from shared.aws import keys
from shared.aws.dynamo import Table

REGION: Final = "eu-central-1"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An AWS account in memory, with credentials that open nothing."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


@pytest.fixture
def table(aws: None) -> Table:
    return make_table()


def make_table(name: str = "plumbline") -> Table:
    """The product's table, with its sparse indexes as the template has them."""
    indexes = (keys.UNSEQUENCED_INDEX, keys.PENDING_INDEX, keys.LISTING_INDEX)
    names = ["pk", "sk", *(f"{index}_{part}" for index in indexes for part in ("pk", "sk"))]
    resource = boto3.resource("dynamodb", region_name=REGION)
    resource.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": f"{index}_pk", "KeyType": "HASH"},
                    {"AttributeName": f"{index}_sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in indexes
        ],
    )
    return Table(name, resource)
