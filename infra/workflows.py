"""The two state machines. Their definitions are beside this file, as a person reads them."""

from pathlib import Path

from aws_cdk import ArnFormat, Duration, Stack
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.function import Function, log_group
from infra.nag import acknowledge_wildcards
from infra.settings import DeploymentSettings

HERE = Path(__file__).parent
LOG_DELIVERY = [
    "logs:CreateLogDelivery",
    "logs:GetLogDelivery",
    "logs:UpdateLogDelivery",
    "logs:DeleteLogDelivery",
    "logs:ListLogDeliveries",
    "logs:PutResourcePolicy",
    "logs:DescribeResourcePolicies",
    "logs:DescribeLogGroups",
]
TRACING = [
    "xray:PutTraceSegments",
    "xray:PutTelemetryRecords",
    "xray:GetSamplingRules",
    "xray:GetSamplingTargets",
]


class Flow(Construct):
    """One state machine with a name known in advance, so that its own role and its callers can name it."""

    def __init__(
        self,
        scope: Construct,
        name: str,
        *,
        flow: str,
        settings: DeploymentSettings,
        functions: dict[str, Function],
        values: dict[str, str] | None = None,
    ) -> None:
        super().__init__(scope, name)
        stack = Stack.of(self)
        self.machine_name = f"{stack.stack_name}-{flow}"
        self.arn = _states_arn(stack, "stateMachine", self.machine_name)
        self.role = iam.Role(self, "Role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))
        self.resource = sfn.StateMachine(
            self,
            "StateMachine",
            state_machine_name=self.machine_name,
            definition_body=sfn.DefinitionBody.from_string((HERE / f"{flow}.asl.json").read_text()),
            definition_substitutions={
                **{f"{function}Function": each.arn for function, each in functions.items()},
                **(values or {}),
            },
            role=self.role.without_policy_updates(),
            tracing_enabled=True,
            logs=sfn.LogOptions(
                destination=log_group(self, "Logs", settings),
                level=sfn.LogLevel.ALL,
                # Task tokens and what people wrote pass through here; they are nobody's to read in a log.
                include_execution_data=False,
            ),
        )
        self.may(["lambda:InvokeFunction"], [each.arn for each in functions.values()])
        self.may(
            [*LOG_DELIVERY, *TRACING], ["*"], because="These actions of logs and X-Ray take no resource."
        )
        # The machine may be made only when its role can do what creating it tries out.
        self.resource.node.add_dependency(self.role)

    @property
    def executions(self) -> str:
        """ARNs of every execution of this machine."""
        return _states_arn(Stack.of(self), "execution", f"{self.machine_name}:*")

    @property
    def map_runs(self) -> str:
        """ARNs of the child executions of this machine's distributed maps."""
        return _states_arn(Stack.of(self), "execution", f"{self.machine_name}/*")

    def may(self, actions: list[str], resources: list[str], because: str = "") -> None:
        """Allow these actions on these resources alone; ``because`` says why one may be a pattern."""
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
        if because:
            acknowledge_wildcards(self.role, resources, because)


def start_on_arrival(scope: Construct, flow: Flow, exports: s3.Bucket, undelivered: sqs.Queue) -> events.Rule:
    """Start the flow for every object that lands under ``incoming/``; what cannot be delivered is kept."""
    rule = events.Rule(
        scope,
        "ExportArrived",
        description="An export landed: evaluate it",
        event_pattern=events.EventPattern(
            source=["aws.s3"],
            detail_type=["Object Created"],
            detail={
                "bucket": {"name": [exports.bucket_name]},
                "object": {"key": [{"prefix": "incoming/"}]},
            },
        ),
    )
    rule.add_target(
        targets.SfnStateMachine(
            flow.resource,
            dead_letter_queue=undelivered,
            max_event_age=Duration.hours(24),
            retry_attempts=185,
        )
    )
    return rule


def _states_arn(stack: Stack, resource: str, name: str) -> str:
    return stack.format_arn(
        service="states", resource=resource, resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
