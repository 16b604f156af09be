"""What a function's role lets it do, heeded in the function's own process: the engine itself knows no IAM.

Before each call of the AWS SDK the role's inline policies are asked, as they stand in the deployed template.
A call that they do not allow fails with ``AccessDeniedException``, as it would on AWS; so does one that this
module has not learnt to judge.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, Self

from botocore.client import BaseClient
from botocore.exceptions import ClientError

Need = tuple[str, str | None]
"""An action and the ARN that it is done to; no ARN where the call does not tell."""

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
# Where the resource of a call stands in its parameters, already as an ARN.
_NAMED_BY: Final = {
    ("sns", "Publish"): "TopicArn",
    ("states", "StartExecution"): "stateMachineArn",
    ("states", "ListExecutions"): "stateMachineArn",
    ("states", "DescribeExecution"): "executionArn",
}
_OF_NO_RESOURCE: Final = {("states", "SendTaskSuccess"), ("states", "SendTaskFailure")}


class Unjudged(Exception):
    """A call whose actions and resources this module does not know."""


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
        """As IAM decides: a denial counts most, and what nothing allows is denied.

        A conditional statement allows nothing here: all our conditions speak of calls that a service makes
        in the function's name, never of the function's own.
        """
        matching = [statement for statement in self.statements if _speaks_of(statement, need)]
        return any(
            statement["Effect"] == "Allow" and "Condition" not in statement for statement in matching
        ) and not any(statement["Effect"] == "Deny" for statement in matching)


def _speaks_of(statement: Mapping[str, Any], need: Need) -> bool:
    action, arn = need
    does = any(fnmatchcase(action.lower(), each.lower()) for each in _listed(statement["Action"]))
    return does and (arn is None or any(fnmatchcase(arn, each) for each in _listed(statement["Resource"])))


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def needs(service: str, operation: str, parameters: Mapping[str, Any], account: Account) -> list[Need]:
    """What a call needs to be allowed; ``service`` is IAM's name, such as ``states``. Raises Unjudged."""
    if service == "dynamodb":
        return list(_of_table_call(operation, parameters, account))
    if service == "s3":
        return list(_of_object_call(operation, parameters))
    if service == "kms":
        key = parameters.get("KeyId")
        if key is not None and not key.startswith("arn:"):
            key = account.arn("kms", f"key/{key}")
        return [(f"kms:{operation}", key)]
    if (service, operation) == ("ses", "SendEmail"):
        return list(_of_mail(parameters, account))
    if (service, operation) in _NAMED_BY:
        return [(f"{service}:{operation}", parameters[_NAMED_BY[service, operation]])]
    if (service, operation) in _OF_NO_RESOURCE:
        return [(f"{service}:{operation}", None)]
    raise Unjudged(f"{service}:{operation}")


def _of_table_call(operation: str, parameters: Mapping[str, Any], account: Account) -> Iterator[Need]:
    def table(name: str) -> str:
        return name if name.startswith("arn:") else account.arn("dynamodb", f"table/{name}")

    if operation in ("TransactWriteItems", "TransactGetItems"):
        for item in parameters["TransactItems"]:
            for kind, part in item.items():
                yield f"dynamodb:{_OF_A_TRANSACTION[kind]}", table(part["TableName"])
    elif operation in ("BatchGetItem", "BatchWriteItem"):
        for name in parameters["RequestItems"]:
            yield f"dynamodb:{operation}", table(name)
    else:
        index = f"/index/{parameters['IndexName']}" if "IndexName" in parameters else ""
        yield f"dynamodb:{operation}", table(parameters["TableName"]) + index


def _of_object_call(operation: str, parameters: Mapping[str, Any]) -> Iterator[Need]:
    bucket = f"arn:aws:s3:::{parameters['Bucket']}"
    if operation in _ON_A_BUCKET:
        yield _ON_A_BUCKET[operation], bucket
        return
    if operation not in _ON_AN_OBJECT:
        raise Unjudged(f"s3:{operation}")
    of_version = "Version" if "VersionId" in parameters and operation != "PutObject" else ""
    yield _ON_AN_OBJECT[operation] + of_version, f"{bucket}/{parameters['Key']}"
    if "ObjectLockMode" in parameters:
        yield "s3:PutObjectRetention", f"{bucket}/{parameters['Key']}"


def _of_mail(parameters: Mapping[str, Any], account: Account) -> Iterator[Need]:
    action = "ses:SendRawEmail" if "Raw" in parameters["Content"] else "ses:SendEmail"
    sender = parameters["FromEmailAddress"].rpartition("<")[2].rstrip(">")
    yield action, account.arn("ses", f"identity/{sender}")
    if "ConfigurationSetName" in parameters:
        yield action, account.arn("ses", f"configuration-set/{parameters['ConfigurationSetName']}")


def heed(role: str) -> None:
    """Let this process do what its role allows and no more: ``{"account": …, "policies": [document, …]}``."""
    given = json.loads(role)
    grants, number = Grants.of_documents(given["policies"]), given["account"]
    sdk: Any = BaseClient  # untyped: where every call of the SDK passes is not its public face
    call = sdk._make_api_call

    def ask_first(self: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
        meta = self.meta
        service = meta.service_model.signing_name
        try:
            wanted = needs(service, operation, parameters, Account(meta.region_name, number))
        except Unjudged as error:
            raise _denied(operation, f"{error}, which local/cloud/permissions.py cannot judge") from error
        for need in wanted:
            if not grants.allow(need):
                raise _denied(operation, f"{need[0]} on {need[1]}")
        return call(self, operation, parameters)

    sdk._make_api_call = ask_first


def _denied(operation: str, what: str) -> ClientError:
    message = f"the function's role does not allow {what}"
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, operation)
