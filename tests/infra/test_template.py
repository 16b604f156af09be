"""The template: stored data is encrypted and outlives the stack, and failures raise alarms."""

import json
import re
from typing import Any

import pytest

from shared.aws import keys
from shared.domain import paths
from shared.domain.identifiers import Subject
from shared.runtime import settings as environment
from tests.infra.conftest import Template

FUNCTIONS: dict[str, type[environment.Settings]] = {
    "Ingest": environment.IngestSettings,
    "Sweep": environment.SweepSettings,
    "Plan": environment.PlanSettings,
    "Shard": environment.FilesSettings,
    "Open": environment.FilesSettings,
    "Case": environment.FilesSettings,
    "Reconcile": environment.ReconcileSettings,
    "Relay": environment.RelaySettings,
    "Respond": environment.RespondSettings,
    "Feedback": environment.Settings,
    "Seal": environment.LedgerSettings,
    "Anchor": environment.AnchorSettings,
    "Query": environment.QuerySettings,
}
STATEFUL = {"S3::Bucket", "DynamoDB::Table", "KMS::Key", "Cognito::UserPool", "Cognito::UserPoolClient"}
OUTPUTS = {
    "ExportsBucket", "LedgerBucket", "FactsBucket", "Table", "ApiUrl", "UserPoolId", "UserPoolClientId",
    "EvaluationStateMachine", "CaseStateMachine", "TopicArn",
}  # fmt: skip


def test_the_stack_has_these_outputs(template: Template, laptop: Template) -> None:
    assert set(template.body["Outputs"]) == OUTPUTS == set(laptop.body["Outputs"])


