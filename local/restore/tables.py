"""Reads and writes whole tables; lists the files of facts once and reads them on demand."""

import gzip
from collections.abc import Iterable, Mapping
from decimal import Decimal
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.types import Binary
from botocore.exceptions import ClientError

from local.restore.ports import Items
from shared.aws.keys import Key
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.identifiers import BatchId

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import DynamoDBServiceResource
    from mypy_boto3_s3.client import S3Client

_FACTS = "facts/"


def read_table(name: str, resource: "DynamoDBServiceResource") -> Items:
    """Every item, read consistently but not at one moment. Raises InvalidInput if there is no such table."""
    table, request, found = resource.Table(name), dict[str, Any](), Items()
    while True:
        try:
            page = table.scan(ConsistentRead=True, **request)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") == "ResourceNotFoundException":
                raise InvalidInput(f"there is no table {name}") from error
            raise
        for item in page["Items"]:
            found[str(item["pk"]), str(item["sk"])] = {key: plain(value) for key, value in item.items()}
        if "LastEvaluatedKey" not in page:
            return found
        request = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def write_table(name: str, items: Items, resource: "DynamoDBServiceResource") -> None:
    """Write every item over any existing one, so that a retry after a crash is harmless."""
    with resource.Table(name).batch_writer() as batch:
        for item in items.values():
            batch.put_item(Item=item)


def delete_items(name: str, keys: Iterable[Key], resource: "DynamoDBServiceResource") -> None:
    with resource.Table(name).batch_writer() as batch:
        for pk, sk in keys:
            batch.delete_item(Key={"pk": pk, "sk": sk})


def make_table_like(model: str, name: str, resource: "DynamoDBServiceResource") -> None:
    """Create an empty table with the keys and indexes of ``model``, billed on demand."""
    found: Any = resource.meta.client.describe_table(TableName=model)["Table"]
    indexes: Any = [
        {part: index[part] for part in ("IndexName", "KeySchema", "Projection")}
        for index in found.get("GlobalSecondaryIndexes", [])
    ]
    made: Any = resource.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=found["AttributeDefinitions"],
        KeySchema=found["KeySchema"],
        GlobalSecondaryIndexes=indexes,
    )
    made.wait_until_exists()


def plain(value: Any) -> Any:
    """The value as it was written: boto3 returns types of its own."""
    if isinstance(value, Binary):
        held: Any = value
        return bytes(held)
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    return {plain(inner) for inner in value} if isinstance(value, set) else value


class BucketFacts:
    """See ``local.restore.ports.Facts``."""

    def __init__(self, bucket: str, s3: "S3Client") -> None:
        self._bucket = bucket
        self._s3 = s3
        self._names: dict[tuple[str, str], list[str]] | None = None

    def shards(self, batch: BatchId, period: str) -> Mapping[str, str]:
        if self._names is None:
            self._names = _by_revision(self._listed())
        names = self._names.get((period, batch))
        if not names:
            raise NotFound(f"its facts of {period} are no longer in the bucket")
        return {_part(name, "shard="): self._digest(name) for name in names}

    def _listed(self) -> Iterable[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=_FACTS)
        for page in pages:
            yield from (entry["Key"] for entry in page.get("Contents", []))

    def _digest(self, name: str) -> str:
        body = self._s3.get_object(Bucket=self._bucket, Key=name)["Body"].read()
        return sha256(gzip.decompress(body)).hexdigest()


def _by_revision(names: Iterable[str]) -> dict[tuple[str, str], list[str]]:
    """The names of the files by period and batch, as ``shared.domain.paths.facts`` makes them."""
    found: dict[tuple[str, str], list[str]] = {}
    for name in names:
        batch = _part(name, "rev=").removesuffix(".jsonl.gz")
        found.setdefault((_part(name, "period="), batch), []).append(name)
    return found


def _part(name: str, label: str) -> str:
    return next((part.removeprefix(label) for part in name.split("/") if part.startswith(label)), "")
