"""Enforces a function's role inside the function's process, because the engine does not implement IAM.

Each call of the AWS SDK is checked against the role's inline policies from the deployed template. A call
that they do not allow fails with ``AccessDeniedException``, as on AWS. So does a call unknown to this module.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Final, Self

from botocore.client import BaseClient
from botocore.exceptions import ClientError

Need = tuple[str, str | None]
"""An action and the ARN of its resource; None if the call does not name the resource."""

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
        """Decides like IAM: a denial prevails, and whatever is not allowed is denied.

        A conditional statement allows nothing here. All our conditions concern calls that a service makes on
        behalf of the function, never the function's own calls.
        """
        matching = [statement for statement in self.statements if _matches(statement, need)]
        return any(
            statement["Effect"] == "Allow" and "Condition" not in statement for statement in matching
        ) and not any(statement["Effect"] == "Deny" for statement in matching)


def _matches(statement: Mapping[str, Any], need: Need) -> bool:
    action, arn = need
    does = any(fnmatchcase(action.lower(), each.lower()) for each in _listed(statement["Action"]))
    return does and (arn is None or any(fnmatchcase(arn, each) for each in _listed(statement["Resource"])))


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
        return [(f"kms:{operation}", key)]
    if service == "cognito-idp":
        return [(f"cognito-idp:{operation}", account.arn(service, f"userpool/{parameters['UserPoolId']}"))]
    if (service, operation) == ("ses", "SendEmail"):
        return list(_of_mail(parameters, account))
    if (service, operation) in _NAMED_BY:
        return [(f"{service}:{operation}", parameters[_NAMED_BY[service, operation]])]
    if (service, operation) in _OF_NO_RESOURCE:
        return [(f"{service}:{operation}", None)]
    raise UnknownCall(f"{service}:{operation}")


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
        raise UnknownCall(f"s3:{operation}")
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
                raise _denied(operation, f"{need[0]} on {need[1]}")
        return call(self, operation, parameters)

    sdk._make_api_call = check_first


def _denied(operation: str, what: str) -> ClientError:
    message = f"the function's role does not allow {what}"
    return ClientError({"Error": {"Code": "AccessDeniedException", "Message": message}}, operation)
