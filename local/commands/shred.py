"""`plumbline shred`: erase a person's data, as an HR administrator."""

import argparse
import sys
from urllib.parse import quote

from local.cloud import sign_in
from local.cloud.sign_in import Refused, call

EPILOG = """examples:
  PLUMBLINE_PASSWORD=... plumbline shred R000017 --user hugo --reason "Left in 2019, retention ended."

The command deletes the person's data key for ever, and figures and typed text in the working copies of
their closed cases. In the ledger, ciphertext about the person remains that nobody can open. Every hash and
signature stays valid. An event records the act with your name and reason. The password comes from
PLUMBLINE_PASSWORD or a prompt. You must be in the group hr_admin. The person must not be you, and must have
no open case and no legal hold (`plumbline hold`).

Exit status: 0 erased; 1 refused, with the reason; 2 usage, or the API cannot be reached.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("subject", metavar="SUBJECT", help="the person's id in the directory")
    parser.add_argument("--reason", required=True, help="the reason; it is kept, sealed under your own key")
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
