"""Enforces a function's role inside the function's process, because the engine does not implement IAM.

Each call of the AWS SDK is checked against the role's inline policies from the deployed template. A call
that they do not allow fails with ``AccessDeniedException``, as on AWS. So does a call unknown to this module.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, NamedTuple, Self

from botocore.client import BaseClient
from botocore.exceptions import ClientError

LEADING_KEYS: Final = "dynamodb:LeadingKeys"
CONTEXT_KEYS: Final = "kms:EncryptionContextKeys"
_PARTITION: Final = "pk"
"""The partition key's attribute in the product's table."""
_KEY_CONDITION: Final = re.compile(r"\s*\w+\s*=\s*(:\w+)")
"""The first part of a query's condition: the partition key equals a value."""


class Need(NamedTuple):
    """A permission that a call needs.

    ``resource``: its ARN; None if the call does not name one. ``about``: the values of IAM's condition keys.
    """

    action: str
    resource: str | None
    about: Mapping[str, tuple[str, ...]] = {}


_OF_A_TRANSACTION: Final = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_ON_AN_OBJECT: Final = {
    "GetObject": "s3:GetObject",
    "HeadObject": "s3:GetObject",
    "PutObject": "s3:PutObject",
    "DeleteObject": "s3:DeleteObject",
    "GetObjectRetention": "s3:GetObjectRetention",
    "CreateMultipartUpload": "s3:PutObject",
    "UploadPart": "s3:PutObject",
    "CompleteMultipartUpload": "s3:PutObject",
    "AbortMultipartUpload": "s3:AbortMultipartUpload",
}
_ON_A_BUCKET: Final = {
    "ListObjectsV2": "s3:ListBucket",
    "HeadBucket": "s3:ListBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
}
# The parameter that contains the ARN of the call's resource.
_NAMED_BY: Final = {
    ("sns", "Publish"): "TopicArn",
    ("states", "StartExecution"): "stateMachineArn",
    ("states", "ListExecutions"): "stateMachineArn",
    ("states", "DescribeExecution"): "executionArn",
}
_OF_NO_RESOURCE: Final = {("states", "SendTaskSuccess"), ("states", "SendTaskFailure")}


class UnknownCall(Exception):
    """A call whose actions and resources this module does not know."""


class UnknownCondition(Exception):
    """An operator of a policy's condition that this module does not know."""


@dataclass(frozen=True, slots=True)
class Account:
    region: str
    number: str

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.number}:{resource}"


@dataclass(frozen=True, slots=True)
class Grants:
    """The statements of a role's policies."""

    statements: tuple[Mapping[str, Any], ...]

    @classmethod
    def of_documents(cls, documents: Sequence[Mapping[str, Any]]) -> Self:
        statements = (_listed(document["Statement"]) for document in documents)
        return cls(tuple(statement for several in statements for statement in several))

    def allow(self, need: Need) -> bool:
        """Decides like IAM: a denial prevails, and whatever is not allowed is denied."""
        matching = [statement for statement in self.statements if applies(statement, need)]
        return any(statement["Effect"] == "Allow" for statement in matching) and not any(
            statement["Effect"] == "Deny" for statement in matching
        )


def applies(statement: Mapping[str, Any], need: Need) -> bool:
    """Whether the statement is about this action, resource and circumstances."""
    arn = need.resource
    does = any(fnmatchcase(need.action.lower(), each.lower()) for each in _listed(statement["Action"]))
    on = arn is None or any(fnmatchcase(arn, each) for each in _listed(statement["Resource"]))
    return does and on and _hold(statement.get("Condition", {}), need.about)


def _hold(conditions: Mapping[str, Any], about: Mapping[str, tuple[str, ...]]) -> bool:
    """Whether all conditions hold. A key that the call lacks fulfils only ``ForAllValues``, as in IAM."""
    return all(
        _holds(operator, about.get(key, ()), _listed(wanted))
        for operator, tests in conditions.items()
        for key, wanted in tests.items()
    )


def _holds(operator: str, values: Sequence[str], wanted: Sequence[str]) -> bool:
    quantifier, _, comparison = operator.rpartition(":")
    if comparison not in ("StringEquals", "StringLike") or quantifier not in ("", "ForAllValues"):
        raise UnknownCondition(operator)
    each = (_fits(comparison, value, wanted) for value in values)
    return all(each) if quantifier else any(each)


def _fits(comparison: str, value: str, wanted: Sequence[str]) -> bool:
    return value in wanted if comparison == "StringEquals" else any(fnmatchcase(value, w) for w in wanted)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def needs(service: str, operation: str, parameters: Mapping[str, Any], account: Account) -> list[Need]:
    """The permissions that a call needs. ``service`` is IAM's name, e.g. ``states``. Raises UnknownCall."""
    if service == "dynamodb":
        return list(_of_table_call(operation, parameters, account))
    if service == "s3":
        return list(_of_object_call(operation, parameters))
    if service == "kms":
        key = parameters.get("KeyId")
        if key is not None and not key.startswith("arn:"):
            key = account.arn("kms", f"key/{key}")
        return [Need(f"kms:{operation}", key, _circumstances(parameters.get("EncryptionContext", {})))]
    if service == "cognito-idp":
        pool = account.arn(service, f"userpool/{parameters['UserPoolId']}")
        return [Need(f"cognito-idp:{operation}", pool)]
    if (service, operation) == ("ses", "SendEmail"):
        return list(_of_mail(parameters, account))
    if (service, operation) in _NAMED_BY:
        return [Need(f"{service}:{operation}", parameters[_NAMED_BY[service, operation]])]
    if (service, operation) in _OF_NO_RESOURCE:
        return [Need(f"{service}:{operation}", None)]
    raise UnknownCall(f"{service}:{operation}")


