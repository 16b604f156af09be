"""`plumbline witness`: remember the last checkpoint seen, and sign a later one only if it grew from it."""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from functions.audit.ledger.format import parse_checkpoint
from functions.audit.verify import Report, Verdict, open_bundle, printable, verify
from functions.audit.verify.files import Files
from local.witness.consistency import proven_growth
from local.witness.ledger_source import TOKEN, fetch_growth, fetch_ledger, is_address, read_token
from local.witness.state import SeenCheckpoint, read_seen, sign_and_keep
from shared.domain.errors import IntegrityError, InvalidInput

EPILOG = """examples:
  plumbline witness --state seen.json --source ledger.zip
  plumbline witness --state seen.json --source https://API --token-file auditor.token
  17 6 * * *  plumbline witness --state seen.json --source https://API --token-file auditor.token || mail-us

The last example is a line for cron. Run the witness where the keeper of the ledger has no control: in
another account or another company. SOURCE is a bundle of the whole ledger or of a case, or the address of
the API; an auditor's token may read its /ledger/evidence. The first run accepts any intact record. Every
later run requires that the record grew from the checkpoint in FILE. With an API it then fetches only the
proof of growth. It fetches the whole ledger if there is no such proof, as after a change of the signing
key, or with --whole.

The witness signs the checkpoint with its own key in FILE.key.pem, which the first run creates. Give the
public half, FILE.pub.pem, to everybody who relies on the witness. FILE also has the checkpoint as the
keeper signed it, so it works as an anchor: `plumbline verify BUNDLE --anchor FILE --witness-key
FILE.pub.pem`. If a check fails, FILE stays as it was.

Exit status: 0 the record grew or is unchanged; 1 it was forked, cut back or changed; 2 usage, or it cannot
be fetched; 4 something is missing.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument(
        "--state", type=Path, required=True, metavar="FILE", help="the state: the last checkpoint seen"
    )
    parser.add_argument("--source", metavar="SOURCE", help="the record as it is now: a bundle, or an API")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help=f"an ID token for the API (default: from {TOKEN})"
    )
    parser.add_argument(
        "--whole", action="store_true", help="check every event of the API's ledger, every time"
    )
    parser.add_argument(
        "--print", action="store_true", dest="show", help="print the last checkpoint seen, and stop"
    )


def run(args: argparse.Namespace) -> int:
    seen = read_seen(args.state)
    if args.show:
        if seen is None:
            raise InvalidInput(f"{args.state} has no checkpoint yet")
        sys.stdout.write(seen.file.decode())
        return 0
    if args.source is None:
        raise InvalidInput("name the record with --source SOURCE")
    if not is_address(args.source):
        return _check_bundle(args.state, Path(args.source), seen)
    token = read_token(args.token_file)
    if seen is not None and not args.whole:
        try:
            proven = _fetch_proven(args.source, token, seen)
        except IntegrityError as error:
            print(f"plumbline: {args.source}: {error}", file=sys.stderr)
            return 1
        if proven is not None:
            return _keep(args.state, proven)
    with TemporaryDirectory() as folder:
        bundle = Path(folder) / "ledger.zip"
        fetch_ledger(args.source, token, bundle)
        return _check_bundle(args.state, bundle, seen)


def _fetch_proven(api_url: str, token: str, seen: SeenCheckpoint) -> SeenCheckpoint | None:
    """The checkpoint that the API proves to have grown from ``seen``; None if it takes the whole ledger."""
    if seen.keeper is None:
        return None
    shown = fetch_growth(api_url, token, seen.checkpoint.size)
    latest = None if shown is None else proven_growth(seen.checkpoint, seen.keeper, shown)
    return None if latest is None else SeenCheckpoint(latest, seen.keeper)


def _check_bundle(state: Path, bundle: Path, seen: SeenCheckpoint | None) -> int:
    try:
        files = open_bundle(bundle)
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    report = verify(files, None if seen is None else seen.file)
    status = _status(report, seen)
    if status:
        faults = [finding for finding in report.findings if finding.verdict is not Verdict.REMARK]
        for finding in faults:
            print(printable(f"plumbline: {finding.where}: {finding.what}"), file=sys.stderr)
        return status
    latest = _latest(files)
    return _keep(state, SeenCheckpoint(latest, files.read(f"keys/{parse_checkpoint(latest)[0].key}.pem")))


def _keep(state: Path, seen: SeenCheckpoint) -> int:
    sign_and_keep(state, seen)
    point = seen.checkpoint
    print(f"checkpoint {point.number} over {point.size} events, root {point.root}, at {point.time}: signed")
    return 0


def _status(report: Report, seen: SeenCheckpoint | None) -> int:
    """The exit status. A record that ends before ``seen`` counts as changed, because it was longer before."""
    if report.counts[Verdict.TAMPERED]:
        return 1
    if report.counts[Verdict.INCOMPLETE]:
        return 1 if seen is not None and not report.anchored_by else 4
    return 0


def _latest(files: Files) -> bytes:
    """The checkpoint file with the highest number in an intact bundle."""
    found = [files.read(name) for name in files.names() if "checkpoints/" in name]
    return max(found, key=lambda data: parse_checkpoint(data)[0].number)
