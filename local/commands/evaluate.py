"""``plumbline evaluate``: decide about every person, from files that ``plumbline read`` wrote."""

import argparse
import gc
import hashlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from functions.evaluate.decisions.columnar import Decided, assess_files, decide_many, summarise_many
from functions.evaluate.decisions.directory_columns import Directory
from functions.evaluate.decisions.population import merge
from functions.evaluate.decisions.window_rules import Window
from local.evaluation_files import read_chunks, read_policy, write_whole
from shared.domain.period import Period
from shared.domain.policy import Policy

EPILOG = """\
examples:
  plumbline read varicent.yaml attainment-2026-09.csv --out read/2026-09
  plumbline evaluate field-sales.yaml --people people/accepted.jsonl \\
      --facts read/*/accepted.jsonl --period 2026-09 --out decisions.jsonl

Where several facts files have the same rep and period, the last one wins, so give them in the order in which
they became known. The result has one line for each person of the people file, sorted by rep_id. The same
policy and files give the same bytes on every machine; their SHA-256 is printed in the form of sha256sum.

Exit status: 0 done; 2 for a policy, a period or a file that cannot be used, with one line that says why.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("policy", type=Path, metavar="POLICY.yaml", help="the policy to evaluate")
    parser.add_argument("--people", type=Path, required=True, help="accepted.jsonl of a people export")
    parser.add_argument(
        "--facts",
        type=Path,
        nargs="+",
        action="extend",
        required=True,
        help="accepted.jsonl of attainment exports",
    )
    parser.add_argument("--period", required=True, help="the period to evaluate: 2026-09 or 2026-Q3")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="decisions.jsonl", help="where to write the decisions"
    )


def run(args: argparse.Namespace) -> int:
    policy = read_policy(args.policy)
    period = policy.require_period(args.period)
    # The evaluation makes no reference cycles, and searching for them would take a third of the time.
    gc.disable()
    try:
        return _evaluate(args, policy, period)
    finally:
        gc.enable()


def _evaluate(args: argparse.Namespace, policy: Policy, period: Period) -> int:
    window = Window(policy, period)
    directory = Directory(policy, read_chunks(args.people), str(args.people))
    assessed = assess_files(window, directory, ((str(path), read_chunks(path)) for path in args.facts))
    population = merge(policy, [summarise_many(window, assessed)])
    digest = hashlib.sha256()
    write_whole(args.out, _digested(decide_many(window, assessed, population), digest.update))
    if args.out.is_file():
        print(f"{digest.hexdigest()}  {args.out}")
    return 0


def _digested(decided: Iterable[Decided], update: Callable[[bytes], None]) -> Iterator[bytes]:
    for some in decided:
        lines = some.lines()
        update(lines)
        yield lines
