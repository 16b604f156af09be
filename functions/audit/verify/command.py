"""The verifier's command line."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from .anchors import read_anchor
from .check import verify
from .files import open_bundle
from .forms import HEX
from .report import Report, as_json, as_text, printable
from .witnesses import Cosigned, check_cosignature, read_witness_key

EPILOG: Final = """\
exit status:
  0  intact
  1  tampered: the report says what and where
  2  usage, or not a bundle
  4  incomplete: something that the record refers to is missing
  5  intact, but no checkpoint covers the last events yet

examples:
  verify case.zip
  verify case.zip --anchor checkpoint-of-last-june.json
  verify case.zip --anchor seen.json --witness-key seen.json.pub.pem
  verify ledger.zip --key 4f2a...  --json > report.json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument(
        "bundle",
        type=Path,
        nargs="?",
        metavar="BUNDLE",
        help="the zip, or the folder into which it was unpacked",
    )
    parser.add_argument(
        "--anchor",
        type=Path,
        metavar="CHECKPOINT",
        help="a checkpoint that you received earlier by another route (a file, a saved mail as text or .eml, "
        "or a witness's state): the record must have grown from it",
    )
    parser.add_argument(
        "--witness-key",
        type=Path,
        metavar="PEM",
        help="the public key of the witness whose state is the anchor: the witness must have signed it",
    )
    parser.add_argument(
        "--key", metavar="KEY", help="the name of the first signing key that you were told (64 hex digits)"
    )
    parser.add_argument("--json", action="store_true", help="print the report as JSON")


def examine(arguments: argparse.Namespace) -> Report:
    """Check the bundle that the arguments name. Raises ValueError if it or the anchor cannot be read."""
    if arguments.bundle is None:
        raise ValueError("name a bundle; see --help")
    anchor = None if arguments.anchor is None else read_anchor(arguments.anchor)
    if arguments.key is not None and not HEX.fullmatch(arguments.key):
        raise ValueError("a key's name has 64 hex digits")
    if arguments.witness_key is None:
        file = anchor.checkpoint if isinstance(anchor, Cosigned) else anchor
        return verify(open_bundle(arguments.bundle), file, arguments.key, _now())
    if not isinstance(anchor, Cosigned):
        raise ValueError("--witness-key needs a witness's state: name the state with --anchor")
    witness = read_witness_key(arguments.witness_key)
    report = verify(open_bundle(arguments.bundle), anchor.checkpoint, arguments.key, _now())
    check_cosignature(report, anchor, witness)
    return report


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def show(report: Report, arguments: argparse.Namespace) -> int:
    """Print the report and return the exit status."""
    print(as_json(report) if arguments.json else as_text(report), end="")
    return report.exit_status


def main() -> int:
    parser = argparse.ArgumentParser(prog="verify", description="Check an evidence bundle.")
    configure(parser)
    try:
        arguments = parser.parse_args()
        return show(examine(arguments), arguments)
    except (ValueError, OSError) as error:
        print(printable(f"verify: {error}"), file=sys.stderr)
        return 2