def _of_table_call(operation: str, parameters: Mapping[str, Any], account: Account) -> Iterator[Need]:
    def table(name: str) -> str:
        return name if name.startswith("arn:") else account.arn("dynamodb", f"table/{name}")

    if operation in ("TransactWriteItems", "TransactGetItems"):
        # AWS checks each part as if it were a call of its own.
        for item in parameters["TransactItems"]:
            for kind, part in item.items():
                action = f"dynamodb:{_OF_A_TRANSACTION[kind]}"
                yield Need(action, table(part["TableName"]), _leading([_partition(part)]))
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        for name, asked in parameters["RequestItems"].items():
            yield Need(f"dynamodb:{operation}", table(name), _leading(_of_batch(asked)))
    else:
        index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
        named = [] if operation == "Scan" else [_partition(parameters)]
        yield Need(f"dynamodb:{operation}", table(parameters["TableName"]) + index, _leading(named))


def _of_batch(asked: Any) -> list[str]:
    if isinstance(asked, Mapping):
        return [_partition({"Key": key}) for key in asked["Keys"]]
    return [_partition(part) for request in asked for part in request.values()]


def _partition(part: Mapping[str, Any]) -> str:
    """The partition key that a call, or a part of one, names."""
    if "KeyConditionExpression" in part:
        found = _KEY_CONDITION.match(part["KeyConditionExpression"])
        value = part["ExpressionAttributeValues"].get(found[1]) if found else None
    else:
        value = (part.get("Key") or part.get("Item") or {}).get(_PARTITION)
    if isinstance(value, Mapping):  # a client of its own, whose values carry their types
        value = value.get("S")
    if not isinstance(value, str):
        raise UnknownCall("dynamodb: a call without a partition key")
    return value


def _leading(partitions: list[str]) -> dict[str, tuple[str, ...]]:
    return {LEADING_KEYS: tuple(partitions)} if partitions else {}


def _circumstances(context: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """IAM's condition keys for a KMS encryption context."""
    named = {f"kms:EncryptionContext:{key}": (value,) for key, value in context.items()}
    return {CONTEXT_KEYS: tuple(context), **named} if context else {}


def _of_object_call(operation: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    bucket = f"arn:aws:s3:::{parameters['Bucket']}"
    if operation in _ON_A_BUCKET:
        yield Need(_ON_A_BUCKET[operation], bucket)
        return
    if operation not in _ON_AN_OBJECT:
        raise UnknownCall(f"s3:{operation}")
    of_version = "Version" if "VersionId" in parameters and operation != "PutObject" else ""
    yield Need(_ON_AN_OBJECT[operation] + of_version, f"{bucket}/{parameters['Key']}")
    if "ObjectLockMode" in parameters:
        yield Need("s3:PutObjectRetention", f"{bucket}/{parameters['Key']}")


def _of_mail(parameters: Mapping[str, Any], account: Account) -> Iterator[Need]:
    action = "ses:SendRawEmail" if "Raw" in parameters["Content"] else "ses:SendEmail"
    sender = parameters["FromEmailAddress"].rpartition("<")[2].rstrip(">")
    yield Need(action, account.arn("ses", f"identity/{sender}"))
    if "ConfigurationSetName" in parameters:
        yield Need(action, account.arn("ses", f"configuration-set/{parameters['ConfigurationSetName']}"))


def enforce_role(role: str) -> None:
    """Restrict this process to its role, given as ``{"account": …, "policies": [document, …]}``."""
    given = json.loads(role)
    grants, number = Grants.of_documents(given["policies"]), given["account"]
    sdk: Any = BaseClient  # untyped, because the method that every call passes through is private
    call = sdk._make_api_call

    def check_first(self: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
        meta = self.meta
        service = meta.service_model.signing_name
        try:
            wanted = needs(service, operation, parameters, Account(meta.region_name, number))
        except UnknownCall as error:
            raise _denied(operation, f"{error}, which local/cloud/permissions.py does not know") from error
        for need in wanted:
            if not grants.allow(need):
                raise _denied(operation, _described(need))
        return call(self, operation, parameters)

    sdk._make_api_call = check_first


def _described(need: Need) -> str:
    said = "".join(f" with {key} {', '.join(values)}" for key, values in need.about.items())
    return f"{need.action} on {need.resource}{said}"


def _denied(operation: str, what: str) -> ClientError:
    message = f"the function's role does not allow {what}"
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, operation)
