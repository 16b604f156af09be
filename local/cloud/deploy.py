"""Deploys the template to the local cloud by the CDK's own command line, and adds what the engine drops."""

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
# What a deployment is made of: when none of it changed, there is nothing to deploy.
SOURCES = ("app.py", "cdk.json", "infra", "functions", "shared", "config", "requirements/function.txt")


class DeployFailed(RuntimeError):
    """The CDK said no; the message ends with its last lines."""


def deploy(
    engine: Engine, folder: Path, context: Mapping[str, str], say: Callable[[str], None]
) -> dict[str, str]:
    """Deploy the stack, if anything changed since the last time, and return its outputs."""
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
    add_what_the_engine_drops(engine, json.loads((assembly / f"{STACK}.template.json").read_text()))
    deployed = dict(json.loads(outputs.read_text())[STACK])
    part = record.with_suffix(".part")
    part.write_text(json.dumps({"digest": wanted, "outputs": deployed}))
    part.replace(record)
    return deployed


def add_what_the_engine_drops(engine: Engine, template: Mapping[str, Any]) -> None:
    """Give each bucket the Object Lock of its template, and see that it has it."""
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
    """Run the CDK's command line against the engine; its words go to DIR/deploy.log."""
    environment = loopback_environment() | {
        name: node.environment()[name] for name in node.environment() if name == "PATH" or "JSII" in name
    }
    environment |= {
        "AWS_ENDPOINT_URL": engine.endpoint,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": ACCOUNT,
        "AWS_SECRET_ACCESS_KEY": "local",
        # Nothing of the machine's own account may lead this deployment elsewhere.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DISABLE_VERSION_CHECK": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "1",
    }
    # `bootstrap` is run from a folder without an app, which it would else synthesise for nothing.
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
        raise DeployFailed(f"cdk {arguments[0]} failed; all of it is in {log}\n{_reasons(done.stdout)}")


def _reasons(words: str) -> str:
    """The lines that say what went wrong, of the hundreds that tell what went on; else the last ones."""
    lines = words.rstrip().splitlines()
    telling = [line for line in lines if "_FAILED" in line or "[Error" in line or "Error:" in line]
    return "\n".join(dict.fromkeys(telling[:10] or lines[-10:]))


def _digest(context: Mapping[str, str]) -> str:
    """Names all that a deployment is made of, so that the next one knows whether anything changed."""
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
