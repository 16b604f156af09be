"""The table, the bucket of exports, the bucket of files derived from them, and the encryption keys."""

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.nag import acknowledge
from infra.settings import DeploymentSettings

TEXT = dynamodb.AttributeType.STRING


class Storage(Construct):
    """Every resource here is retained when the stack is deleted."""

    def __init__(self, scope: Construct, name: str, settings: DeploymentSettings) -> None:
        super().__init__(scope, name)
        self.data_key = kms.Key(
            self,
            "DataKey",
            description="Plumbline: the table and the topics at rest",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.subject_key = kms.Key(
            self,
            "SubjectKey",
            description="Plumbline: wraps each person's own data key",
            enable_key_rotation=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        self.table = self._table(settings)
        self.access_logs = self._access_logs()
        self.exports = bucket(self, "Exports", self.access_logs, _exports_lifecycle())
        _send_events_to_eventbridge(self.exports)
        self.facts = bucket(
            self,
            "Facts",
            self.access_logs,
            [_abort_unfinished_uploads(), _expire_staging(), _expire_handouts()],
        )

    @property
    def index_arns(self) -> list[str]:
        return [f"{self.table.table_arn}/index/{index}" for index in ("unsequenced", "pending", "listing")]

    def _table(self, settings: DeploymentSettings) -> dynamodb.Table:
        table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="pk", type=TEXT),
            sort_key=dynamodb.Attribute(name="sk", type=TEXT),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            encryption=dynamodb.TableEncryption.CUSTOMER_MANAGED,
            encryption_key=self.data_key,
            stream=dynamodb.StreamViewType.NEW_IMAGE,
            time_to_live_attribute="expires_at",
            deletion_protection=not settings.is_local,
            removal_policy=RemovalPolicy.RETAIN,
        )
        # The indexes are sparse: an item is in an index only while it has that index's keys.
        for index, projection in (
            ("unsequenced", dynamodb.ProjectionType.ALL),
            ("pending", dynamodb.ProjectionType.ALL),
            ("listing", dynamodb.ProjectionType.ALL),
        ):
            table.add_global_secondary_index(
                index_name=index,
                partition_key=dynamodb.Attribute(name=f"{index}_pk", type=TEXT),
                sort_key=dynamodb.Attribute(name=f"{index}_sk", type=TEXT),
                projection_type=projection,
            )
        return table

    def _access_logs(self) -> s3.Bucket:
        logs = s3.Bucket(
            self,
            "AccessLogs",
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[s3.LifecycleRule(expiration=Duration.days(400))],
            removal_policy=RemovalPolicy.RETAIN,
        )
        acknowledge(
            logs,
            (
                "AwsSolutions-S1",
                "This bucket holds the access logs. Logging its own accesses would never end.",
            ),
        )
        return logs


def bucket(
    scope: Construct, name: str, access_logs: s3.Bucket, lifecycle: list[s3.LifecycleRule]
) -> s3.Bucket:
    """A private, versioned, encrypted bucket that requires TLS and is retained after the stack."""
    return s3.Bucket(
        scope,
        name,
        versioned=True,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        enforce_ssl=True,
        minimum_tls_version=1.2,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        server_access_logs_bucket=access_logs,
        server_access_logs_prefix=f"{name.lower()}/",
        lifecycle_rules=lifecycle,
        removal_policy=RemovalPolicy.RETAIN,
    )


def _exports_lifecycle() -> list[s3.LifecycleRule]:
    """An export is read within minutes, then kept as evidence in cheaper storage."""
    colder = s3.Transition(
        storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transition_after=Duration.days(90)
    )
    return [_abort_unfinished_uploads(), s3.LifecycleRule(transitions=[colder])]


def _abort_unfinished_uploads() -> s3.LifecycleRule:
    return s3.LifecycleRule(abort_incomplete_multipart_upload_after=Duration.days(7))


def _expire_staging() -> s3.LifecycleRule:
    """Files that one step of a workflow leaves for the next are useless after the last step."""
    return s3.LifecycleRule(
        prefix="staging/", expiration=Duration.days(14), noncurrent_version_expiration=Duration.days(1)
    )


def _expire_handouts() -> s3.LifecycleRule:
    """Files too large for an API response. Their links expire within minutes."""
    return s3.LifecycleRule(
        prefix="handouts/", expiration=Duration.days(1), noncurrent_version_expiration=Duration.days(1)
    )


def _send_events_to_eventbridge(exports: s3.Bucket) -> None:
    """Set the bucket's own property. The CDK's option would deploy a function to do the same."""
    resource = exports.node.default_child
    assert isinstance(resource, s3.CfnBucket)
    resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
        event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
    )


def allow_service(key: kms.Key, service: str, account: str) -> None:
    """Let an AWS service of this account use the key to encrypt on our behalf."""
    key.add_to_resource_policy(
        iam.PolicyStatement(
            principals=[iam.ServicePrincipal(service)],
            actions=["kms:Decrypt", "kms:GenerateDataKey"],
            resources=["*"],
            conditions={"StringEquals": {"aws:SourceAccount": account}},
        )
    )
