"""One Lambda function with its bundle, its log group and a role that has no permission by default."""

from collections.abc import Mapping, Sequence

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.bundling import bundle
from infra.nag import acknowledge, acknowledge_wildcards
from infra.settings import DeploymentSettings

NAMESPACE = "Plumbline"
LOG_RETENTION = {
    7: logs.RetentionDays.ONE_WEEK,
    30: logs.RetentionDays.ONE_MONTH,
    90: logs.RetentionDays.THREE_MONTHS,
    180: logs.RetentionDays.SIX_MONTHS,
    365: logs.RetentionDays.ONE_YEAR,
    731: logs.RetentionDays.TWO_YEARS,
    1827: logs.RetentionDays.FIVE_YEARS,
}


def log_group(scope: Construct, name: str, settings: DeploymentSettings) -> logs.LogGroup:
    return logs.LogGroup(
        scope,
        name,
        retention=LOG_RETENTION[settings.log_retention_days],
        removal_policy=RemovalPolicy.DESTROY,
    )


class Function(Construct):
    """``handler`` is ``<folder>.handlers.<module>``; its entry is always ``handle``."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        settings: DeploymentSettings,
        handler: str,
        does: str,
        timeout_seconds: int,
        memory_mb: int,
        reserved: int | None = None,
    ) -> None:
        super().__init__(scope, name)
        folder = handler.partition(".")[0]
        made = bundle(folder, settings.bundles_libraries, settings.config)
        group = log_group(self, "Logs", settings)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
        self.resource = lambda_.Function(
            self,
            "Function",
            description=does,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            code=lambda_.Code.from_asset(str(made.folder), asset_hash=made.digest),
            handler=f"functions.{handler}.handle",
            timeout=Duration.seconds(timeout_seconds),
            memory_size=memory_mb,
            reserved_concurrent_executions=reserved if settings.reserve_concurrency else None,
            # The stack grants every permission by name. The CDK must not add any.
            role=self.role.without_policy_updates(),
            log_group=group,
            tracing=lambda_.Tracing.ACTIVE,
            environment={
                "POWERTOOLS_SERVICE_NAME": name.lower(),
                "POWERTOOLS_METRICS_NAMESPACE": NAMESPACE,
                "POWERTOOLS_LOG_LEVEL": "INFO",
                "CODE_VERSION": made.code_version,
                "CLOCK_RATE": str(settings.clock_rate),
                "CLOCK_ORIGIN": settings.clock_origin.isoformat() if settings.clock_origin else "",
            },
        )
        self.may(["logs:CreateLogStream", "logs:PutLogEvents"], [group.log_group_arn])
        self.may(
            ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
            ["*"],
            because="X-Ray's writing actions and ListStreams take no resource.",
        )
        acknowledge(
            self.resource,
            (
                "AwsSolutions-L1",
                "The pinned wheels and the tests are for 3.13, which Lambda keeps until 2029.",
            ),
        )

    @property
    def arn(self) -> str:
        return self.resource.function_arn

    def may(
        self,
        actions: Sequence[str],
        resources: Sequence[str],
        *,
        only_if: Mapping[str, Mapping[str, str | list[str]]] | None = None,
        because: str = "",
    ) -> None:
        """Allow the actions on the resources. ``because`` is the reason for a wildcard in a resource."""
        self.role.add_to_policy(
            iam.PolicyStatement(
                actions=list(actions),
                resources=list(resources),
                conditions={test: dict(values) for test, values in (only_if or {}).items()},
            )
        )
        if because:
            acknowledge_wildcards(self.role, list(resources), because)

    def set_environment(self, **variables: str) -> None:
        for name, value in variables.items():
            self.resource.add_environment(name, value)
