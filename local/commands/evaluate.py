"""``plumbline evaluate``: everybody's decision, from files that ``plumbline read`` wrote."""

import argparse
from pathlib import Path

from functions.evaluate.decision import decision_line
from functions.evaluate.rules import evaluate
from local.evaluation_files import read_facts, read_people, read_policy, write_whole

EPILOG = """\
examples:
  plumbline read varicent.yaml attainment-2026-09.csv --out read/2026-09
  plumbline evaluate field-sales.yaml --people people/accepted.jsonl \\
      --facts read/*/accepted.jsonl --period 2026-09 --out decisions.jsonl

Of several facts files a later one supersedes an earlier one, rep by rep and period by period: give them in
the order in which they became known. Every person of the people file gets one line, sorted by rep_id.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("policy", type=Path, metavar="POLICY.yaml", help="the dated policy to decide by")
    parser.add_argument("--people", type=Path, required=True, help="accepted.jsonl of a people export")
    parser.add_argument(
        "--facts",
        type=Path,
        nargs="+",
        action="extend",
        required=True,
        help="accepted.jsonl of exports",
    )
    parser.add_argument("--period", required=True, help="the period to decide about: 2026-09 or 2026-Q3")
    parser.add_argument("--out", type=Path, required=True, metavar="decisions.jsonl", help="the result")


def run(args: argparse.Namespace) -> int:
    policy = read_policy(args.policy)
    period = policy.require_period(args.period)
    people = read_people(args.people)
    facts = read_facts(args.facts)
    write_whole(args.out, map(decision_line, evaluate(policy, people, facts, period)))
    return 0
