"""Deploys the template to the local cloud with the CDK's command line, then sets what the engine dropped."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from local import node
from local.cloud.engine import ACCOUNT, REGION, Engine, loopback_environment

ROOT = Path(__file__).parents[2]
STACK: Final = "Plumbline"
# The inputs of a deployment. If none has changed, deploying is skipped.
SOURCES = ("app.py", "cdk.json", "infra", "functions", "shared", "config", "requirements/function.txt")


class DeployFailed(RuntimeError):
    """The CDK failed. The message ends with its relevant lines."""


def deploy(
    engine: Engine, folder: Path, context: Mapping[str, str], say: Callable[[str], None]
) -> dict[str, str]:
    """Deploy the stack if anything has changed since the last time. Returns the stack's outputs."""
    record = folder / "deployed.json"
    wanted = _digest(context)
    if record.exists():
        before = json.loads(record.read_text())
        if before["digest"] == wanted and _is_deployed(engine):
            return dict(before["outputs"])
    say("preparing the account for the CDK")
    _cdk(engine, folder, "bootstrap", f"aws://{ACCOUNT}/{REGION}")
    say("deploying the template")
    assembly, outputs = folder / "cdk.out", folder / "outputs.json"
    arguments = [
        "--app",
        f"{sys.executable} app.py",
        "--output",
        str(assembly),
        "--outputs-file",
        str(outputs),
    ]
    for name, value in context.items():
        arguments += ["--context", f"{name}={value}"]
    _cdk(engine, folder, "deploy", STACK, "--require-approval", "never", *arguments)
    set_object_lock(engine, json.loads((assembly / f"{STACK}.template.json").read_text()))
    deployed = dict(json.loads(outputs.read_text())[STACK])
    part = record.with_suffix(".part")
    part.write_text(json.dumps({"digest": wanted, "outputs": deployed}))
    part.replace(record)
    return deployed


def set_object_lock(engine: Engine, template: Mapping[str, Any]) -> None:
    """Set each bucket's Object Lock as in the template, and check that it is in effect."""
    s3, cloudformation = engine.client("s3"), engine.client("cloudformation")
    for logical_id, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        if resource["Type"] != "AWS::S3::Bucket" or not properties.get("ObjectLockEnabled"):
            continue
        wanted = properties.get("ObjectLockConfiguration", {"ObjectLockEnabled": "Enabled"})
        detail = cloudformation.describe_stack_resource(StackName=STACK, LogicalResourceId=logical_id)
        bucket = detail["StackResourceDetail"]["PhysicalResourceId"]
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=wanted)
        found = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
        if found != wanted:
            raise DeployFailed(f"Object Lock of bucket {bucket} should be {wanted} and is {found}")


def _is_deployed(engine: Engine) -> bool:
    cloudformation = engine.client("cloudformation")
    for stack in cloudformation.describe_stacks()["Stacks"]:
        if stack["StackName"] == STACK:
            return str(stack["StackStatus"]) in ("CREATE_COMPLETE", "UPDATE_COMPLETE")
    return False


def _cdk(engine: Engine, folder: Path, *arguments: str) -> None:
    """Run the CDK's command line against the engine. Its output goes to DIR/deploy.log."""
    environment = loopback_environment() | {
        name: node.environment()[name] for name in node.environment() if name == "PATH" or "JSII" in name
    }
    environment |= {
        "AWS_ENDPOINT_URL": engine.endpoint,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        # The machine's own AWS configuration must not redirect this deployment.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "1",
    }
    # In a folder with an app `bootstrap` would synthesise it for nothing.
    directory = folder if arguments[0] == "bootstrap" else ROOT
    done = subprocess.run(
        [ROOT / "node_modules/.bin/cdk", *arguments, "--ci", "--no-notices", "--no-color"],
        cwd=directory,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    log = folder / "deploy.log"
    with log.open("a") as lines:
        lines.write(done.stdout)
    if done.returncode != 0:
        raise DeployFailed(
            f"cdk {arguments[0]} failed; its whole output is in {log}\n{_reasons(done.stdout)}"
        )


def _reasons(output: str) -> str:
    """The lines of the output that contain an error; if there are none, the last lines."""
    lines = output.rstrip().splitlines()
    errors = [line for line in lines if "_FAILED" in line or "[Error" in line or "Error:" in line]
    return "\n".join(dict.fromkeys(errors[:10] or lines[-10:]))


def _digest(context: Mapping[str, str]) -> str:
    """The digest of all inputs of a deployment."""
    digest = hashlib.sha256(json.dumps(dict(context), sort_keys=True).encode())
    sources = [ROOT / source for source in SOURCES]
    sources += [Path(context["config"])] if "config" in context else []
    for path in sorted(_files(sources)):
        digest.update(os.path.relpath(path, ROOT).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(sources: Iterable[Path]) -> Iterator[Path]:
    for path in sources:
        inside = path.rglob("*") if path.is_dir() else [path]
        yield from (file for file in inside if file.is_file() and "__pycache__" not in file.parts)
