"""Helpers that create functions, workflows, tables and mails on an engine in one line each."""

import io
import json
import textwrap
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from typing import Any

import boto3
from botocore.config import Config

from local.cloud.engine import ACCOUNT, DIRECT, REGION, Engine

ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
PAGE = "https://hr.example.com"
Json = dict[str, Any]
API_WITH_CORS: Json = {
    "Api": {
        "Type": "AWS::ApiGatewayV2::Api",
        "Properties": {
            "Name": "api",
            "ProtocolType": "HTTP",
            "CorsConfiguration": {"AllowOrigins": [PAGE], "AllowMethods": ["GET"]},
        },
    },
    "Stage": {
        "Type": "AWS::ApiGatewayV2::Stage",
        "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
    },
}
LOCKED_BUCKET: Json = {
    "Bucket": {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "ObjectLockEnabled": True,
            "VersioningConfiguration": {"Status": "Enabled"},
        },
    }
}
ALARM_WITH_MATHEMATICS: Json = {
    "Alarm": {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "ComparisonOperator": "GreaterThanThreshold",
            "EvaluationPeriods": 1,
            "Threshold": 1,
            "Metrics": [{"Id": "sum", "Expression": "1 + 1"}],
        },
    }
}


SCANS = 'return boto3.client("dynamodb").scan(TableName=event)["Count"]'
GETS = """
found = boto3.client("dynamodb").get_item(TableName="partitions", Key={"pk": {"S": event}})
return found.get("Item", "nothing")
"""
RINGS = """
import os
boto3.client("dynamodb").put_item(TableName=event["table"], Item={"pk": {"S": os.environ["CLOCK_ORIGIN"]}})
"""
ANYTHING: Json = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def make_role(engine: Engine, *statements: Json) -> str:
    """Create or change the role of all functions created after this call."""
    iam = engine.client("iam")
    with suppress(iam.exceptions.EntityAlreadyExistsException):
        iam.create_role(RoleName="any", AssumeRolePolicyDocument="{}")
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    iam.put_role_policy(RoleName="any", PolicyName="may", PolicyDocument=document)
    return ROLE


def make_function(
    engine: Engine, name: str, body: str, may: Json = ANYTHING, variables: dict[str, str] | None = None
) -> str:
    """Create a Lambda whose handler has this body, with its argument ``event`` and an error ``Boom``."""
    source = "import boto3, time\nclass Boom(Exception):\n    pass\ndef handle(event, context):\n"
    source += textwrap.indent(textwrap.dedent(body), "    ")
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as bundle:
        bundle.writestr("f.py", source)
    functions = engine.client("lambda")
    made = functions.create_function(
        FunctionName=name, Runtime="python3.13", Handler="f.handle", Role=make_role(engine, may), Timeout=20,
        Code={"ZipFile": archive.getvalue()}, Environment={"Variables": variables or {}},
    )  # fmt: skip
    functions.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})
    return str(made["FunctionArn"])


def call(engine: Engine, name: str, event: object) -> Any:
    reply = engine.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event))
    return json.loads(reply["Payload"].read())


def seconds_to_end(engine: Engine) -> float:
    """How long an engine takes to stop while a function still has about 17 seconds to run."""
    make_function(engine, "slow-to-end", "time.sleep(19)")
    with ThreadPoolExecutor() as pool:
        interrupted = pool.submit(call, engine, "slow-to-end", {})
        time.sleep(2)
        began = time.monotonic()
        engine.stop()
        took = time.monotonic() - began
        interrupted.exception()
    return took


def start(engine: Engine, name: str, state: Json, event: object) -> str:
    """Start a workflow with this one state, which also ends after a caught error. Returns the execution."""
    flows = engine.client("stepfunctions")
    definition = {
        "StartAt": "One",
        "States": {"One": state | {"End": True}, "Caught": {"Type": "Pass", "End": True}},
    }
    made = flows.create_state_machine(name=name, roleArn=ROLE, definition=json.dumps(definition))
    started = flows.start_execution(stateMachineArn=made["stateMachineArn"], input=json.dumps(event))
    return str(started["executionArn"])


def outcome(engine: Engine, execution: str, seconds: float) -> Json:
    """The description of an execution after it has ended, or after this many seconds."""
    flows = engine.client("stepfunctions")
    deadline = time.monotonic() + seconds
    while True:
        found: Json = flows.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING" or time.monotonic() > deadline:
            return found
        time.sleep(0.1)


def ask(function: str, **more: object) -> Json:
    """A task that passes its token to a function and waits for a callback."""
    return {
        "Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": function, "Payload": {"token.$": "$$.Task.Token"}},
        "Catch": [{"ErrorEquals": ["Boom", "States.Timeout"], "ResultPath": "$.error", "Next": "Caught"}],
    } | more  # fmt: skip


def make_table(engine: Engine, name: str) -> str:
    """Create a table with one string key and a stream. Returns the stream's ARN."""
    made = engine.client("dynamodb").create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )  # fmt: skip
    return str(made["TableDescription"]["LatestStreamArn"])


