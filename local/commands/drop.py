"""`plumbline drop`: uploads exports to the running local cloud's bucket, as an ICM product would."""

import argparse
import hashlib
from pathlib import Path

from local.cloud.stack import client, read_stack
from shared.domain.errors import InvalidInput

EPILOG = """examples:
  plumbline drop hr-people people-2026-09.csv
  plumbline drop varicent-attainment attainment-2026-*.csv

Each FILE is uploaded to s3://EXPORTS/incoming/PROFILE_ID/NAME, after its manifest FILE.manifest.json, if any.
Prints the batch id of each file, under which the API shows its results.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("profile", metavar="PROFILE_ID", help="id of the profile that reads the files")
    parser.add_argument("files", metavar="FILE", type=Path, nargs="+")
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=Path(".plumbline"),
        help="folder of the running cloud; default: .plumbline",
    )


def run(args: argparse.Namespace) -> int:
    if not args.profile or "/" in args.profile:
        raise InvalidInput(f"{args.profile!r} is not a profile id; see config/profiles")
    # Read all files before the first upload, so that a mistyped name uploads nothing.
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
