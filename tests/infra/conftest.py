"""Synthesises the template once per test run for each kind of deployment, because the CDK starts slowly."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import App, Stack

from infra.settings import DeploymentSettings
from infra.stack import PlumblineStack

ROOT = Path(__file__).parents[2]
Resource = dict[str, Any]


@dataclass(frozen=True)
class Template:
    """A synthesised template with the queries of the tests."""

    body: dict[str, Any]

    def all(self, kind: str) -> dict[str, Resource]:
        """Every resource of a type, by logical id."""
        return {name: each for name, each in self.body["Resources"].items() if each["Type"] == f"AWS::{kind}"}

    def properties(self, kind: str) -> list[dict[str, Any]]:
        return [each["Properties"] for each in self.all(kind).values()]

    def only(self, kind: str, part_of_name: str = "") -> dict[str, Any]:
        """The properties of the only resource of the type whose logical id contains this part."""
        [found] = [each for name, each in self.all(kind).items() if part_of_name in name]
        return dict(found["Properties"])

    def function(self, name: str) -> dict[str, Any]:
        return self.only("Lambda::Function", f"{name}Function")

    def statements(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each statement of each role's policy, with the policy's logical id."""
        for name, policy in self.all("IAM::Policy").items():
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                yield name, statement


def synthesise(folder: Path, settings: DeploymentSettings) -> Template:
    context = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = App(outdir=str(folder), analytics_reporting=False, context=context)
    stack: Stack = PlumblineStack(app, "Plumbline", settings)
    return Template(app.synth().get_stack_by_name(stack.stack_name).template)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """As deployed to AWS, but without the functions' libraries."""
    return synthesise(tmp_path_factory.mktemp("aws"), DeploymentSettings(libraries="left-out"))


@pytest.fixture(scope="session")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """As deployed to the local cloud."""
    settings = DeploymentSettings.from_context(
        {
            "stage": "local",
            "clock_rate": "5000",
            "clock_origin": "2026-10-01T00:00:00Z",
            "public_url": "http://127.0.0.1:8000/",
            "console_url": "http://127.0.0.1:8000/console",
            "console_origins": "http://127.0.0.1:8000, http://localhost:8000",
        }
    )
    return synthesise(tmp_path_factory.mktemp("laptop"), settings)


@pytest.fixture(scope="session")
def anchored(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """As deployed to AWS with recipients of checkpoints."""
    settings = DeploymentSettings.from_context(
        {
            "libraries": "left-out",
            "anchor_emails": "works.council@x.example, notary@y.example",
            "anchor_bucket": "anchors-elsewhere",
            "timestamp_url": "https://tsa.example/tsr",
        }
    )
    return synthesise(tmp_path_factory.mktemp("anchored"), settings)
