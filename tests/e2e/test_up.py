"""`plumbline up` and `plumbline drop` as a user runs them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from local.cloud.engine import client
from tests.e2e.engine_trials import soon

PLUMBLINE = [sys.executable, "-c", "import sys; from local.cli import main; sys.exit(main())"]
# The fields of stack.json that other programs rely on.
PROMISED = {
    "endpoint", "region", "exports_bucket", "ledger_bucket", "table", "api_url", "mailbox_url", "console_url",
    "state_machines",
}  # fmt: skip
READY_SECONDS = 240


def up(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([*PLUMBLINE, "up", "--data", str(folder)], stderr=subprocess.PIPE, text=True)


def wait_ready(process: subprocess.Popen[str], folder: Path) -> dict[str, Any]:
    deadline = time.monotonic() + READY_SECONDS
    while not (folder / "stack.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"the cloud did not start: {process.communicate()[1]}")
        time.sleep(0.1)
    found: dict[str, Any] = json.loads((folder / "stack.json").read_text())
    return found


def end(process: subprocess.Popen[str], how: signal.Signals) -> int:
    os.kill(process.pid, how)
    process.communicate(timeout=60)
    return process.returncode


def drop(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PLUMBLINE, "drop", *arguments, "--data", str(folder)], capture_output=True, text=True, check=False
    )


def signs_in(info: dict[str, Any], name: str, password: str) -> bool:
    answer = client("cognito-idp", info["endpoint"]).initiate_auth(
        ClientId=info["user_pool_client_id"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": name, "PASSWORD": password},
    )
    return "IdToken" in answer["AuthenticationResult"]


def executions(info: dict[str, Any]) -> list[str]:
    flows = client("stepfunctions", info["endpoint"])
    found = flows.list_executions(stateMachineArn=info["state_machines"]["evaluation"])["executions"]
    inputs = (flows.describe_execution(executionArn=one["executionArn"])["input"] for one in found)
    return [json.loads(given)["detail"]["object"]["key"] for given in inputs]


def test_the_cloud_starts_reads_an_export_stops_and_continues_after_a_restart(tmp_path: Path) -> None:
    cloud, export = tmp_path / "cloud", tmp_path / "export.csv"
    export.write_bytes(b"no profile reads this\n")
    Path(f"{export}.manifest.json").write_text("{}")
    first = up(cloud)
    info = wait_ready(first, cloud)
    assert info.keys() >= PROMISED

    accounts = json.loads((cloud / "accounts.json").read_text())["accounts"]
    assert [one["group"] for one in accounts] == ["hr_partner", "hr_admin", "compensation", "auditor"]
    assert all(signs_in(info, one["name"], one["password"]) for one in accounts)
    # cdk.out holds copies of the program, and nobody else can enter the folder that it is in.
    data = (path for path in (cloud, *cloud.rglob("*")) if "cdk.out" not in path.parts)
    assert [path for path in data if path.stat().st_mode & 0o077] == []

    refused = subprocess.run(
        [*PLUMBLINE, "up", "--data", str(cloud)], capture_output=True, text=True, check=False
    )
    assert (refused.returncode, refused.stderr) == (
        1,
        f"plumbline: the local cloud of {cloud} is running already\n",
    )
    dropped = drop(cloud, "nobody", str(export))
    # The id of a batch: the first 16 hex digits of the SHA-256 of what was dropped.
    assert dropped.stdout == f"2a442b5737a2657a  {export}\n", dropped.stderr
    assert soon(lambda: "incoming/nobody/export.csv" in executions(info), 20)

    assert end(first, signal.SIGINT) == 0
    assert not (cloud / "stack.json").exists()
    assert drop(cloud, "nobody", str(export)).returncode == 2

    second = up(cloud)
    again = wait_ready(second, cloud)
    assert again == info
    objects = client("s3", again["endpoint"]).list_objects_v2(Bucket=again["exports_bucket"])["Contents"]
    assert [found["Key"] for found in objects] == [
        "incoming/nobody/export.csv",
        "incoming/nobody/export.csv.manifest.json",
    ]
    assert end(second, signal.SIGTERM) == 0
