"""`plumbline hold`: place or lift a legal hold on a person's record, as an HR administrator."""

import argparse
import sys
from urllib.parse import quote

from local.cloud import sign_in
from local.cloud.sign_in import Refused, call

EPILOG = """examples:
  plumbline hold R000017 --user hugo --reason "Charge filed." --comparator R000020 --comparator R000031
  plumbline hold R000017 --user hugo --reason "Settled" --lift

A legal hold blocks `plumbline shred` for the person and for every comparator that you name. Placing it
again adds the comparators that are not held yet. Lifting it ends it for all of them. Events record both
acts with your name and reason. The password comes from PLUMBLINE_PASSWORD or a prompt; you must be in the
group hr_admin.

Exit status: 0 held or lifted; 1 refused, with the reason; 2 usage, or the API cannot be reached.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("subject", metavar="SUBJECT", help="the person's id in the directory")
    parser.add_argument("--reason", required=True, help="the reason; it is kept, sealed under your own key")
    what = parser.add_mutually_exclusive_group()
    what.add_argument(
        "--comparator", action="append", default=[], metavar="ID", help="another person to hold; repeatable"
    )
    what.add_argument("--lift", action="store_true", help="lift the legal hold on SUBJECT")
    sign_in.configure(parser)


def run(args: argparse.Namespace) -> int:
    path = f"/people/{quote(args.subject.removeprefix('person/'), safe='')}/hold"
    try:
        if args.lift:
            done = call(args, "DELETE", path, {"reason": args.reason})
        else:
            done = call(args, "POST", path, {"reason": args.reason, "comparators": args.comparator})
    except Refused as refusal:
        print(f"plumbline: {refusal}", file=sys.stderr)
        return 1
    also = f", with {', '.join(done['comparators'])}" if done["comparators"] else ""
    print(f"{done['person']} is {done['status']}{also} (hold of {done['since']})")
    return 0