@pytest.mark.parametrize(("name", "model"), FUNCTIONS.items())
def test_every_function_gets_the_environment_variables_that_it_reads(
    template: Template, name: str, model: type[environment.Settings]
) -> None:
    asked = {str(field.alias) for field in model.model_fields.values()}
    assert asked <= set(template.function(name)["Environment"]["Variables"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_its_own_kept_log_and_is_traced(template: Template, name: str) -> None:
    function = template.function(name)
    group = function["LoggingConfig"]["LogGroup"]["Ref"]
    assert group.startswith(f"{name}Logs")
    assert template.body["Resources"][group]["Properties"]["RetentionInDays"] == 90
    assert function["TracingConfig"] == {"Mode": "Active"}
    assert function["Runtime"] == "python3.13"
    assert function["Architectures"] == ["arm64"]


def test_functions_of_one_folder_share_one_bundle(template: Template) -> None:
    def bundle(name: str) -> str:
        return json.dumps(template.function(name)["Code"]["S3Key"])

    assert bundle("Plan") == bundle("Shard") == bundle("Case")
    assert len({bundle(name) for name in ("Ingest", "Plan", "Relay", "Seal")}) == 4


def test_the_ledger_cannot_be_changed_by_anybody(template: Template) -> None:
    bucket = template.only("S3::Bucket", "LedgerBucket")
    assert bucket["ObjectLockEnabled"] is True
    rule = bucket["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert rule == {"Mode": "COMPLIANCE", "Days": 2557}
    assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}


def test_a_deployment_never_replaces_what_holds_data(template: Template) -> None:
    """A changed logical id makes CloudFormation create an empty resource and abandon the old one."""
    held = {
        name: resource["Type"].removeprefix("AWS::")
        for name, resource in template.body["Resources"].items()
        if resource["Type"].removeprefix("AWS::") in STATEFUL
    }
    assert held == {
        "ApiUsers862F2BE7": "Cognito::UserPool",
        "ApiUsersConsole57C8A92B": "Cognito::UserPoolClient",
        "LedgerBucketE8D6A000": "S3::Bucket",
        "LedgerSigningKey8DA431AD": "KMS::Key",
        "StorageAccessLogs96FB524C": "S3::Bucket",
        "StorageDataKeyE15BA43B": "KMS::Key",
        "StorageExports62CF1092": "S3::Bucket",
        "StorageFacts4576462A": "S3::Bucket",
        "StorageSubjectKeyBE9FB6D2": "KMS::Key",
        "StorageTableB43FDCE7": "DynamoDB::Table",
    }


def test_what_must_outlive_the_stack_does(template: Template) -> None:
    for kind in STATEFUL - {"Cognito::UserPoolClient"}:
        for name, resource in template.all(kind).items():
            assert resource["DeletionPolicy"] == "Retain", name
            assert resource["UpdateReplacePolicy"] == "Retain", name
    assert template.only("DynamoDB::Table")["DeletionProtectionEnabled"] is True


def test_every_bucket_is_private_encrypted_and_speaks_only_tls(template: Template) -> None:
    buckets = template.all("S3::Bucket")
    assert len(buckets) == 4
    for name, bucket in buckets.items():
        properties = bucket["Properties"]
        assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}, name
        assert "BucketEncryption" in properties, name
        if "AccessLogs" not in name:
            assert properties["VersioningConfiguration"] == {"Status": "Enabled"}, name
            assert "LoggingConfiguration" in properties, name
    assert json.dumps(template.properties("S3::BucketPolicy")).count("aws:SecureTransport") == 4


def test_a_dropped_export_sends_an_event(template: Template) -> None:
    exports = template.only("S3::Bucket", "StorageExports")
    assert exports["NotificationConfiguration"]["EventBridgeConfiguration"] == {"EventBridgeEnabled": True}
    pattern = template.only("Events::Rule", "ExportArrived")["EventPattern"]
    assert pattern["detail"]["object"]["key"] == [{"prefix": paths.INCOMING}]


def test_the_table_has_the_keys_and_indexes_that_the_code_uses(template: Template) -> None:
    table = template.only("DynamoDB::Table")
    indexes = {index["IndexName"]: index for index in table["GlobalSecondaryIndexes"]}
    assert set(indexes) == {keys.UNSEQUENCED_INDEX, keys.PENDING_INDEX, keys.LISTING_INDEX}
    for name, index in indexes.items():
        assert [key["AttributeName"] for key in index["KeySchema"]] == [f"{name}_pk", f"{name}_sk"]
        assert index["Projection"] == {"ProjectionType": "ALL"}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert table["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert table["SSESpecification"]["SSEEnabled"] is True


def test_only_new_events_and_effects_call_functions_by_the_stream(
    template: Template,
) -> None:
    def filters(function: str) -> list[dict[str, Any]]:
        mapping = template.only("Lambda::EventSourceMapping", f"{function}Doorbell")
        return [json.loads(each["Pattern"]) for each in mapping["FilterCriteria"]["Filters"]]

    event, effect = keys.chain_event(Subject("system"), 1), keys.outbox("n-1")
    [sealing] = filters("Seal")
    assert sealing["eventName"] == ["INSERT"]
    assert event[0].startswith(sealing["dynamodb"]["Keys"]["pk"]["S"][0]["prefix"])
    assert event[1].startswith(sealing["dynamodb"]["Keys"]["sk"]["S"][0]["prefix"])
    [effects] = [each for each in filters("Relay") if each != sealing]
    assert effect[0].startswith(effects["dynamodb"]["Keys"]["pk"]["S"][0]["prefix"])


def test_a_change_that_cannot_be_handled_becomes_a_dead_letter(template: Template) -> None:
    mappings = template.properties("Lambda::EventSourceMapping")
    assert len(mappings) == 2
    for mapping in mappings:
        assert mapping["BisectBatchOnFunctionError"] is True
        assert mapping["MaximumRetryAttempts"] == 8
        assert mapping["MaximumRecordAgeInSeconds"] == 3600
        assert mapping["StartingPosition"] == "TRIM_HORIZON"
        assert "UnheardChanges" in json.dumps(mapping["DestinationConfig"])
    alarms = json.dumps(template.properties("CloudWatch::Alarm"))
    assert alarms.count("ApproximateNumberOfMessagesVisible") == 2


def test_schedules_find_what_the_stream_missed(template: Template) -> None:
    schedules = {
        name.split("Schedule")[0]: rule["Properties"]["ScheduleExpression"]
        for name, rule in template.all("Events::Rule").items()
        if "Schedule" in name
    }
    assert schedules == {
        "Relay": "rate(1 minute)", "Seal": "rate(1 minute)", "Reconcile": "rate(5 minutes)",
        "Sweep": "rate(5 minutes)", "Anchor": "rate(1 hour)",
    }  # fmt: skip


def test_hr_gets_its_digest_each_working_day(template: Template) -> None:
    rule = template.only("Events::Rule", "WorkingDays")
    assert rule["ScheduleExpression"] == "cron(0 6 ? * MON-FRI *)"
    assert [json.loads(target["Input"]) for target in rule["Targets"]] == [{"task": "digest"}]


def test_checkpoints_are_signed_by_a_kms_key(template: Template) -> None:
    signing = template.only("KMS::Key", "SigningKey")
    assert (signing["KeySpec"], signing["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    assert template.only("KMS::Key", "SubjectKey")["EnableKeyRotation"] is True


def test_one_sealer_runs_at_a_time(template: Template) -> None:
    assert template.function("Seal")["ReservedConcurrentExecutions"] == 1


def test_bounces_and_complaints_reach_the_feedback_function(template: Template) -> None:
    destination = template.only("SES::ConfigurationSetEventDestination")["EventDestination"]
    assert set(destination["MatchingEventTypes"]) == {"delivery", "bounce", "complaint", "reject"}
    topic = destination["SnsDestination"]["TopicARN"]["Ref"]
    subscription = template.only("SNS::Subscription")
    assert subscription["TopicArn"] == {"Ref": topic}
    assert "FeedbackFunction" in json.dumps(subscription["Endpoint"])
    policy = json.dumps(template.properties("SNS::TopicPolicy"))
    assert "ses.amazonaws.com" in policy
    key = json.dumps(template.only("KMS::Key", "DataKey")["KeyPolicy"])
    assert "ses.amazonaws.com" in key


def test_topics_are_encrypted(template: Template) -> None:
    for topic in template.properties("SNS::Topic"):
        assert "KmsMasterKeyId" in topic


def test_each_alarm_describes_itself_and_notifies_the_operators(template: Template) -> None:
    alarms = template.properties("CloudWatch::Alarm")
    assert len(alarms) > 20
    for alarm in alarms:
        assert alarm["AlarmDescription"].endswith((".", "limit."))
        assert alarm["AlarmActions"]
    metrics = {alarm.get("MetricName") for alarm in alarms}
    assert {"SealLagSeconds", "SealBroken", "AnchorsFailed"} <= metrics
    assert {"ExecutionsFailed", "ExecutionsTimedOut", "Errors"} <= metrics


def test_the_relay_gets_the_owners_of_sources_and_the_consoles_address(
    template: Template, laptop: Template
) -> None:
    told = template.function("Relay")["Environment"]["Variables"]
    assert (told["SOURCE_OWNERS"], told["CONSOLE_URL"]) == ("{}", "")
    assert (
        laptop.function("Relay")["Environment"]["Variables"]["CONSOLE_URL"] == "http://127.0.0.1:8000/console"
    )


def test_the_anchor_function_gets_the_recipients_of_checkpoints(
    template: Template, anchored: Template
) -> None:
    def told(each: Template) -> tuple[str, str, str]:
        given = each.function("Anchor")["Environment"]["Variables"]
        return given["ANCHOR_EMAILS"], given["ANCHOR_BUCKET"], given["TIMESTAMP_URL"]

    assert told(template) == ("[]", "", "")
    assert told(anchored) == (
        '["works.council@x.example", "notary@y.example"]', "anchors-elsewhere", "https://tsa.example/tsr"
    )  # fmt: skip


def test_nothing_about_this_machine_is_in_the_template(template: Template, laptop: Template) -> None:
    for each in (template, laptop):
        assert not re.search(r"/(work|home|root|Users|tmp)/", json.dumps(each.body))


def test_the_local_template_differs_from_awss_only_by_its_settings(
    template: Template, laptop: Template
) -> None:
    def kinds(each: Template) -> dict[str, int]:
        found = [resource["Type"] for resource in each.body["Resources"].values()]
        return {kind: found.count(kind) for kind in set(found)}

    assert kinds(template) == kinds(laptop)
    assert laptop.function("Case")["Environment"]["Variables"]["CLOCK_RATE"] == "5000"
    assert template.function("Case")["Environment"]["Variables"]["CLOCK_RATE"] == "1"
    assert template.function("Case")["Environment"]["Variables"]["CLOCK_ORIGIN"] == ""
