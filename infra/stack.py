"""The whole of Plumbline: puts the constructs together and says who may do what. Defines no resource."""

import json

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.alarms import Alarms
from infra.api import Api
from infra.event_sources import NEW_EFFECT, NEW_EVENT, each_working_day, every, hear, ring, undelivered
from infra.function import Function
from infra.ledger import Ledger
from infra.mail import Mail
from infra.settings import DeploymentSettings
from infra.storage import Storage
from infra.workflows import Flow, start_on_arrival

READ_TABLE = ["dynamodb:GetItem", "dynamodb:Query"]
# A transaction is allowed by the actions of its parts.
WRITE_TABLE = [
    "dynamodb:PutItem",
    "dynamodb:UpdateItem",
    "dynamodb:DeleteItem",
    "dynamodb:ConditionCheckItem",
]
SEAL_PRIVATE_PARTS = ["kms:GenerateDataKey", "kms:Decrypt"]
# What DynamoDB does with the table's key in the caller's name.
USE_THE_TABLES_KEY = [
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
]
READ_OBJECTS = ["s3:GetObject"]
WRITE_OBJECTS = ["s3:PutObject"]
KEEP_OBJECTS = ["s3:PutObject", "s3:PutObjectRetention", "s3:GetObject"]
# Without it S3 answers "forbidden" where the truth is "there is none".
KNOW_WHAT_IS_THERE = ["s3:ListBucket"]

NAMED_AT_RUN_TIME = (
    "Objects and executions get their names at run time; the bucket, prefix or machine is named."
)


