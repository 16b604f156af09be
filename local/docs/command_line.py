"""The page of the command line, read from the parsers that ``plumbline`` itself uses."""

import argparse
from collections.abc import Iterator

from local.cli import COMMANDS, imported, parser_of
from local.docs.markdown import block, code, page, table


def command_line() -> str:
    overview = table(("command", "does"), ([f"[`{name}`](#{name})", COMMANDS[name]] for name in COMMANDS))
    exits = (
        "Exit status 0: done. 1: the answer is no. 2: wrong usage, or a file that cannot be used. "
        "3: the input was refused. A command that uses other numbers says so."
    )
    commands = (part for name in COMMANDS for part in _command(name, parser_of(name, imported(name)), "##"))
    return page("Command line", "the parsers in local/commands", exits, overview, *commands)


def _command(name: str, parser: argparse.ArgumentParser, level: str, help: str = "") -> Iterator[str]:
    yield f"{level} {name}"
    if said := parser.description or help:
        yield _sentence(said)
    yield block(_usage(parser))
    verbs = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    rows = [row for action in parser._actions if action not in verbs for row in _row(action)]
    if rows:
        yield table(("argument", "meaning", "default"), rows)
    if parser.epilog:
        yield block(parser.epilog)
    for action in verbs:
        says = {choice.dest: choice.help or "" for choice in action._choices_actions}
        for verb, under in action.choices.items():
            yield from _command(f"{name} {verb}", under, level + "#", says.get(verb, ""))


def _row(action: argparse.Action) -> Iterator[list[str]]:
    if isinstance(action, argparse._HelpAction):
        return
    names = ", ".join(map(code, action.option_strings))
    value = _value(action)
    named = f"{names} {code(value)}" if names and value else names or code(value)
    default = action.default
    shown = "" if default is None or default is False or default == [] else code(str(default))
    yield [named, action.help or "", "required" if names and action.required else shown]


def _value(action: argparse.Action) -> str:
    """What stands for the argument's value; empty for a switch."""
    if action.nargs == 0:
        return ""
    name = action.metavar if isinstance(action.metavar, str) else None
    return name or (action.dest.upper() if action.option_strings else action.dest)


def _usage(parser: argparse.ArgumentParser) -> str:
    """The usage in one form; argparse prints another one under each version of Python."""
    parts = [parser.prog]
    for action in parser._actions:
        if isinstance(action, argparse._HelpAction):
            continue
        if isinstance(action, argparse._SubParsersAction):
            parts.append(f"{' | '.join(action.choices)} ...")
            continue
        value = _value(action)
        value += " ..." if action.nargs in ("+", "*") else ""
        text = " ".join([*action.option_strings[-1:], *([value] if value else [])])
        parts.append(text if action.required else f"[{text}]")
    return " ".join(parts)


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[0].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")
