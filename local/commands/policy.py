"""``plumbline policy``: check a policy before it goes live, read it as sentences, see what changed."""

import argparse
import sys
from pathlib import Path

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


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="check|diff")
    check = verbs.add_parser("check", help="name every fault of a policy, or print it in plain sentences")
    check.add_argument("policy", type=Path, metavar="POLICY.yaml")
    diff = verbs.add_parser("diff", help="what differs between two policies")
    diff.add_argument("before", type=Path, metavar="A.yaml")
    diff.add_argument("after", type=Path, metavar="B.yaml")


def run(args: argparse.Namespace) -> int:
    return _check(args.policy) if args.verb == "check" else _diff(args.before, args.after)


def _check(path: Path) -> int:
    content = path.read_bytes()
    text = content.decode("utf-8-sig", errors="replace")
    faults = policy_faults(text)
    if not faults:
        policy = parse_policy(text, str(path))
        faults = check_policy(policy)
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
