"""cdk-nag's AWS Solutions rules. A finding is fixed, or acknowledged at its construct with a reason."""

from typing import Any

from aws_cdk import Acknowledgment, App, Stack, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import Construct


def check(app: App) -> None:
    """Check the whole app. A finding that is not acknowledged fails the synthesis."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def acknowledge(construct: Construct, *findings: tuple[str, str]) -> None:
    """Acknowledge findings, each ``(its id, the reason)``, for one construct."""
    for finding, reason in findings:
        Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))


def acknowledge_wildcards(role: Construct, resources: list[str], reason: str) -> None:
    """Acknowledge the wildcards in these resources of a role, and no others."""
    stack = Stack.of(role)
    named = [_as_reported(stack.resolve(resource)) for resource in resources]
    acknowledge(role, *((f"AwsSolutions-IAM5[Resource::{name}]", reason) for name in named if "*" in name))


def _as_reported(resolved: Any) -> str:
    """The resource as it stands in the id of a finding: ``<LogicalId.Arn>/prefix/*``."""
    match resolved:
        case str():
            return resolved
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": ["", parts]}:
            return "".join(map(_as_reported, parts))
    raise ValueError(f"unknown form of a resource in a finding of cdk-nag: {resolved!r}")
