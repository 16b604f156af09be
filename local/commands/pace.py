"""``plumbline pace``: how an unfinished period goes, from files that ``plumbline read`` wrote."""

import argparse
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path

from functions.evaluate.decisions.directory_columns import Directory
from functions.evaluate.decisions.pace import pace_lines
from functions.evaluate.decisions.pace_check import PaceCheck, Tally, check_pace, report
from functions.evaluate.decisions.pace_days import Snapshot
from local.evaluation_files import read_chunks, read_policy, write_whole
from shared.domain.errors import InvalidInput
from shared.domain.policy import Pace, Policy

EPILOG = """\
examples:
  plumbline pace field-sales.yaml --people people/accepted.jsonl --facts read/*/accepted.jsonl \\
      --snapshot 2026-09-17=read/0917/accepted.jsonl 2026-10-16=read/1016/accepted.jsonl \\
      --period 2026-10 --as-of 2026-10-18 --out pace.jsonl
  plumbline pace field-sales.yaml --people people/accepted.jsonl --facts read/*/accepted.jsonl \\
      --snapshot 2026-08-18=read/0818/accepted.jsonl 2026-09-17=read/0917/accepted.jsonl --check

A snapshot is what was known at the end of its day: DAY=FILE. The facts are the final figures of past periods.
Of several facts files, and of several snapshots of one day, a later one supersedes an earlier one, rep by rep
and period by period. Pace opens no case and enters no decision. docs/explanation/pace.md has the method.

--check projects each past period as if live, at every tenth of its business days, from the periods before it.
It prints, by group and by elapsed share: how many people had a band; the share of them that ended inside it,
below it and above it; and how many were called behind, at risk or on pace, with the share of each that ended
under the policy's pace.below. A group with too little history of its own is compared with everybody's band.

Exit status: 0 done; 2 for a policy, a period or a file that cannot be used, with one line that says why.
"""
_SNAPSHOT = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})=(.+)", re.DOTALL)


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("policy", type=Path, metavar="POLICY.yaml", help="the policy, with its key pace")
    parser.add_argument("--people", type=Path, required=True, help="accepted.jsonl of a people export")
    parser.add_argument(
        "--facts",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        help="accepted.jsonl of exports, final for past periods",
    )
    parser.add_argument(
        "--snapshot",
        nargs="+",
        action="extend",
        required=True,
        metavar="DAY=FILE",
        help="accepted.jsonl of an export, and the day at whose end it was known",
    )
    parser.add_argument(
        "--period",
        help="the unfinished period, such as 2026-10 or 2026-Q4; with --check: try only periods before it",
    )
    parser.add_argument("--as-of", metavar="DAY", help="the day of the period from which to look ahead")
    parser.add_argument("--out", type=Path, metavar="pace.jsonl", help="the result")
    parser.add_argument(
        "--check", action="store_true", help="compare the bands of past periods with how these ended"
    )
    parser.add_argument("--json", action="store_true", help="with --check: print the counts as JSON")


def run(args: argparse.Namespace) -> int:
    policy = read_policy(args.policy)
    terms = policy.require_pace()
    snapshots = [_snapshot(text) for text in args.snapshot]
    if args.check:
        return _check(args, policy, terms, snapshots)
    for option in ("period", "as_of", "out"):
        if getattr(args, option) is None:
            raise InvalidInput(f"--{option.replace('_', '-')} is missing; only --check does without it")
    if args.json:
        raise InvalidInput("--json belongs to --check")
    period, as_of = policy.require_period(args.period), _day(args.as_of, "--as-of")
    directory = Directory(policy, read_chunks(args.people), str(args.people), terms.group_by)
    lines = pace_lines(policy, period, as_of, directory, _facts(args.facts), snapshots)
    digest = hashlib.sha256()
    write_whole(args.out, _digested(lines, digest.update))
    if args.out.is_file():
        print(f"{digest.hexdigest()}  {args.out}")
    return 0


def _check(args: argparse.Namespace, policy: Policy, terms: Pace, snapshots: Sequence[Snapshot]) -> int:
    for option in ("as_of", "out"):
        if getattr(args, option) is not None:
            raise InvalidInput(f"--{option.replace('_', '-')} does not go with --check, which prints")
    before = None if args.period is None else policy.require_kind(args.period)
    directory = Directory(policy, read_chunks(args.people), str(args.people), terms.group_by)
    check = check_pace(policy, directory, _facts(args.facts), snapshots, before)
    if args.json:
        print(json.dumps(report(policy, check), indent=2))
    else:
        _print_tables(policy, terms, check)
    return 0


def _print_tables(policy: Policy, terms: Pace, check: PaceCheck) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if not check.periods:
        console.print("Nobody had a band in any past period: the history before each is too short.")
        return
    first, last = check.periods[0], check.periods[-1]
    table = Table(title=f"{policy.ref}: bands with coverage {terms.coverage}, {first} to {last}")
    words = ("behind, under", "at risk, under", "on pace, under")
    for heading in ("group", "elapsed", "people", "inside", "below", "above", *words):
        table.add_column(heading, justify="left" if heading == "group" else "right", overflow="fold")
    for key, share, tally in check.groups:
        group = "everybody" if key is None else ", ".join(value or "(empty)" for value in key) or "one group"
        table.add_row(group, f"{float(share):.1f}", *_cells(tally))
    table.add_section()
    table.add_row("everybody", "all", *_cells(check.whole))
    console.print(table)
    console.print(
        f"under: the share of the people called so who ended under {terms.below} of quota. below, above: "
        "the share of the people with a band who ended on that side of it."
    )


def _cells(tally: Tally) -> Iterator[str]:
    yield str(tally.projected)
    for count in (tally.inside, tally.ended_below, tally.ended_above):
        yield _percent(count, tally.projected)
    for called, came_true in (
        (tally.behind, tally.behind_came_true),
        (tally.at_risk, tally.at_risk_came_true),
        (tally.on_pace, tally.on_pace_ended_under_the_bar),
    ):
        yield f"{called}, {_percent(came_true, called)}"


def _percent(count: int, of: int) -> str:
    return f"{100 * count / of:.1f} %" if of else "none"


def _snapshot(text: str) -> Snapshot:
    """``DAY=FILE``; the file is all that follows the first equals sign."""
    found = _SNAPSHOT.fullmatch(text)
    if found is None:
        raise InvalidInput(f"--snapshot {text}: write the day and the file, as in 2026-10-18=accepted.jsonl")
    path = Path(found[2])
    path.stat()  # A file that is not there is told even where it would not have to be opened.
    return Snapshot(_day(found[1], f"--snapshot {text}"), str(path), partial(read_chunks, path))


def _day(text: str, where: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise InvalidInput(f"{where}: {text!r} is not a day such as 2026-10-18")
    return day


def _facts(paths: Iterable[Path]) -> Iterator[tuple[str, Iterable[bytes]]]:
    return ((str(path), read_chunks(path)) for path in paths)


def _digested(lines: Iterable[bytes], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for line in lines:
        update(line)
        yield line
