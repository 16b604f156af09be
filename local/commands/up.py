"""`plumbline up`: the local cloud, in the foreground, until it is interrupted."""

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

When the table is printed, DIR/stack.json says the same to programs. Interrupt it (Ctrl-C) to stop; what was
accepted is kept in DIR, and `plumbline up` on the same DIR goes on where it stopped.
A clock that runs faster makes a month of deadlines pass in minutes; a new DIR chooses its rate once.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument(
        "--data", metavar="DIR", type=Path, default=Path(".plumbline"), help="default: .plumbline"
    )
    parser.add_argument(
        "--clock-rate", metavar="N", type=_rate, help="how many times faster its days pass; 1"
    )


def run(args: argparse.Namespace) -> int:
    console = Console(stderr=True)
    # Both ways of asking it to end take the same orderly way out.
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
            console.print(f"ready after {time.monotonic() - began:.0f} s; Ctrl-C stops it")
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
    # A second signal must not cut short what the first one began.
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise KeyboardInterrupt


def _rate(text: str) -> int:
    rate = int(text)
    if rate < 1:
        raise ValueError("a clock's rate is 1 or more")
    return rate


def _table(stack: Stack) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    # An address that is cut cannot be opened.
    table.add_column(overflow="fold")
    info = stack.info
    table.add_row("mailbox", info["mailbox_url"] + "/")
    table.add_row("console", info["console_url"] + "/")
    table.add_row("API", info["api_url"])
    table.add_row(
        "exports go to", f"s3://{info['exports_bucket']}/incoming/PROFILE/FILE, or `plumbline drop`"
    )
    table.add_row("AWS endpoint", f"{info['endpoint']} ({info['region']})")
    table.add_row(
        "clock", f"{info['clock']['rate']} times the world's" if info["clock"]["rate"] > 1 else "the world's"
    )
    table.add_row("kept in", str(stack.folder))
    return table
