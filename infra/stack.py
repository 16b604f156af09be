"""The Plumbline stack: composes the constructs and grants each role its permissions. Defines no resource."""

import json

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.access import ACCESS, NAMED_AT_RUN_TIME, grant_files, grant_subject_key, grant_table
from infra.alarms import Alarms
from infra.api import Api
from infra.event_sources import (
    NEW_EFFECT,
    NEW_EVENT,
    call_every,
    call_on_messages,
    call_on_new_items,
    call_on_working_days,
    dead_letter_queue,
    start_on_arrival,
)
from infra.functions import Functions
from infra.ledger import Ledger
from infra.mail import Mail
from infra.settings import DeploymentSettings
from infra.storage import Storage
from infra.workflows import Flow

# DynamoDB uses the table's key on behalf of the caller.
USE_TABLE_KEY = ["kms:Decrypt", "kms:DescribeKey"]
READ_OBJECTS = ["s3:GetObject"]
WRITE_LOCKED_OBJECTS = ["s3:PutObject", "s3:PutObjectRetention", "s3:GetObject"]
# S3 answers 403 instead of 404 to callers without ListBucket.
LIST_OBJECTS = ["s3:ListBucket"]


class PlumblineStack(Stack):
    """One stack for AWS and for the local cloud. Only `DeploymentSettings` differ between them."""

    def __init__(self, scope: Construct, name: str, settings: DeploymentSettings) -> None:
        super().__init__(
            scope, name, description="Plumbline: performance cases from sales-compensation results"
        )
        self._settings = settings
        self.storage = Storage(self, "Storage", settings)
        self.ledger = Ledger(self, "Ledger", settings, self.storage)
        self.mail = Mail(self, "Mail", settings, self.storage)
        self.api = Api(self, "Api", settings)
        self.functions = Functions.of(self, settings, self.storage)
        self._flows()
        self._grant_files()
        self._grant_table()
        self._grant_workflows()
        self._grant_mail()
        self._grant_ledger()
        self._grant_anchoring()
        self._grant_accounts()
        self._connect_events()
        self._alarms()
        self._outputs()

    def _flows(self) -> None:
        f = self.functions
        self.evaluation_flow = Flow(
            self,
            "EvaluationFlow",
            flow="evaluation",
            settings=self._settings,
            functions={"Ingest": f.ingest, "Plan": f.plan, "Shard": f.shard, "Open": f.open},
            values={"FactsBucket": self.storage.facts.bucket_name},
        )
        self.case_flow = Flow(
            self, "CaseFlow", flow="case", settings=self._settings, functions={"Case": f.case}
        )

    def _grant_files(self) -> None:
        f, facts, exports = self.functions, self.storage.facts, self.storage.exports
        f.ingest.may(
            ["s3:GetObject", "s3:GetObjectVersion"],
            [exports.arn_for_objects("incoming/*")],
            because=NAMED_AT_RUN_TIME,
        )
        f.ingest.may(LIST_OBJECTS, [exports.bucket_arn])
        f.sweep.may(["s3:ListBucketVersions"], [exports.bucket_arn])
        f.query.may(["s3:PutObject", "s3:GetObject"], [facts.arn_for_objects("handouts/*")],
                    because=NAMED_AT_RUN_TIME)  # fmt: skip
        for function in (f.ingest, f.plan):
            function.set_environment(SHARDS=str(self._settings.shards))
        for function in (f.ingest, f.sweep):
            function.set_environment(EXPORTS_BUCKET=exports.bucket_name)
        f.ingest.set_environment(LARGE_EXPORT_BYTES=str(self._settings.large_export_bytes))

    def _grant_table(self) -> None:
        storage = self.storage
        for function in self.functions:
            access = ACCESS[function.node.id]
            grant_table(function, access, storage)
            grant_files(function, access, storage)
            function.may(USE_TABLE_KEY, [storage.data_key.key_arn], only_if=_via("dynamodb", self.region))
            if access.seals:
                grant_subject_key(function, storage)

    def _grant_workflows(self) -> None:
        f, evaluation, case = self.functions, self.evaluation_flow, self.case_flow
        # A distributed map runs its items as executions of the same machine and reads their list from S3.
        evaluation.may(["states:StartExecution"], [evaluation.arn])
        evaluation.may(
            ["states:DescribeExecution", "states:StopExecution"],
            [evaluation.executions, evaluation.map_runs],
            because=NAMED_AT_RUN_TIME,
        )
        evaluation.may(["states:RedriveExecution"], [evaluation.map_runs], because=NAMED_AT_RUN_TIME)
        lists = [self.storage.facts.arn_for_objects(f"{prefix}/*") for prefix in ("evaluations", "staging")]
        evaluation.may(READ_OBJECTS, lists, because=NAMED_AT_RUN_TIME)
        case.may(["states:StartExecution"], [case.arn])
        f.sweep.may(["states:StartExecution"], [evaluation.arn])
        f.sweep.set_environment(EVALUATION_STATE_MACHINE_ARN=evaluation.arn)
        for function in (f.case, f.relay):
            function.may(["states:SendTaskSuccess"], [case.arn])
        f.relay.may(["states:StartExecution"], [case.arn])
        f.reconcile.may(["states:ListExecutions"], [case.arn])
        f.reconcile.may(["states:DescribeExecution"], [case.executions], because=NAMED_AT_RUN_TIME)
        for function in (f.relay, f.reconcile):
            function.set_environment(CASE_STATE_MACHINE_ARN=case.arn)

    def _grant_mail(self) -> None:
        relay, mail, settings = self.functions.relay, self.mail, self._settings
        relay.may(["ses:SendEmail", "ses:SendRawEmail"], mail.sending_arns)
        relay.may(["sns:Publish"], [mail.topic.topic_arn])
        relay.may(
            ["kms:GenerateDataKey", "kms:Decrypt"],
            [self.storage.data_key.key_arn],
            only_if=_via("sns", self.region),
        )
        for function in (relay, self.functions.respond):
            function.set_environment(PUBLIC_URL=self.api.public_url, CONSOLE_URL=settings.console_url or "")
        relay.set_environment(
            MAIL_FROM=settings.mail_from,
            HR_QUEUE_EMAIL=settings.hr_queue_email,
            SOURCE_OWNER_EMAIL=settings.source_owner_email,
            SOURCE_OWNERS=json.dumps(settings.source_owners, sort_keys=True),
            CONFIGURATION_SET=mail.configuration_set.configuration_set_name,
            TOPIC_ARN=mail.topic.topic_arn,
        )

    def _grant_ledger(self) -> None:
        f, bucket, key = self.functions, self.ledger.bucket, self.ledger.signing_key
        pieces = [bucket.arn_for_objects("ledger/*")]
        f.seal.may(WRITE_LOCKED_OBJECTS, pieces, because=NAMED_AT_RUN_TIME)
        f.seal.may(["kms:Sign", "kms:GetPublicKey"], [key.key_arn])
        f.query.may(READ_OBJECTS, pieces, because=NAMED_AT_RUN_TIME)
        f.query.may(["kms:GetPublicKey"], [key.key_arn])
        for function in (f.seal, f.anchor, f.query):
            function.may(LIST_OBJECTS, [bucket.bucket_arn])
            function.set_environment(LEDGER_BUCKET=bucket.bucket_name)
        for function in (f.seal, f.query):
            function.set_environment(SIGNING_KEY_ID=key.key_id)
        for function in (f.seal, f.anchor):
            function.set_environment(RETENTION_DAYS=str(self._settings.retention_days))

    def _grant_anchoring(self) -> None:
        anchor, settings, bucket = self.functions.anchor, self._settings, self.ledger.bucket
        checkpoints, stamps = (
            bucket.arn_for_objects(f"ledger/{at}/*") for at in ("checkpoints", "timestamps")
        )
        anchor.may(READ_OBJECTS, [checkpoints], because=NAMED_AT_RUN_TIME)
        anchor.may(WRITE_LOCKED_OBJECTS, [stamps], because=NAMED_AT_RUN_TIME)
        if settings.anchor_bucket:
            # The bucket belongs to another account. Its bucket policy must allow this, too.
            elsewhere = f"arn:{self.partition}:s3:::{settings.anchor_bucket}"
            anchor.may(WRITE_LOCKED_OBJECTS, [f"{elsewhere}/ledger/checkpoints/*"], because=NAMED_AT_RUN_TIME)
            anchor.may(LIST_OBJECTS, [elsewhere])
        anchor.set_environment(
            ANCHOR_EMAILS=json.dumps(settings.anchor_emails),
            ANCHOR_BUCKET=settings.anchor_bucket or "",
            TIMESTAMP_URL=settings.timestamp_url or "",
        )

    def _grant_accounts(self) -> None:
        query, users = self.functions.query, self.api.users
        # Only to look an account up: no function creates, changes or signs in an account.
        query.may(["cognito-idp:ListUsers", "cognito-idp:AdminListGroupsForUser"], [users.user_pool_arn])
        query.set_environment(USER_POOL_ID=users.user_pool_id)

    def _connect_events(self) -> None:
        f, table = self.functions, self.storage.table
        self.lost_exports = dead_letter_queue(self, "UnheardExports")
        self.lost_changes = dead_letter_queue(self, "UnheardChanges")
        start_on_arrival(self, self.evaluation_flow, self.storage.exports, self.lost_exports)
        call_on_new_items(
            f.relay, table, matching=[NEW_EFFECT, NEW_EVENT], dead_letters=self.lost_changes,
            batch_size=10, window_seconds=0, reports_failures=True,
        )  # fmt: skip
        call_on_new_items(
            f.seal, table, matching=[NEW_EVENT], dead_letters=self.lost_changes,
            batch_size=1000, window_seconds=5, reports_failures=False,
        )  # fmt: skip
        call_on_messages(f.feedback, self.mail.feedback, self.lost_changes)
        call_every(f.relay, minutes=1)
        call_on_working_days(f.relay, hour=6, task="digest")
        call_every(f.seal, minutes=1)
        call_every(f.anchor, minutes=60)
        call_every(f.reconcile, minutes=5)
        call_every(f.sweep, minutes=5)
        self.api.route_links_to(f.respond)
        self.api.route_requests_to(f.query)

    def _alarms(self) -> None:
        alarms = Alarms(self, "Alarms", self._settings, self.storage)
        alarms.watch_queue("UnheardExports", self.lost_exports)
        alarms.watch_queue("UnheardChanges", self.lost_changes)
        alarms.watch_flow("Evaluation", self.evaluation_flow)
        alarms.watch_flow("Case", self.case_flow)
        for function in self.functions:
            alarms.watch_function(function)
        alarms.watch_stream(self.functions.relay)
        alarms.watch_stream(self.functions.seal)
        alarms.watch_sealing()
        alarms.watch_anchoring()
        alarms.watch_table()
        alarms.watch_mail()

    def _outputs(self) -> None:
        for name, value in {
            "ExportsBucket": self.storage.exports.bucket_name,
            "LedgerBucket": self.ledger.bucket.bucket_name,
            "FactsBucket": self.storage.facts.bucket_name,
            "Table": self.storage.table.table_name,
            "ApiUrl": self.api.url,
            "UserPoolId": self.api.users.user_pool_id,
            "UserPoolClientId": self.api.client.user_pool_client_id,
            "EvaluationStateMachine": self.evaluation_flow.resource.state_machine_arn,
            "CaseStateMachine": self.case_flow.resource.state_machine_arn,
            "TopicArn": self.mail.topic.topic_arn,
        }.items():
            # A construct id is unique within its scope, and some constructs have these names already.
            CfnOutput(self, f"{name}Output", value=value).override_logical_id(name)


def _via(service: str, region: str) -> dict[str, dict[str, str | list[str]]]:
    """The condition that the key is used only through that service."""
    return {"StringEquals": {"kms:ViaService": f"{service}.{region}.amazonaws.com"}}
