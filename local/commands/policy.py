"""``plumbline policy``: check a policy before it goes live, read it as sentences, compare two versions."""

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

Exit status of check: 0 for a policy that can go live; 1 otherwise, with one line for each fault.
Exit status of diff: 0 where nothing differs; 1 where something differs.
"""
CHECK = """\
Each fault is one line with its YAML path, such as rules[0].count. The check finds malformed keys, rules that
could never fire and stages that could never end, such as a chain that does not end with HR.
For a policy without faults it prints the file's SHA-256 and the policy in plain sentences.

Exit status: 0 for a policy that can go live; 1 otherwise, with one line for each fault; 2 without a file.

example:
  plumbline policy check config/policies/field-sales.yaml
"""
DIFF = """\
Rules and stages are matched by name, not by position. A changed order is listed as a difference of its own.

Exit status: 0 where nothing differs; 1 where something differs; 2 where a file is not a valid policy.

example:
  plumbline policy diff field-sales-1.yaml field-sales-2.yaml
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="check|diff")
    check = _verb(
        verbs, "check", "list every fault of a policy, or print the policy in plain sentences", CHECK
    )
    check.add_argument("policy", type=Path, metavar="POLICY.yaml", help="the policy to check")
    diff = _verb(verbs, "diff", "list the differences between two policies, one a line", DIFF)
    diff.add_argument("before", type=Path, metavar="A.yaml", help="the policy before the change")
    diff.add_argument("after", type=Path, metavar="B.yaml", help="the policy after the change")


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
            f"both files are {old.ref}: a version in use must not change",
            file=sys.stderr,
        )
    return 1 if lines else 0
