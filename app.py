"""The CDK app: one stack, configured by the CDK's context and checked by cdk-nag's rules."""

from aws_cdk import App

from infra import nag
from infra.settings import DeploymentSettings
from infra.stack import PlumblineStack


def main() -> None:
    app = App()
    context = {name: app.node.try_get_context(name) for name in DeploymentSettings.model_fields}
    PlumblineStack(app, "Plumbline", DeploymentSettings.from_context(context))
    nag.check(app)
    app.synth()


if __name__ == "__main__":
    main()
