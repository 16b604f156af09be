"""``plumbline policy``: check a policy before it goes live, read it as sentences, see what changed."""

import argparse
import sys
from pathlib import Path
from typing import Any

from functions.evaluate.cases.deadlines import calendar_fault
from local.evaluation_files import read_policy
from shared.domain.policy import parse_policy, policy_digest, policy_faults
from shared.domain.policy_check import check_policy
from shared.domain.policy_text import differences, sentences

EPILOG = """\
examples:
  plumbline policy check config/policies/field-sales.yaml
  plumbline policy diff field-sales-1.yaml field-sales-2.yaml

Exit status of check: 0 for a policy that can go live, 1 with one line a fault otherwise.
Exit status of diff: 0 where nothing differs, 1 where something does.
"""
CHECK = """\
Every fault is one line with its YAML path, such as rules[0].count: what is malformed, and what could never
fire or never end, such as a ladder that leads back to where it began, or a chain that does not end with HR.
A policy without fault is read out in plain sentences, under the SHA-256 that makes a used version immutable.

Exit status: 0 for a policy that can go live, 1 with one line a fault otherwise, 2 where there is no file.

example:
  plumbline policy check config/policies/field-sales.yaml
"""
DIFF = """\
Rules and stages are compared by their names, wherever they stand; a changed order is named, too.

Exit status: 0 where nothing differs, 1 where something does, 2 where one of the two is no policy.

example:
  plumbline policy diff field-sales-1.yaml field-sales-2.yaml
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="check|diff")
    check = _verb(verbs, "check", "name every fault of a policy, or print it in plain sentences", CHECK)
    check.add_argument("policy", type=Path, metavar="POLICY.yaml", help="the policy to check")
    diff = _verb(verbs, "diff", "what differs between two policies, one line each", DIFF)
    diff.add_argument("before", type=Path, metavar="A.yaml", help="the policy as it was")
    diff.add_argument("after", type=Path, metavar="B.yaml", help="the policy as it is to be")


def _verb(verbs: Any, name: str, says: str, epilog: str) -> argparse.ArgumentParser:
    verb: argparse.ArgumentParser = verbs.add_parser(
        name, help=says, description=says, epilog=epilog, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    return verb


def run(args: argparse.Namespace) -> int:
    return _check(args.policy) if args.verb == "check" else _diff(args.before, args.after)


def _check(path: Path) -> int:
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        print(f"{path}: not UTF-8 text", file=sys.stderr)
        return 1
    faults = policy_faults(text)
    if not faults:
        policy = parse_policy(text, str(path))
        of_calendar = calendar_fault(policy.calendar)
        faults = list(dict.fromkeys([*check_policy(policy), *([of_calendar] if of_calendar else [])]))
    if faults:
        for fault in faults:
            print(f"{path}: {fault}", file=sys.stderr)
        return 1
    print(f"{policy.ref}  sha256 {policy_digest(content)}\n")
    for sentence in sentences(policy):
        print(f"- {sentence}")
    return 0


def _diff(before: Path, after: Path) -> int:
    old, new = read_policy(before), read_policy(after)
    lines = differences(old, new)
    for line in lines:
        print(line)
    if lines and old.ref == new.ref:
        print(
            f"both call themselves {old.ref}: a used version never changes",
            file=sys.stderr,
        )
    return 1 if lines else 0
