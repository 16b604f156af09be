"""`plumbline shred`: an HR administrator erases what the record holds of a person."""

import argparse
import sys
from urllib.parse import quote

from local.cloud import sign_in
from local.cloud.sign_in import Refused, call

EPILOG = """examples:
  PLUMBLINE_PASSWORD=... plumbline shred R000017 --user hugo --reason "Left in 2019, retention ended."

Deletes the person's data key, and figures and typed words in the working copies of their closed cases, for
ever. What the ledger has of them stays as ciphertext that nobody can open; every hash and signature of it
holds as before, and the act is itself an event, with your name and reason.
The password comes from PLUMBLINE_PASSWORD or is asked for. You must be in the group hr_admin, and the person
is not yourself, has no open case, and stands under no legal hold (`plumbline hold`).

Exit status 0: shredded; 1: refused, and why; 2: usage, or nobody could be asked.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("subject", metavar="SUBJECT", help="the person's id in the directory")
    parser.add_argument("--reason", required=True, help="why; kept, sealed under your own key")
    sign_in.configure(parser)


def run(args: argparse.Namespace) -> int:
    person = quote(args.subject.removeprefix("person/"), safe="")
    try:
        done = call(args, "POST", f"/people/{person}/shred", {"reason": args.reason})
    except Refused as refusal:
        print(f"plumbline: {refusal}", file=sys.stderr)
        return 1
    print(f"{done['person']} was shredded at {done['shredded_at']} by {done['by']}")
    return 0
