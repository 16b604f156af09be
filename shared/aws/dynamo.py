"""The DynamoDB table as a few calls. Translates the table's `ClientError` into our errors."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from shared.aws.keys import Key
from shared.domain.errors import Conflict, Throttled

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.service_resource import DynamoDBServiceResource

Item = Mapping[str, Any]

_THROTTLED: Final = {
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "InternalServerError",
}
_CONFLICTS: Final = {
    "ConditionalCheckFailedException",
    "TransactionCanceledException",
    "TransactionConflictException",
    "TransactionInProgressException",
}

_MOST_AT_ONCE: Final = 100
"""DynamoDB's limit of items in one BatchGetItem."""


class Table:
    """All reads are strongly consistent, except those of an index, which DynamoDB cannot make so."""

    def __init__(self, name: str, resource: "DynamoDBServiceResource") -> None:
        self.name = name
        self._table = resource.Table(name)
        # The resource's client uses plain Python values. A client from boto3.client would need typed ones.
        self._client = resource.meta.client

    def get(self, key: Key) -> Item | None:
        with _translated():
            return self._table.get_item(Key=_key(key), ConsistentRead=True).get("Item")

    def get_many(self, wanted: Iterable[Key]) -> Iterator[Item]:
        """The existing items among those wanted, in no particular order."""
        left: Any = [_key(key) for key in wanted]
        while left:
            request: Any = {"Keys": left[:_MOST_AT_ONCE], "ConsistentRead": True}
            with _translated():
                answer: Any = self._client.batch_get_item(RequestItems={self.name: request})
            yield from answer["Responses"].get(self.name, [])
            unprocessed = answer.get("UnprocessedKeys", {}).get(self.name, {}).get("Keys", [])
            if len(unprocessed) == len(request["Keys"]):
                raise Throttled("the table returned none of the requested items")
            left = [*left[_MOST_AT_ONCE:], *unprocessed]

    def put(self, item: Item, condition: str | None = None, values: Item | None = None) -> None:
        """Raises Conflict if the condition fails."""
        with _translated():
            self._table.put_item(Item=dict(item), **_conditional(condition, values))

    def put_all(self, items: Iterable[Item]) -> None:
        """Put every item, in no particular order. Not atomic: some may be written although others failed."""
        with _translated(), self._table.batch_writer() as batch:
            for item in items:
                batch.put_item(Item=dict(item))

    def update(self, key: Key, expression: str, values: Item, condition: str | None = None) -> None:
        """Raises Conflict if the condition fails. ``values`` are those of both expressions."""
        extra: dict[str, Any] = {"ConditionExpression": condition} if condition else {}
        if values:
            extra["ExpressionAttributeValues"] = dict(values)
        with _translated():
            self._table.update_item(Key=_key(key), UpdateExpression=expression, **extra)

    def delete(self, key: Key) -> Item | None:
        """Delete the item and return it; None if there was none."""
        with _translated():
            return self._table.delete_item(Key=_key(key), ReturnValues="ALL_OLD").get("Attributes")

    def write_together(self, operations: Sequence[Mapping[str, Any]]) -> None:
        """Write all or nothing. Raises Conflict if a condition fails or another transaction interferes."""
        items: list[Any] = [
            {kind: {"TableName": self.name, **body} for kind, body in operation.items()}
            for operation in operations
        ]
        with _translated():
            self._client.transact_write_items(TransactItems=items)

    def query(self, pk: str, sk_prefix: str = "", *, newest_first: bool = False) -> Iterator[Item]:
        """The items of a partition whose sort key has the prefix, in order of the sort key."""
        yield from self._pages(
            {
                "KeyConditionExpression": "pk = :pk AND begins_with(sk, :sk)" if sk_prefix else "pk = :pk",
                "ExpressionAttributeValues": {":pk": pk, ":sk": sk_prefix} if sk_prefix else {":pk": pk},
                "ConsistentRead": True,
                "ScanIndexForward": not newest_first,
            }
        )

    def query_index(
        self, index: str, pk: str, *, newest_first: bool = False, limit: int | None = None
    ) -> Iterator[Item]:
        """The items of a sparse index under ``<index>_pk`` = pk, in the order of ``<index>_sk``."""
        found = self._pages(
            {
                "IndexName": index,
                "KeyConditionExpression": f"{index}_pk = :pk",
                "ExpressionAttributeValues": {":pk": pk},
                "ScanIndexForward": not newest_first,
            }
            | ({"Limit": limit} if limit else {})
        )
        for count, item in enumerate(found):
            if limit is not None and count >= limit:
                return
            yield item

    def _pages(self, request: dict[str, Any]) -> Iterator[Item]:
        while True:
            with _translated():
                page = self._table.query(**request)
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request = request | {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def keyed(key: Key, attributes: Item) -> dict[str, Any]:
    """An item: its key and its attributes."""
    return {"pk": key[0], "sk": key[1], **attributes}


def new(key: Key, attributes: Item) -> dict[str, Any]:
    """An operation that puts an item that must not exist yet."""
    return {"Put": {"Item": keyed(key, attributes), "ConditionExpression": "attribute_not_exists(pk)"}}


def put(
    key: Key, attributes: Item, condition: str | None = None, values: Item | None = None
) -> dict[str, Any]:
    """An operation that puts an item if the condition holds."""
    return {"Put": {"Item": keyed(key, attributes), **_conditional(condition, values)}}


def add(key: Key, attribute: str, members: Iterable[str]) -> dict[str, Any]:
    """An operation that adds members to a set, creating it if necessary."""
    expression, values = f"ADD {attribute} :members", {":members": set(members)}
    return {
        "Update": {
            "Key": _key(key), "UpdateExpression": expression, "ExpressionAttributeValues": values
        }
    }  # fmt: skip


def update(key: Key, expression: str, values: Item, condition: str) -> dict[str, Any]:
    """An operation that updates an item if the condition holds. ``values`` are those of both expressions."""
    return {"Update": {"Key": _key(key), "UpdateExpression": expression, **_conditional(condition, values)}}


def remove(key: Key) -> dict[str, Any]:
    """An operation that deletes an item."""
    return {"Delete": {"Key": _key(key)}}


def _key(key: Key) -> dict[str, str]:
    return {"pk": key[0], "sk": key[1]}


def _conditional(condition: str | None, values: Item | None) -> dict[str, Any]:
    extra: dict[str, Any] = {}
    if condition:
        extra["ConditionExpression"] = condition
    if values:
        extra["ExpressionAttributeValues"] = dict(values)
    return extra


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code in _THROTTLED:
            raise Throttled(f"the table returned {code}") from error
        if code in _CONFLICTS:
            raise Conflict(f"the table returned {code}") from error
        raise
