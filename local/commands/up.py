"""`plumbline up`: runs the local cloud in the foreground until it is interrupted."""

import argparse
import signal
import sys
import time
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table

from local.cloud.deploy import DeployFailed
from local.cloud.engine import EngineFailed
from local.cloud.stack import AlreadyRunning, Stack, running_stack

EPILOG = """examples:
  plumbline up
  plumbline up --data /tmp/trial --clock-rate 20000

The addresses are printed when the cloud is ready, and written to DIR/stack.json for programs.
Ctrl-C stops the cloud. DIR keeps its data, and `plumbline up` with the same DIR continues from there.
With a faster clock, a month of deadlines passes in minutes. The rate is set once, when DIR is new. While the
cloud is stopped, the product's time stands still.
A new DIR gets an account for each role. They stand for people of the sample in examples/varicent; their
passwords are printed, and kept in DIR/accounts.json. `plumbline account` adds others.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=Path(".plumbline"),
        help="folder for the data; default: .plumbline",
    )
    parser.add_argument(
        "--clock-rate",
        metavar="N",
        type=_rate,
        help="how many times faster than real time the clock runs; default: 1",
    )


def run(args: argparse.Namespace) -> int:
    console = Console(stderr=True)
    # Both signals stop the cloud in order.
    signal.signal(signal.SIGTERM, _interrupted)
    signal.signal(signal.SIGINT, _interrupted)
    began = time.monotonic()
    try:
        with (
            console.status("starting") as status,
            running_stack(
                args.data, args.clock_rate, say=lambda step: _say(console, status.update, step)
            ) as stack,
        ):
            status.stop()
            console.print(_table(stack))
            console.print(_accounts(stack))
            console.print(f"ready after {time.monotonic() - began:.0f} s; Ctrl-C stops the cloud")
            while stack.engine.is_running():
                time.sleep(0.5)
            print(f"plumbline: the engine ended by itself; see {stack.engine.log}", file=sys.stderr)
            return 1
    except KeyboardInterrupt:
        console.print("stopped")
        return 0
    except (AlreadyRunning, EngineFailed, DeployFailed) as error:
        print(f"plumbline: {error}", file=sys.stderr)
        return 1


def _say(console: Console, update: object, step: str) -> None:
    if console.is_terminal and callable(update):
        update(step)
    else:
        console.print(step)


def _interrupted(number: int, frame: FrameType | None) -> None:
    # A second signal must not interrupt the shutdown.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _rate(text: str) -> int:
    rate = int(text)
    if rate < 1:
        raise ValueError("the clock rate must be 1 or more")
    return rate


def _table(stack: Stack) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    # Fold long addresses. A truncated one could not be opened.
    table.add_column(overflow="fold")
    info = stack.info
    table.add_row("mailbox", info["mailbox_url"] + "/")
    table.add_row("console", info["console_url"] + "/")
    table.add_row("API", info["api_url"])
    table.add_row(
        "drop exports at", f"s3://{info['exports_bucket']}/incoming/PROFILE/FILE, or `plumbline drop`"
    )
    table.add_row("AWS endpoint", f"{info['endpoint']} ({info['region']})")
    table.add_row(
        "clock", f"{info['clock']['rate']} times real time" if info["clock"]["rate"] > 1 else "real time"
    )
    table.add_row("data folder", str(stack.folder))
    return table


def _accounts(stack: Stack) -> Table:
    table = Table("account", "password", "role", "person", box=None, padding=(0, 2, 0, 0))
    for account in stack.accounts:
        table.add_row(account.name, account.password, account.group, account.person or "")
    return table