def put(engine: Engine, table: str, key: str) -> None:
    engine.client("dynamodb").put_item(TableName=table, Item={"pk": {"S": key}})


def keys(engine: Engine, table: str) -> set[str]:
    return {item["pk"]["S"] for item in engine.client("dynamodb").scan(TableName=table)["Items"]}


def send_mail(engine: Engine) -> None:
    mail = engine.client("sesv2")
    mail.create_email_identity(EmailIdentity="from@example.com")
    mail.send_email(
        FromEmailAddress="from@example.com", Destination={"ToAddresses": ["to@example.com"]},
        Content={"Raw": {"Data": b"From: from@example.com\nSubject: A question\n\nText.\n"}},
    )  # fmt: skip


def make_stack(engine: Engine, name: str, resources: Json) -> str:
    """Create a stack directly with CloudFormation. Returns its final status."""
    stacks = engine.client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=json.dumps({"Resources": resources}))
    soon(lambda: not _stack(engine, name).endswith("IN_PROGRESS"))
    return _stack(engine, name)


def _stack(engine: Engine, name: str) -> str:
    return str(engine.client("cloudformation").describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def physical_id(engine: Engine, stack: str, logical_id: str) -> str:
    found = engine.client("cloudformation").describe_stack_resource(
        StackName=stack, LogicalResourceId=logical_id
    )
    return str(found["StackResourceDetail"]["PhysicalResourceId"])


def preflight(engine: Engine, api_id: str) -> int:
    """Send a browser's preflight request from the origin in the template. Returns the status."""
    request = urllib.request.Request(
        f"{engine.endpoint}/_aws/execute-api/{api_id}/$default/any",
        method="OPTIONS",
        headers={"Origin": PAGE, "Access-Control-Request-Method": "GET"},
    )
    with DIRECT.open(request, timeout=10) as reply:
        return int(reply.status)


def lock_an_object(engine: Engine, until: datetime) -> None:
    s3 = engine.client("s3")
    s3.create_bucket(
        Bucket="locked", ObjectLockEnabledForBucket=True,
        CreateBucketConfiguration={"LocationConstraint": REGION},
    )  # fmt: skip
    s3.put_object(
        Bucket="locked", Key="kept", Body=b"1", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until
    )


def part_of_a_version(engine: Engine) -> bytes:
    """The response to a request for the second and third byte of the first of two versions."""
    s3 = engine.client("s3")
    s3.create_bucket(Bucket="versions", CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket="versions", Key="kept", Body=b"first")["VersionId"]
    s3.put_object(Bucket="versions", Key="kept", Body=b"second")
    found = s3.get_object(Bucket="versions", Key="kept", VersionId=first, Range="bytes=1-2")
    return bytes(found["Body"].read())


def echo_a_stream(engine: Engine) -> None:
    """Create a function that copies items from the stream of table "source" to table "echo"."""
    stream = make_table(engine, "source")
    make_table(engine, "echo")
    copy = "for record in event['Records']:\n    boto3.client('dynamodb').put_item("
    make_function(engine, "copies", copy + "TableName='echo', Item=record['dynamodb']['NewImage'])")
    engine.client("lambda").create_event_source_mapping(
        FunctionName="copies", EventSourceArn=stream, StartingPosition="TRIM_HORIZON", BatchSize=10
    )


def ring_every_hour(engine: Engine, name: str, table: str, variables: dict[str, str]) -> None:
    """Create a function that writes its clock's origin to the table, and call it by an hourly schedule."""
    function = make_function(engine, name, RINGS, variables=variables)
    events = engine.client("events")
    events.put_rule(Name=name, ScheduleExpression="rate(1 hour)")
    events.put_targets(
        Rule=name, Targets=[{"Id": "1", "Arn": function, "Input": json.dumps({"table": table})}]
    )


def status_for(engine: Engine, **headers: str) -> int:
    """The status of a request to the engine with these headers."""
    request = urllib.request.Request(f"{engine.endpoint}/_ministack/health", headers=headers)
    try:
        with DIRECT.open(request, timeout=10) as reply:
            return int(reply.status)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code


def refusals(engine: Engine, function: str, calls: int) -> int:
    """How many of this many simultaneous calls are refused for too many requests."""

    def is_refused(_: int) -> bool:
        client = boto3.client(
            "lambda", endpoint_url=engine.endpoint, region_name=REGION, aws_access_key_id=ACCOUNT,
            aws_secret_access_key="local", config=Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip
        try:
            client.invoke(FunctionName=function)
        except client.exceptions.TooManyRequestsException:
            return True
        return False

    with ThreadPoolExecutor(calls) as callers:
        return sum(callers.map(is_refused, range(calls)))


def soon(is_so: Callable[[], bool], seconds: float = 10.0) -> bool:
    """Whether the condition becomes true within this many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_so():
            return True
        time.sleep(0.1)
    return is_so()
