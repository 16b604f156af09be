"""`plumbline witness`: remembers the last checkpoint it saw, and signs the next only if it grew from it."""

import argparse
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from functions.audit.ledger.format import parse_checkpoint
from functions.audit.verify import Report, Verdict, open_bundle, verify
from functions.audit.verify.files import Files
from local.witness.consistency import grown
from local.witness.ledger_source import TOKEN, fetch_growth, fetch_ledger, is_address, read_token
from local.witness.state import SeenCheckpoint, read_seen, sign_and_keep
from shared.domain.errors import IntegrityError, InvalidInput

EPILOG = """examples:
  plumbline witness --state seen.json --source ledger.zip
  plumbline witness --state seen.json --source https://API --token-file auditor.token
  17 6 * * *  plumbline witness --state seen.json --source https://API --token-file auditor.token || mail-us

The last is a line for cron. Run it where the keeper of the ledger has no say: another account, another
company. SOURCE is a bundle of the whole ledger or of a case, or the address of the API, whose
/ledger/evidence an auditor's token opens. The first time it believes what is intact; from then on the record
must have grown from the checkpoint in FILE. Of an API only the proof of that is asked then, and the whole
ledger where there is none, as after the keeper took another key, or with --whole.

What it saw is signed with its own key, in FILE.key.pem, which is made at the first run; hand its public
half, FILE.pub.pem, to whoever relies on it. FILE holds the checkpoint as the keeper signed it, too, so it
serves as an anchor: `plumbline verify BUNDLE --anchor FILE --witness-key FILE.pub.pem`. Nothing is written to
it unless all was well.

Exit status 0: it grew, or is as it was; 1: forked, cut back or changed; 2: usage, or not to be
fetched; 4: something is missing.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("--state", type=Path, required=True, metavar="FILE", help="what was seen last")
    parser.add_argument(
        "--source", metavar="SOURCE", help="the record as it is shown now: a bundle, or an API"
    )
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help=f"an ID token for the API; else {TOKEN} is one"
    )
    parser.add_argument(
        "--whole", action="store_true", help="look at every event of the API's ledger, each time"
    )
    parser.add_argument(
        "--print", action="store_true", dest="show", help="print the checkpoint that was seen last, and stop"
    )


def run(args: argparse.Namespace) -> int:
    seen = read_seen(args.state)
    if args.show:
        if seen is None:
            raise InvalidInput(f"{args.state} has seen nothing yet")
        sys.stdout.write(seen.file.decode())
        return 0
    if args.source is None:
        raise InvalidInput("name what to look at: --source SOURCE")
    if not is_address(args.source):
        return _look(args.state, Path(args.source), seen)
    token = read_token(args.token_file)
    if seen is not None and not args.whole:
        try:
            proven = _proven(args.source, token, seen)
        except IntegrityError as error:
            print(f"plumbline: {args.source}: {error}", file=sys.stderr)
            return 1
        if proven is not None:
            return _keep(args.state, proven)
    with TemporaryDirectory() as folder:
        bundle = Path(folder) / "ledger.zip"
        fetch_ledger(args.source, token, bundle)
        return _look(args.state, bundle, seen)


def _proven(api_url: str, token: str, seen: SeenCheckpoint) -> SeenCheckpoint | None:
    """What the API proves to have grown from what was seen; None where only the whole ledger can tell."""
    if seen.keeper is None:
        return None
    shown = fetch_growth(api_url, token, seen.checkpoint.size)
    latest = None if shown is None else grown(seen.checkpoint, seen.keeper, shown)
    return None if latest is None else SeenCheckpoint(latest, seen.keeper)


def _look(state: Path, bundle: Path, seen: SeenCheckpoint | None) -> int:
    try:
        files = open_bundle(bundle)
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    report = verify(files, None if seen is None else seen.file)
    status = _status(report, seen)
    if status:
        faults = [finding for finding in report.findings if finding.verdict is not Verdict.REMARK]
        for finding in faults:
            print(f"plumbline: {finding.where}: {finding.what}", file=sys.stderr)
        return status
    latest = _latest(files)
    return _keep(state, SeenCheckpoint(latest, files.read(f"keys/{parse_checkpoint(latest)[0].key}.pem")))


def _keep(state: Path, seen: SeenCheckpoint) -> int:
    sign_and_keep(state, seen)
    point = seen.checkpoint
    print(f"checkpoint {point.number} over {point.size} events, root {point.root}, at {point.time}: signed")
    return 0


def _status(report: Report, seen: SeenCheckpoint | None) -> int:
    """A record that ends before what was seen is as bad as one that was changed: it was shown before."""
    if report.counts[Verdict.TAMPERED]:
        return 1
    if report.counts[Verdict.INCOMPLETE]:
        return 1 if seen is not None and not report.anchored_by else 4
    return 0


def _latest(files: Files) -> bytes:
    """The checkpoint file with the highest number, out of a bundle that was found intact."""
    found = [files.read(name) for name in files.names() if "checkpoints/" in name]
    return max(found, key=lambda data: parse_checkpoint(data)[0].number)
