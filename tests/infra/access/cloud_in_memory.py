"""The deployed stack on moto: every handler runs with its own environment, and its calls are recorded."""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import boto3
import pytest
from botocore.client import BaseClient
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from local.cloud.permissions import Account, Grants, Need, needs
from shared.runtime import clock
from tests.contract.conftest import REGION, make_table
from tests.infra.conftest import Template

ACCOUNT: Final = Account(REGION, DEFAULT_ACCOUNT_ID)
CONTEXT: Final[Any] = SimpleNamespace(
    function_name="test",
    memory_limit_in_mb=128,
    invoked_function_arn=ACCOUNT.arn("lambda", "function:test"),
    aws_request_id="request-1",
    get_remaining_time_in_millis=lambda: 100_000,
)
_SENDER: Final = "plumbline@example.com"
_PSEUDO: Final = {
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::AccountId": DEFAULT_ACCOUNT_ID,
    "AWS::URLSuffix": "amazonaws.com",
}


class CloudInMemory:
    """``calls``: what each function's calls needed, by the function's name.

    ``settings`` replace environment variables of the template.
    """

    def __init__(
        self, template: Template, monkeypatch: pytest.MonkeyPatch, settings: Mapping[str, str]
    ) -> None:
        self._settings = settings
        self._template = template
        self._monkeypatch = monkeypatch
        self.calls: defaultdict[str, list[Need]] = defaultdict(list)
        self._running: str | None = None
        self._started: dict[str, ModuleType] = {}
        self._ahead = 0.0
        monkeypatch.setattr(clock, "time", SimpleNamespace(time=lambda: time.time() + self._ahead))
        self._record_calls()
        [self.table] = template.all("DynamoDB::Table")
        self.subject_key = self._only("KMS::Key", "SubjectKey")
        self._physical = self._create()
        self.functions = {
            name.partition("Function")[0]: resource["Properties"]
            for name, resource in template.all("Lambda::Function").items()
        }

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self._ahead, UTC)

    def pass_time(self, **passed: float) -> None:
        self._ahead += timedelta(**passed).total_seconds()

    def call(self, name: str, event: Mapping[str, Any]) -> Any:
        """Call a function as AWS would, with its environment from the template."""
        module = import_module(self.functions[name]["Handler"].removesuffix(".handle"))
        variables = self.functions[name]["Environment"]["Variables"]
        with self._monkeypatch.context() as environment:
            for variable, value in variables.items():
                environment.setenv(variable, self._settings.get(variable) or self.resolved(value))
            if name not in self._started:
                module._dependencies.cache_clear()
                self._started[name] = module
            self._running = name
            try:
                return module.handle(dict(event), CONTEXT)
            finally:
                self._running = None

    def stop(self) -> None:
        """Forget the clients that the handlers keep."""
        for module in self._started.values():
            module._dependencies.cache_clear()

    def grants(self, name: str) -> Grants:
        """The policies of the function's role, as CloudFormation would resolve them."""
        statements = [
            self.resolved(statement)
            for policy, statement in self._template.statements()
            if policy.startswith(f"{name}Role")
        ]
        return Grants(tuple(statements))

    @contextmanager
    def changed(self, module: object, name: str, value: object) -> Iterator[None]:
        with self._monkeypatch.context() as change:
            change.setattr(module, name, value)
            yield

    def mails(self) -> list[str]:
        """Every sent mail as it went out, oldest first."""
        return [str(mail.raw_data) for mail in ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages]

    def account_of(self, person: str, group: str) -> str:
        """Create an account for the person in a group of the user pool. Returns its subject."""
        cognito, pool = boto3.client("cognito-idp"), self._physical[self._only("Cognito::UserPool", "")]
        if not cognito.list_groups(UserPoolId=pool)["Groups"]:
            cognito.create_group(UserPoolId=pool, GroupName=group)
        attributes = cognito.admin_create_user(
            UserPoolId=pool,
            Username=person,
            UserAttributes=[{"Name": "custom:person_id", "Value": person}],
        )["User"]["Attributes"]
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=person, GroupName=group)
        return next(each["Value"] for each in attributes if each["Name"] == "sub")

    def bucket(self, name: str) -> str:
        return self._physical[self._only("S3::Bucket", name)]

    def resolved(self, value: Any) -> Any:
        """A value of the template with the names of the resources here."""
        match value:
            case {"Ref": name}:
                return _PSEUDO.get(name) or self._physical.get(name, name)
            case {"Fn::GetAtt": [name, _]}:
                return self._arn(name)
            case {"Fn::Join": [between, parts]}:
                return between.join(self.resolved(part) for part in parts)
            case dict():
                return {key: self.resolved(each) for key, each in value.items()}
            case list():
                return [self.resolved(each) for each in value]
        return value

    def _arn(self, name: str) -> str:
        kind = self._template.body["Resources"][name]["Type"].removeprefix("AWS::")
        here = self._physical.get(name, name)
        forms = {
            "S3::Bucket": f"arn:aws:s3:::{here}",
            "DynamoDB::Table": ACCOUNT.arn("dynamodb", f"table/{here}"),
            "KMS::Key": ACCOUNT.arn("kms", f"key/{here}"),
            "Cognito::UserPool": ACCOUNT.arn("cognito-idp", f"userpool/{here}"),
        }
        return forms.get(kind, f"arn:aws:{kind}:{here}")

    def _create(self) -> dict[str, str]:
        """Create what the functions use. Returns the physical names by logical id."""
        s3, kms = boto3.client("s3"), boto3.client("kms")
        names: dict[str, str] = {}
        for name, properties in self._template.all("S3::Bucket").items():
            names[name] = name.lower()
            s3.create_bucket(
                Bucket=names[name],
                CreateBucketConfiguration={"LocationConstraint": REGION},
                ObjectLockEnabledForBucket="ObjectLockEnabled" in properties["Properties"],
            )
            s3.put_bucket_versioning(Bucket=names[name], VersioningConfiguration={"Status": "Enabled"})
        s3.create_bucket(
            Bucket="anchors-elsewhere",
            CreateBucketConfiguration={"LocationConstraint": REGION},
            ObjectLockEnabledForBucket=True,
        )
        for name, key in self._template.all("KMS::Key").items():
            use = key["Properties"].get("KeyUsage", "ENCRYPT_DECRYPT")
            spec = key["Properties"].get("KeySpec", "SYMMETRIC_DEFAULT")
            names[name] = kms.create_key(KeyUsage=use, KeySpec=spec)["KeyMetadata"]["KeyId"]
        names[self.table] = make_table("Cases").name
        for name in self._template.all("SNS::Topic"):
            names[name] = boto3.client("sns").create_topic(Name=name)["TopicArn"]
        for machine in self._template.properties("StepFunctions::StateMachine"):
            boto3.client("stepfunctions").create_state_machine(
                name=machine["StateMachineName"],
                roleArn=f"arn:aws:iam::{DEFAULT_ACCOUNT_ID}:role/any",
                definition='{"StartAt": "Go", "States": {"Go": {"Type": "Pass", "End": true}}}',
            )
        cognito = boto3.client("cognito-idp")
        for name in self._template.all("Cognito::UserPool"):
            names[name] = cognito.create_user_pool(
                PoolName=name, Schema=[{"Name": "person_id", "AttributeDataType": "String"}]
            )["UserPool"]["Id"]
        boto3.client("sesv2").create_email_identity(EmailIdentity=_SENDER)
        return names

    def _record_calls(self) -> None:
        sdk: Any = BaseClient  # untyped, because the method that every call passes through is private
        call = sdk._make_api_call

        def record(client: Any, operation: str, parameters: Mapping[str, Any]) -> Any:
            if self._running is not None:
                service = client.meta.service_model.signing_name
                self.calls[self._running] += needs(service, operation, parameters, ACCOUNT)
                if operation == "SendTaskSuccess":  # moto has no task tokens
                    return {}
            return call(client, operation, parameters)

        self._monkeypatch.setattr(sdk, "_make_api_call", record)

    def _only(self, kind: str, part: str) -> str:
        [found] = [name for name in self._template.all(kind) if part in name]
        return found


@contextmanager
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Credentials that open nothing."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    yield