class PlumblineStack(Stack):
    """Deployed as it is to AWS and to a laptop's local cloud; `DeploymentSettings` says what differs."""

    def __init__(self, scope: Construct, name: str, settings: DeploymentSettings) -> None:
        super().__init__(
            scope, name, description="Plumbline: performance cases from sales-compensation results"
        )
        self._settings = settings
        self.storage = Storage(self, "Storage", settings)
        self.ledger = Ledger(self, "Ledger", settings, self.storage)
        self.mail = Mail(self, "Mail", settings, self.storage)
        self.api = Api(self, "Api", settings)
        self._functions()
        self._flows()
        self._grant_reading_and_deciding()
        self._grant_cases_and_notices()
        self._grant_the_record()
        self._grant_anchoring()
        self._wire()
        self._alarms()
        self._outputs()

    def _function(
        self, name: str, handler: str, does: str, seconds: int, memory_mb: int, reserved: int | None = None
    ) -> Function:
        function = Function(
            self, name, settings=self._settings, handler=handler, does=does,
            timeout_seconds=seconds, memory_mb=memory_mb, reserved=reserved,
        )  # fmt: skip
        function.knows(
            TABLE_NAME=self.storage.table.table_name, SUBJECT_KEY_ID=self.storage.subject_key.key_id
        )
        return function

    def _functions(self) -> None:
        f = self._function
        self.ingest = f("Ingest", "ingest.handlers.receive", "Reads an export, files its facts", 900, 3008)
        self.sweep = f("Sweep", "ingest.handlers.sweep", "Finds exports that nobody announced", 280, 512)
        self.plan = f(
            "Plan", "evaluate.handlers.plan", "Says which policy decides about which period", 120, 512
        )
        self.shard = f("Shard", "evaluate.handlers.shard", "Decides about the reps of one shard", 300, 1769)
        self.open = f("Open", "evaluate.handlers.open", "Opens and feeds cases", 120, 1024)
        self.case = f("Case", "evaluate.handlers.case", "Does what is due in a case", 60, 512)
        self.reconcile = f("Reconcile", "evaluate.handlers.reconcile", "Restarts lost workflows", 280, 512)
        self.relay = f("Relay", "notify.handlers.relay", "Mails, wakes workflows, publishes events", 120, 512)
        self.respond = f("Respond", "notify.handlers.respond", "The page behind a response link", 29, 1024)
        self.feedback = f("Feedback", "notify.handlers.feedback", "Records mails that came back", 30, 512)
        # One writer at a time: the ledger's own fence holds without it, this only spares the losers.
        self.seal = f("Seal", "audit.handlers.seal", "Seals events into the ledger", 120, 1024, reserved=1)
        self.anchor = f("Anchor", "audit.handlers.anchor", "Hands the day's checkpoint to others", 120, 512)
        self.query = f("Query", "audit.handlers.query", "Answers HR, exports evidence", 29, 1769)

    @property
    def functions(self) -> dict[str, Function]:
        """Every function by its name."""
        return {
            "Ingest": self.ingest, "Sweep": self.sweep, "Plan": self.plan, "Shard": self.shard,
            "Open": self.open, "Case": self.case, "Reconcile": self.reconcile, "Relay": self.relay,
            "Respond": self.respond, "Feedback": self.feedback, "Seal": self.seal, "Anchor": self.anchor,
            "Query": self.query,
        }  # fmt: skip

    def _flows(self) -> None:
        self.evaluation_flow = Flow(
            self,
            "EvaluationFlow",
            flow="evaluation",
            settings=self._settings,
            functions={"Ingest": self.ingest, "Plan": self.plan, "Shard": self.shard, "Open": self.open},
            values={"FactsBucket": self.storage.facts.bucket_name},
        )
        self.case_flow = Flow(
            self, "CaseFlow", flow="case", settings=self._settings, functions={"Case": self.case}
        )
        # A distributed map runs its items as executions of the same machine, and reads their list from S3.
        flow = self.evaluation_flow
        flow.may(["states:StartExecution"], [flow.arn])
        flow.may(
            ["states:DescribeExecution", "states:StopExecution"],
            [flow.executions, flow.map_runs],
            because=NAMED_AT_RUN_TIME,
        )
        flow.may(["states:RedriveExecution"], [flow.map_runs], because=NAMED_AT_RUN_TIME)
        lists = [self.storage.facts.arn_for_objects(f"{prefix}/*") for prefix in ("evaluations", "staging")]
        flow.may(READ_OBJECTS, lists, because=NAMED_AT_RUN_TIME)
        self.case_flow.may(["states:StartExecution"], [self.case_flow.arn])

    def _grant_reading_and_deciding(self) -> None:
        facts = self.storage.facts
        exports = self.storage.exports
        self.ingest.may(
            ["s3:GetObject", "s3:GetObjectVersion"],
            [exports.arn_for_objects("incoming/*")],
            because=NAMED_AT_RUN_TIME,
        )
        self.ingest.may(KNOW_WHAT_IS_THERE, [exports.bucket_arn])
        for function in (self.ingest, self.plan, self.shard):
            function.may(
                READ_OBJECTS + WRITE_OBJECTS, [facts.arn_for_objects("*")], because=NAMED_AT_RUN_TIME
            )
        for function in (self.open, self.case, self.reconcile, self.relay, self.respond, self.query):
            function.may(READ_OBJECTS, [facts.arn_for_objects("*")], because=NAMED_AT_RUN_TIME)
        self.query.may(WRITE_OBJECTS, [facts.arn_for_objects("handouts/*")], because=NAMED_AT_RUN_TIME)
        for name, function in self.functions.items():
            if name in ("Seal", "Anchor", "Feedback", "Sweep"):
                continue
            function.may(KNOW_WHAT_IS_THERE, [facts.bucket_arn])
            function.knows(FACTS_BUCKET=facts.bucket_name)
        shards = str(self._settings.shards)
        self.ingest.knows(
            EXPORTS_BUCKET=exports.bucket_name,
            SHARDS=shards,
            LARGE_EXPORT_BYTES=str(self._settings.large_export_bytes),
        )
        self.plan.knows(SHARDS=shards)
        self.sweep.may(["s3:ListBucketVersions"], [exports.bucket_arn])
        self.sweep.may(["states:StartExecution"], [self.evaluation_flow.arn])
        self.sweep.knows(
            EXPORTS_BUCKET=exports.bucket_name, EVALUATION_STATE_MACHINE_ARN=self.evaluation_flow.arn
        )

    def _grant_cases_and_notices(self) -> None:
        storage, mail, settings = self.storage, self.mail, self._settings
        for name, function in self.functions.items():
            function.may(READ_TABLE, [storage.table.table_arn, *storage.index_arns])
            function.may(WRITE_TABLE, [storage.table.table_arn])
            function.may(
                USE_THE_TABLES_KEY, [storage.data_key.key_arn], only_if=_via("dynamodb", self.region)
            )
            if name not in ("Seal", "Anchor", "Sweep"):
                function.may(SEAL_PRIVATE_PARTS, [storage.subject_key.key_arn])
        for function in (self.sweep, self.plan, self.shard, self.seal, self.query):
            function.may(["dynamodb:BatchGetItem"], [storage.table.table_arn])
        self.ingest.may(["dynamodb:BatchWriteItem"], [storage.table.table_arn])
        for function in (self.case, self.relay):
            function.may(["states:SendTaskSuccess"], [self.case_flow.arn])
        self.relay.may(["states:StartExecution"], [self.case_flow.arn])
        self.reconcile.may(["states:ListExecutions"], [self.case_flow.arn])
        self.reconcile.may(
            ["states:DescribeExecution"], [self.case_flow.executions], because=NAMED_AT_RUN_TIME
        )
        self.relay.may(["ses:SendEmail", "ses:SendRawEmail"], mail.sending_arns)
        self.relay.may(["sns:Publish"], [mail.topic.topic_arn])
        self.relay.may(
            ["kms:GenerateDataKey", "kms:Decrypt"],
            [storage.data_key.key_arn],
            only_if=_via("sns", self.region),
        )
        self.reconcile.knows(CASE_STATE_MACHINE_ARN=self.case_flow.arn)
        self.respond.knows(PUBLIC_URL=self.api.public_url)
        self.relay.knows(
            PUBLIC_URL=self.api.public_url,
            MAIL_FROM=settings.mail_from,
            HR_QUEUE_EMAIL=settings.hr_queue_email,
            SOURCE_OWNER_EMAIL=settings.source_owner_email,
            SOURCE_OWNERS=json.dumps(settings.source_owners, sort_keys=True),
            CONSOLE_URL=settings.console_url or "",
            CONFIGURATION_SET=mail.configuration_set.configuration_set_name,
            TOPIC_ARN=mail.topic.topic_arn,
            CASE_STATE_MACHINE_ARN=self.case_flow.arn,
        )

    def _grant_the_record(self) -> None:
        bucket, key = self.ledger.bucket, self.ledger.signing_key
        pieces = [bucket.arn_for_objects("ledger/*")]
        self.seal.may(KEEP_OBJECTS, pieces, because=NAMED_AT_RUN_TIME)
        self.seal.may(["kms:Sign", "kms:GetPublicKey"], [key.key_arn])
        self.query.may(READ_OBJECTS, pieces, because=NAMED_AT_RUN_TIME)
        self.query.may(["kms:GetPublicKey"], [key.key_arn])
        for function in (self.seal, self.anchor, self.query):
            function.may(KNOW_WHAT_IS_THERE, [bucket.bucket_arn])
            function.knows(LEDGER_BUCKET=bucket.bucket_name)
        for function in (self.seal, self.query):
            function.knows(SIGNING_KEY_ID=key.key_id)
        for function in (self.seal, self.anchor):
            function.knows(RETENTION_DAYS=str(self._settings.retention_days))

    def _grant_anchoring(self) -> None:
        settings, bucket = self._settings, self.ledger.bucket
        checkpoints, stamps = (
            bucket.arn_for_objects(f"ledger/{at}/*") for at in ("checkpoints", "timestamps")
        )
        self.anchor.may(READ_OBJECTS, [checkpoints], because=NAMED_AT_RUN_TIME)
        self.anchor.may(KEEP_OBJECTS, [stamps], because=NAMED_AT_RUN_TIME)
        if settings.anchor_bucket:
            # Another account's, whose bucket policy has to allow it as well.
            elsewhere = f"arn:{self.partition}:s3:::{settings.anchor_bucket}"
            self.anchor.may(KEEP_OBJECTS, [f"{elsewhere}/ledger/checkpoints/*"], because=NAMED_AT_RUN_TIME)
            self.anchor.may(KNOW_WHAT_IS_THERE, [elsewhere])
        self.anchor.knows(
            ANCHOR_EMAILS=json.dumps(settings.anchor_emails),
            ANCHOR_BUCKET=settings.anchor_bucket or "",
            TIMESTAMP_URL=settings.timestamp_url or "",
        )

    def _wire(self) -> None:
        table = self.storage.table
        self.unheard_exports = undelivered(self, "UnheardExports")
        self.unheard_changes = undelivered(self, "UnheardChanges")
        start_on_arrival(self, self.evaluation_flow, self.storage.exports, self.unheard_exports)
        ring(
            self.relay, table, on=[NEW_EFFECT, NEW_EVENT], undelivered=self.unheard_changes,
            batch_size=10, window_seconds=0, reports_failures=True,
        )  # fmt: skip
        ring(
            self.seal, table, on=[NEW_EVENT], undelivered=self.unheard_changes,
            batch_size=1000, window_seconds=5, reports_failures=False,
        )  # fmt: skip
        hear(self.feedback, self.mail.feedback, self.unheard_changes)
        every(self.relay, minutes=1)
        each_working_day(self.relay, hour=6, task="digest")
        every(self.seal, minutes=1)
        every(self.anchor, minutes=60)
        every(self.reconcile, minutes=5)
        every(self.sweep, minutes=5)
        self.api.answer_links_by(self.respond)
        self.api.answer_queries_by(self.query)

    def _alarms(self) -> None:
        alarms = Alarms(self, "Alarms", self._settings, self.storage)
        alarms.watch_queue("UnheardExports", self.unheard_exports)
        alarms.watch_queue("UnheardChanges", self.unheard_changes)
        alarms.watch_flow("Evaluation", self.evaluation_flow)
        alarms.watch_flow("Case", self.case_flow)
        for name, function in self.functions.items():
            alarms.watch_function(name, function)
        alarms.watch_stream("Relay", self.relay)
        alarms.watch_stream("Seal", self.seal)
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
            # An output's own name must be the stack's alone, and "Ledger" is a construct already.
            CfnOutput(self, f"{name}Output", value=value).override_logical_id(name)


def _via(service: str, region: str) -> dict[str, dict[str, str]]:
    """The key may be used only through that service."""
    return {"StringEquals": {"kms:ViaService": f"{service}.{region}.amazonaws.com"}}
