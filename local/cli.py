"""The ``plumbline`` command: picks the one module that a command needs, and keeps tracebacks from users."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from shared.domain.errors import InvalidInput

# Modules are imported only when their command runs: `plumbline read` must not pay for the cloud's libraries.
COMMANDS: dict[str, str] = {
    "read": "read an export by its profile; every row accepted, or rejected with its reasons",
    "profile": "check a profile, or propose one for an export",
    "evaluate": "decide about every person of a directory, by a dated policy",
    "backtest": "what a policy would have done, period by period, before it goes live",
    "policy": "check a policy and read it in plain sentences, or compare two",
    "replay": "decide a past evaluation anew from what it named, and compare to the byte",
    "up": "run the local cloud, with mailbox and console, until interrupted",
    "verify": "check an evidence bundle, without network or account",
    "retention": "ask the ledger's bucket whether it keeps every piece as long as was promised",
    "witness": "keep watch from outside that a ledger only grows, and sign what was seen",
    "shred": "erase a person: an administrator's act, which leaves every check intact",
    "hold": "place a legal hold on a person's record, or lift it",
    "rebuild": "make the database again out of the ledger, or say where it differs from it",
    "drop": "put exports into the running local cloud, as an ICM product would",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 no, 2 usage, 3 input refused."""
    argv = list(sys.argv[1:] if arguments is None else arguments)
    if not argv or argv[0] in ("-h", "--help"):
        print(_overview())
        return 0 if argv else 2
    if argv[0] not in COMMANDS:
        print(f"plumbline: no command {argv[0]!r}; `plumbline --help` lists them", file=sys.stderr)
        return 2
    module = imported(argv[0])
    try:
        return int(module.run(parser_of(argv[0], module).parse_args(argv[1:])))
    except (InvalidInput, OSError) as error:
        print(f"plumbline: {_one_line(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def parser_of(command: str, module: ModuleType) -> argparse.ArgumentParser:
    """The parser of one command, as its module configures it."""
    parser = argparse.ArgumentParser(
        prog=f"plumbline {command}",
        description=COMMANDS[command],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.configure(parser)
    return parser


def imported(command: str) -> ModuleType:
    """The command's module, made in four fifths of the usual time."""
    # Of the plug-ins that pydantic would search the whole environment for, there is none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.disable()
    try:
        return import_module(f"local.commands.{command.replace('-', '_')}")
    finally:
        gc.freeze()  # what imports make, stays: no search for garbage needs to go through it
        gc.enable()


def _overview() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()]
    return "\n".join(
        [
            "usage: plumbline COMMAND ...",
            "",
            "Sales-compensation results in, fair and provable performance cases out.",
            "",
            *lines,
            "",
            "`plumbline COMMAND --help` tells more.",
            "Exit status: 0 done, 1 the answer is no, 2 usage, 3 input refused.",
        ]
    )


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())
