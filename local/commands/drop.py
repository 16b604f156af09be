"""`plumbline drop`: puts exports where an ICM product would, in the running local cloud's bucket."""

import argparse
import hashlib
from pathlib import Path

from local.cloud.stack import client, read_stack
from shared.domain.errors import InvalidInput

EPILOG = """examples:
  plumbline drop hr-people people-2026-09.csv
  plumbline drop varicent-attainment attainment-2026-*.csv

Each FILE goes to s3://EXPORTS/incoming/PROFILE_ID/NAME; a manifest beside it, FILE.manifest.json, goes first.
Printed is the batch of each: the id under which all that comes of it is found.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("profile", metavar="PROFILE_ID", help="the profile that reads the files, by its id")
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+")
    parser.add_argument(
        "--data", metavar="DIR", type=Path, default=Path(".plumbline"), help="default: .plumbline"
    )


def run(args: argparse.Namespace) -> int:
    if not args.profile or "/" in args.profile:
        raise InvalidInput(f"{args.profile!r} is no profile's id: profiles are named in config/profiles")
    # All are looked at before the first is sent: a mistyped name drops nothing.
    batches = [_batch(file) for file in args.files]
    info = read_stack(args.data)
    s3, bucket = client("s3", info), info["exports_bucket"]
    for file, batch in zip(args.files, batches, strict=True):
        manifest = file.with_name(file.name + ".manifest.json")
        for part in (manifest, file) if manifest.exists() else (file,):
            with part.open("rb") as content:
                s3.put_object(Bucket=bucket, Key=f"incoming/{args.profile}/{part.name}", Body=content)
        print(f"{batch}  {file}", flush=True)
    return 0


def _batch(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:16]
