"""`plumbline witness`: remembers the last checkpoint it saw, and signs the next only if it grew from it."""

import argparse
import base64
import json
import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from functions.audit.ledger import key_id, parse_checkpoint
from functions.audit.verify import Report, Verdict, open_bundle, verify
from functions.audit.verify.files import Files
from local.ledger_source import TOKEN, fetch_ledger, is_address, read_token
from shared.domain.errors import IntegrityError, InvalidInput

EPILOG = """examples:
  plumbline witness --state seen.json --source ledger.zip
  plumbline witness --state seen.json --source https://API --token-file auditor.token
  17 6 * * *  plumbline witness --state seen.json --source https://API --token-file auditor.token || mail-us

The last is a line for cron. Run it where the keeper of the ledger has no say: another account, another
company. SOURCE is a bundle of the whole ledger or of a case, or the address of the API, whose
/ledger/evidence an auditor's token opens. The first time it believes what is intact; from then on the record
must have grown from the checkpoint in FILE. What it saw is signed with its own key, in FILE.key.pem, which is
made at the first run; hand its public half, FILE.pub.pem, to whoever relies on it. FILE holds the checkpoint
as the keeper signed it, so it serves as `plumbline verify --anchor` too, by `--print`; nothing is written to
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
        "--print", action="store_true", dest="show", help="print the checkpoint that was seen last, and stop"
    )


def run(args: argparse.Namespace) -> int:
    seen = _seen(args.state)
    if args.show:
        if seen is None:
            raise InvalidInput(f"{args.state} has seen nothing yet")
        sys.stdout.write(seen.decode())
        return 0
    if args.source is None:
        raise InvalidInput("name what to look at: --source SOURCE")
    with TemporaryDirectory() as folder:
        bundle = Path(args.source)
        if is_address(args.source):
            bundle = Path(folder) / "ledger.zip"
            fetch_ledger(args.source, read_token(args.token_file), bundle)
        return _look(args.state, bundle, seen)


def _look(state: Path, bundle: Path, seen: bytes | None) -> int:
    try:
        files = open_bundle(bundle)
    except ValueError as error:
        raise InvalidInput(str(error)) from error
    report = verify(files, seen)
    status = _status(report, seen)
    if status:
        faults = [finding for finding in report.findings if finding.verdict is not Verdict.REMARK]
        for finding in faults:
            print(f"plumbline: {finding.where}: {finding.what}", file=sys.stderr)
        return status
    latest = _latest(files)
    _sign(state, latest)
    point = parse_checkpoint(latest)[0]
    print(f"checkpoint {point.number} over {point.size} events, root {point.root}, at {point.time}: signed")
    return 0


def _status(report: Report, seen: bytes | None) -> int:
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


def _seen(state: Path) -> bytes | None:
    """The checkpoint file in the state. Raises InvalidInput where the state is not one that we signed."""
    if not state.exists():
        return None
    try:
        value: dict[str, Any] = json.loads(state.read_text())
        data, signature = str(value["checkpoint"]).encode(), base64.b64decode(value["cosignature"])
        body = parse_checkpoint(data)[0].body()
        _key(state).public_key().verify(signature, body, ec.ECDSA(SHA256()))
    except (ValueError, KeyError, TypeError, IntegrityError, InvalidSignature) as error:
        raise InvalidInput(f"{state} is not what this witness wrote") from error
    return data


def _sign(state: Path, checkpoint: bytes) -> None:
    key = _key(state)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signature = key.sign(parse_checkpoint(checkpoint)[0].body(), ec.ECDSA(SHA256()))
    value = {
        "checkpoint": checkpoint.decode(),
        "cosignature": base64.b64encode(signature).decode(),
        "witness": key_id(public),
    }
    _beside(state, ".pub.pem").write_bytes(public)
    # Replaced whole: a crash leaves what was seen before, never half of it.
    part = _beside(state, ".part")
    part.write_text(json.dumps(value, indent=2) + "\n")
    part.replace(state)


def _key(state: Path) -> ec.EllipticCurvePrivateKey:
    """The witness's own key, made where there is none yet, readable by its owner alone."""
    path = _beside(state, ".key.pem")
    if not path.exists():
        made = ec.generate_private_key(ec.SECP256R1())
        text = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(text)
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise IntegrityError(f"{path} is not an ECDSA key")
    return key


def _beside(state: Path, ending: str) -> Path:
    return state.with_name(state.name + ending)
