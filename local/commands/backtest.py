"""``plumbline backtest``: try a policy on past periods before it goes live."""

import argparse
import json
from pathlib import Path

from functions.evaluate.backtest import Backtest, backtest
from functions.evaluate.decisions.directory_columns import Directory
from local.evaluation_files import read_chunks, read_policy, write_whole
from shared.domain.errors import InvalidInput

EPILOG = """\
examples:
  plumbline backtest field-sales.yaml --people people/accepted.jsonl \\
      --facts read/*/accepted.jsonl --from 2025-10 --to 2026-09 --out report.json --chart backtest.svg

Each period is evaluated as if live, with the figures that are known now. Graduation, relapse and the
policy's effective_from are ignored, and the people file is used for every period. A chart needs
requirements/charts.in.

Exit status: 0 done; 2 for a policy, a period or a file that cannot be used, with one line that says why.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("policy", type=Path, metavar="POLICY.yaml", help="the policy to try")
    parser.add_argument("--people", type=Path, required=True, help="accepted.jsonl of a people export")
    parser.add_argument(
        "--facts",
        type=Path,
        nargs="+",
        action="extend",
        required=True,
        help="accepted.jsonl of attainment exports",
    )
    parser.add_argument(
        "--from", dest="first", required=True, metavar="PERIOD", help="first period, such as 2025-10"
    )
    parser.add_argument(
        "--to", dest="last", required=True, metavar="PERIOD", help="last period, such as 2026-09"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="report.json", help="where to write the counts"
    )
    parser.add_argument("--chart", type=Path, metavar="FILE.svg", help="also draw a chart: .svg or .png")


def run(args: argparse.Namespace) -> int:
    policy = read_policy(args.policy)
    if args.chart is not None and args.chart.suffix.lower() not in (".svg", ".png"):
        raise InvalidInput(f"{args.chart}: a chart has to be .svg or .png")
    first, last = policy.require_kind(args.first), policy.require_kind(args.last)
    facts = ((str(path), read_chunks(path)) for path in args.facts)
    directory = Directory(policy, read_chunks(args.people), str(args.people))
    result = backtest(policy, directory, facts, first, last)
    write_whole(args.out, [json.dumps(result.report(), indent=2).encode() + b"\n"])
    if args.chart is not None:
        from local.backtest_chart import draw  # its library is installed only for charts

        draw(result, args.chart)
    _print_tables(result)
    return 0


def _print_tables(result: Backtest) -> None:
    from rich.console import Console
    from rich.table import Table

    rules = sorted({rule for tally in result.periods for rule in tally.rules})
    periods = Table(title=f"{result.policy}, {result.first} to {result.last}")
    for heading in ("period", "cases", "structural", "clear", "not assessable", *rules):
        # Fold long names of rules: names that are cut off could be confused.
        periods.add_column(heading, justify="left" if heading == "period" else "right", overflow="fold")
    for tally in result.periods:
        outcomes = ("open_case", "structural", "clear", "not_assessable")
        counts = [*(tally.outcomes[each] for each in outcomes), *(tally.rules[rule] for rule in rules)]
        periods.add_row(tally.period, *map(str, counts))
    groups = Table(title="Ever flagged, by role and region")
    for heading in ("role", "region", "flagged", "of", "share"):
        groups.add_column(heading, justify="left" if heading in ("role", "region") else "right")
    for (role, region), (flagged, size) in result.groups.items():
        groups.add_row(role, region, str(flagged), str(size), f"{round(100 * flagged / size)} %")
    console = Console()
    console.print(periods, groups)
    console.print(
        f"{len(result.ever_flagged)} people ever flagged, {len(result.self_corrected)} of them clear in "
        f"the next period; {result.met_the_bar} of {result.assessed} ever reached {result.bar} of quota."
    )
