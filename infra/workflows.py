"""A Step Functions state machine. The two definitions are the ``*.asl.json`` files beside this one."""

from pathlib import Path

from aws_cdk import ArnFormat, Stack
from aws_cdk import aws_iam as iam
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
    """One state machine. Its fixed name lets its role and its callers refer to its ARN."""

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
                # Execution data holds task tokens and people's words, which must not be in a log.
                include_execution_data=False,
            ),
        )
        self.may(["lambda:InvokeFunction"], [each.arn for each in functions.values()])
        self.may(
            [*LOG_DELIVERY, *TRACING],
            ["*"],
            because="These actions of CloudWatch Logs and X-Ray take no resource.",
        )
        # Creating the machine tests its role, so the role's policy must exist first.
        self.resource.node.add_dependency(self.role)

    @property
    def executions(self) -> str:
        """The ARN pattern of this machine's executions."""
        return _states_arn(Stack.of(self), "execution", f"{self.machine_name}:*")

    @property
    def map_runs(self) -> str:
        """The ARN pattern of the child executions of this machine's distributed maps."""
        return _states_arn(Stack.of(self), "execution", f"{self.machine_name}/*")

    def may(self, actions: list[str], resources: list[str], because: str = "") -> None:
        """Allow the actions on the resources. ``because`` is the reason for a wildcard in a resource."""
        self.role.add_to_policy(iam.PolicyStatement(actions=actions, resources=resources))
        if because:
            acknowledge_wildcards(self.role, resources, because)


def _states_arn(stack: Stack, resource: str, name: str) -> str:
    return stack.format_arn(
        service="states", resource=resource, resource_name=name, arn_format=ArnFormat.COLON_RESOURCE_NAME
    )
