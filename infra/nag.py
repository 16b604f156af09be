"""cdk-nag's AWS Solutions rules: a finding is mended, or acknowledged where it stands, with its reason."""

from typing import Any

from aws_cdk import Acknowledgment, App, Stack, Validations
from cdk_nag import AwsSolutionsChecks
from constructs import Construct


def check(app: App) -> None:
    """Let the rules see the whole app; a finding that nobody acknowledged fails the synthesis."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app))


def acknowledge(construct: Construct, *findings: tuple[str, str]) -> None:
    """Say for one construct why each finding, ``(its id, the reason)``, is meant to be as it is."""
    for finding, reason in findings:
        Validations.of(construct).acknowledge(Acknowledgment(id=finding, reason=reason))


def acknowledge_wildcards(role: Construct, resources: list[str], reason: str) -> None:
    """Say why a role may act on whatever matches these, each of them and nothing else."""
    stack = Stack.of(role)
    named = [_as_reported(stack.resolve(resource)) for resource in resources]
    acknowledge(role, *((f"AwsSolutions-IAM5[Resource::{name}]", reason) for name in named if "*" in name))


def _as_reported(resolved: Any) -> str:
    """A resource as cdk-nag writes it in the id of a finding: ``<LogicalId.Arn>/prefix/*``."""
    match resolved:
        case str():
            return resolved
        case {"Ref": name}:
            return f"<{name}>"
        case {"Fn::GetAtt": [name, attribute]}:
            return f"<{name}.{attribute}>"
        case {"Fn::Join": ["", parts]}:
            return "".join(map(_as_reported, parts))
    raise ValueError(f"cdk-nag writes this in a way that is not known here: {resolved!r}")
