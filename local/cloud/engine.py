"""Starts and stops the engine of the local cloud: a child process on loopback with its state in a folder."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from botocore.config import Config

from shared.runtime.clock import ScaledClock

REGION = "eu-central-1"
ACCOUNT = "000000000000"
START_SECONDS = 60.0
STOP_SECONDS = 30.0
# The number of Lambdas that run at once, each in a Python process. Further calls wait.
CONCURRENT_LAMBDAS = 6
# Loopback is reached without the machine's proxy.
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


# Variables for `local.cloud.engine_patches`.
ORIGINS = "PLUMBLINE_LOCAL_ORIGINS"
CLOCK = "PLUMBLINE_LOCAL_CLOCK"


class EngineFailed(RuntimeError):
    """The engine did not start, or ended by itself. The message names its log."""


# Outside the range from which systems take ports for outgoing connections, so that they stay free.
STEADY_PORTS = range(20000, 30000)


def steady_port() -> int:
    """A free loopback port that is likely to be free again after a restart."""
    return free_port(secrets.choice(STEADY_PORTS))


def free_port(preferred: int | None = None) -> int:
    """The preferred loopback port if it is free, otherwise any free port."""
    for port in filter(None, (preferred, 0)) if preferred else (0,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    return free_port()


def client(service: str, endpoint: str) -> Any:
    """A boto3 client of a local cloud. Path-style, because its buckets have no host names."""
    return boto3.client(  # type: ignore[call-overload]  # the service is any string here
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="local",
        config=Config(s3={"addressing_style": "path"}, retries={"mode": "standard"}, proxies={}),
    )


def loopback_environment() -> dict[str, str]:
    """The environment without AWS settings and proxies, which would direct a child process elsewhere."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("AWS_") and not name.lower().endswith("_proxy")
    }


class Engine:
    """One engine over one folder. ``with Engine(folder) as engine`` starts and stops it.

    ``patched=False`` starts MiniStack as it comes, for tests of its differences from AWS. ``origins``: the
    sites whose pages may call the engine. ``clock``: the product's time, for schedules and functions.
    """

    def __init__(
        self,
        folder: Path,
        port: int | None = None,
        patched: bool = True,
        *,
        origins: Sequence[str] = (),
        clock: ScaledClock | None = None,
    ) -> None:
        self.folder = folder.resolve()
        self.port = port or free_port()
        self.log = self.folder / "engine.log"
        self._patched = patched
        self._origins = tuple(origins)
        self._clock = clock or ScaledClock()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the engine and wait until it answers."""
        if free_port(self.port) != self.port:
            raise EngineFailed(f"another program listens on port {self.port}")
        self.folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self._scratch, ignore_errors=True)
        self._scratch.mkdir()
        program = "local.cloud.launcher" if self._patched else "ministack"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", program],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=self._environment(),
                cwd=Path(__file__).parents[2],
                # Ctrl-C must reach only the parent, which then stops the engine in order.
                start_new_session=True,
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise EngineFailed(f"the local cloud did not start; see {self.log}")
            time.sleep(0.05)

    def stop(self) -> None:
        """Let the engine save its state and end. Kill it if it does not end."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def kill(self) -> None:
        """Kill the engine, as a power cut would. Unsaved state is lost."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            assert process.stdin is not None
            process.stdin.close()

    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def client(self, service: str) -> Any:
        return client(service, self.endpoint)

    def mails(self) -> list[dict[str, Any]]:
        """All sent mails in the engine's own form, oldest first."""
        with DIRECT.open(f"{self.endpoint}/_ministack/ses/messages", timeout=10) as reply:
            messages = json.load(reply)["messages"]
        return sorted(
            (mail for mails in messages.values() for mail in mails), key=lambda mail: mail["Timestamp"]
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _scratch(self) -> Path:
        """Where the engine unpacks functions. Emptied at start and stop, because the engine does not."""
        return self.folder / "scratch"

    def _answers(self) -> bool:
        try:
            with DIRECT.open(f"{self.endpoint}/_ministack/health", timeout=2):
                return True
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def _environment(self) -> dict[str, str]:
        return loopback_environment() | {
            ORIGINS: json.dumps([self.endpoint, *self._origins]),
            CLOCK: json.dumps({"rate": self._clock.rate, "origin": _text(self._clock.origin)}),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "MINISTACK_REGION": REGION,
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "AWS_DEFAULT_REGION": REGION,
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.folder / "state"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.folder / "s3"),
            "TMPDIR": str(self._scratch),
            "LAMBDA_ACCOUNT_CONCURRENCY": str(CONCURRENT_LAMBDAS),
            "LAMBDA_WARM_TTL_SECONDS": "120",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "DOCKER_HOST": "unix:///nonexistent",
            "LOG_LEVEL": "INFO",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        }


def _text(origin: datetime | None) -> str | None:
    return None if origin is None else origin.isoformat()
