"""The ``plumbline`` command: imports only the subcommand that runs, and prints errors as one line."""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType

from shared.domain.errors import InvalidInput

# A module is imported only when its command runs: `plumbline read` must not load the cloud's libraries.
COMMANDS: dict[str, str] = {
    "read": "read an export by its profile: accept each row, or reject it with the reasons",
    "profile": "check a profile, or propose one for an export",
    "evaluate": "evaluate every person of a directory by a policy",
    "backtest": "report what a policy would have decided in past periods",
    "pace": "estimate how an unfinished period will end, person by person, and check such estimates",
    "policy": "check a policy and explain it in plain sentences, or compare two",
    "replay": "re-run a past evaluation from its pinned inputs and compare the result byte for byte",
    "up": "run the local cloud with its mailbox and console until it is interrupted",
    "verify": "verify an evidence bundle, without a network or an account",
    "retention": "check that every object of the ledger is locked for the promised time",
    "witness": "check from outside that a ledger has only grown, and sign the checkpoint seen",
    "shred": "erase a person's data, as an administrator; the ledger can still be verified",
    "hold": "place a legal hold on a person's record, or lift it",
    "rebuild": "rebuild the table from the ledger, or report where they differ",
    "account": "add, list or disable the accounts of the running local cloud",
    "drop": "drop exports into the running local cloud, as an ICM product would",
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Exit status: 0 success, 1 negative result, 2 wrong usage, 3 input refused."""
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
    """Import the command's module, a fifth faster than usual."""
    # Pydantic would search the whole environment for plug-ins. There are none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    gc.disable()
    try:
        return import_module(f"local.commands.{command.replace('-', '_')}")
    finally:
        gc.freeze()  # imported objects live until the end, so the collector need not scan them
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
            "`plumbline COMMAND --help` describes one command.",
            "Exit status: 0 success, 1 negative result, 2 wrong usage, 3 input refused.",
        ]
    )


def _one_line(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    return " ".join(str(error).split())
