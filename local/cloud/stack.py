"""The local cloud as a whole: engine, deployment and gateway over a folder that keeps their state."""

import fcntl
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from local.cloud import engine as engines
from local.cloud import product_clock
from local.cloud.accounts import NewAccount, first_accounts
from local.cloud.deploy import deploy
from local.cloud.engine import REGION, Engine, free_port, steady_port
from local.cloud.gateway import Gateway
from local.cloud.private_files import private_folder, write_json
from local.cloud.resume import resume
from shared.domain.errors import InvalidInput
from shared.runtime.clock import ScaledClock

STATE_MACHINES = {"evaluation": "EvaluationStateMachine", "case": "CaseStateMachine"}


class AlreadyRunning(RuntimeError):
    """Another process runs the cloud of this folder."""


@dataclass(frozen=True)
class Stack:
    """A running local cloud. ``info`` is the content of ``stack.json``."""

    folder: Path
    engine: Engine
    info: dict[str, Any]
    accounts: list[NewAccount]
    """The account of each role, as created with the folder."""

    @property
    def endpoint(self) -> str:
        return self.engine.endpoint

    def client(self, service: str) -> Any:
        """A boto3 client of this cloud."""
        return self.engine.client(service)

    def mails(self) -> list[dict[str, Any]]:
        """The sent mails, oldest first, as in ``messages.json``."""
        from local.cloud.mailbox import read_mails

        return [mail.as_json() for mail in read_mails(self.engine.mails())]


@contextmanager
def running_stack(
    folder: Path,
    clock_rate: int | None = None,
    fresh: bool = False,
    say: Callable[[str], None] = lambda _: None,
    config: Path | None = None,
    context: Mapping[str, str] | None = None,
) -> Iterator[Stack]:
    """Start the cloud of a folder and deploy what has changed; stop everything at the end.

    ``clock_rate`` applies to a new folder. An existing one keeps its rate, because deadlines depend on it.
    ``fresh`` deletes the folder's content first. ``config``: a folder of policies and profiles in place of
    the project's own. ``context``: further settings of the deployment, as on the CDK's command line.
    """
    folder = folder.resolve()
    with private_folder(folder), _exclusive(folder):
        if fresh:
            _empty(folder)
        _mark_stopped(folder)
        settings = _settings(folder, clock_rate)
        settings |= {port: settings[port] or steady_port() for port in ("engine_port", "front_port")}
        write_json(folder / "settings.json", settings)
        rate, first_origin = settings["clock_rate"], datetime.fromisoformat(settings["clock_origin"])
        front_port = _front_port(settings["front_port"], say)
        origin = product_clock.origin_of(folder, first_origin, rate, product_clock.now())
        engine = Engine(
            folder / "engine",
            port=free_port(settings["engine_port"]),
            origins=[
                *(f"http://{host}:{front_port}" for host in ("127.0.0.1", "localhost")),
                *filter(None, (context or {}).get("console_origins", "").split(",")),
            ],
            clock=ScaledClock(rate, origin),
        )
        say("starting the engine")
        with (
            product_clock.kept(folder, rate, origin),
            engine,
            Gateway(front_port, engine.mails) as gateway,
        ):
            given = {
                "stage": "local",
                "clock_rate": str(settings["clock_rate"]),
                "clock_origin": settings["clock_origin"],
                "public_url": gateway.url,
                "console_url": f"{gateway.url}/console",
                "console_origins": gateway.url,
            }
            if config is not None:
                given["config"] = str(config.resolve())
            given |= context or {}
            clock = {"rate": rate, "origin": _text(origin)}
            info = _describe(engine, gateway, clock, deploy(engine, folder, given, say))
            gateway.api_url = info["api_url"]
            gateway.console = {
                "api_url": gateway.url,
                "cognito_endpoint": engine.endpoint,
                "client_id": info["user_pool_client_id"],
                "region": REGION,
            }
            resume(engine, info["state_machines"]["evaluation"])
            accounts = first_accounts(folder, info, engine.client("cognito-idp"))
            write_json(folder / "stack.json", info)
            try:
                yield Stack(folder, engine, info, accounts)
            finally:
                _mark_stopped(folder)


def read_stack(folder: Path) -> dict[str, Any]:
    """The ``stack.json`` of a running cloud. Raises InvalidInput if no cloud runs."""
    try:
        return dict(json.loads((folder / "stack.json").read_text()))
    except FileNotFoundError:
        raise InvalidInput(f"no local cloud runs over {folder}; `plumbline up` starts one") from None


def client(service: str, info: dict[str, Any]) -> Any:
    """A boto3 client of the cloud that ``info`` describes."""
    return engines.client(service, info["endpoint"])


def _describe(
    engine: Engine, gateway: Gateway, clock: dict[str, Any], outputs: dict[str, str]
) -> dict[str, Any]:
    """The contents of ``stack.json``."""
    api_id = outputs["ApiUrl"].partition("://")[2].partition(".")[0]
    return {
        "endpoint": engine.endpoint,
        "region": REGION,
        "exports_bucket": outputs["ExportsBucket"],
        "ledger_bucket": outputs["LedgerBucket"],
        "facts_bucket": outputs["FactsBucket"],
        "table": outputs["Table"],
        "api_url": f"{engine.endpoint}/_aws/execute-api/{api_id}/$default",
        "public_url": gateway.url,
        "mailbox_url": f"{gateway.url}/mail",
        "console_url": f"{gateway.url}/console",
        "state_machines": {name: outputs[output] for name, output in STATE_MACHINES.items()},
        "user_pool_id": outputs["UserPoolId"],
        "user_pool_client_id": outputs["UserPoolClientId"],
        "clock": clock,
    }


def _settings(folder: Path, clock_rate: int | None) -> dict[str, Any]:
    """The ports and the clock of a folder. They never change, so that links and deadlines stay valid."""
    path = folder / "settings.json"
    if not path.exists():
        return {
            "engine_port": None,
            "front_port": None,
            "clock_rate": clock_rate or 1,
            "clock_origin": _text(product_clock.now()),
        }
    settings: dict[str, Any] = json.loads(path.read_text())
    if clock_rate not in (None, settings["clock_rate"]):
        raise InvalidInput(
            f"the clock of {folder} runs at {settings['clock_rate']} times real time, and its deadlines"
            f" depend on that; for a rate of {clock_rate} use another --data folder"
        )
    return settings


def _front_port(kept: int, say: Callable[[str], None]) -> int:
    """The port of the links in mails: the folder's own, or for this time another one."""
    port = free_port(kept)
    if port != kept:
        say(
            f"another program listens on port {kept}, which the links in earlier mails name; they open again"
            f" when it ends and the cloud restarts. Until then the port is {port}"
        )
    return port


def _text(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


@contextmanager
def _exclusive(folder: Path) -> Iterator[None]:
    """Allow one cloud for each folder, by a file lock that the process releases however it ends."""
    with (folder / "lock").open("a") as lock:
        if not _locked(lock):
            raise AlreadyRunning(f"the local cloud of {folder} is running already")
        yield


def _locked(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        if path.name == "lock":
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _mark_stopped(folder: Path) -> None:
    """Delete ``stack.json``, whose presence means that the cloud is ready."""
    (folder / "stack.json").unlink(missing_ok=True)
