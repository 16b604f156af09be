"""``plumbline profile``: checks profiles, and proposes one for an export."""

import argparse
import re
import sys
from pathlib import Path

from functions.ingest.reading.columns import COLUMNS
from local.commands.read import load_profile
from local.profile_guess import FIRST_BYTES, guess_profile
from shared.domain.errors import InvalidProfile

_EPILOG = """\
examples:
  plumbline profile check config/profiles/*.yaml
  plumbline profile guess examples/oracle/oracle-participant-goals-2026-09.tsv > oracle.yaml

Exit status: 0 valid, or proposed in full; 1 not valid, or the proposal has open questions; 2 usage.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    what = parser.add_subparsers(dest="what", required=True, metavar="check | guess")
    check = what.add_parser("check", help="check whether profiles are valid")
    check.add_argument("files", type=Path, nargs="+", metavar="FILE")
    guess = what.add_parser("guess", help="propose a profile from the first rows of an export")
    guess.add_argument("export", type=Path, metavar="EXPORT")


def run(args: argparse.Namespace) -> int:
    return _guess(args.export) if args.what == "guess" else _check(args.files)


def _check(files: list[Path]) -> int:
    all_valid = True
    for path in files:
        try:
            profile = load_profile(path)
        except InvalidProfile as error:
            print(error, file=sys.stderr)
            all_valid = False
        else:
            mapped = f"{len(profile.columns)} of {len(COLUMNS[profile.kind])} columns mapped"
            print(f"{path}: valid: {profile.id}, {profile.kind}, {mapped}")
    return 0 if all_valid else 1


def _guess(export: Path) -> int:
    with export.open("rb") as content:
        first_bytes = content.read(FIRST_BYTES)
    profile_id = re.sub(r"[^a-z0-9]+", "-", export.name.partition(".")[0].lower()).strip("-") or "export"
    text, doubts = guess_profile(first_bytes, profile_id)
    sys.stdout.write(text)
    for doubt in doubts:
        print(f"plumbline: please check {doubt}", file=sys.stderr)
    return 1 if doubts else 0
