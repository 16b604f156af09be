"""``plumbline rebuild``: build the table from the ledger and the facts, or compare a table with them."""

import argparse
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from functions.audit.verify import as_text, open_bundle
from functions.audit.verify.forms import parse_checkpoint
from local.cloud.engine import ACCOUNT
from local.cloud.stack import client, read_stack
from local.restore.compare import Difference, differences
from local.restore.ledger import SealedLedger, read_bundle, read_ledger
from local.restore.ports import Items
from local.restore.rebuild import Rebuilt, rebuild
from local.restore.subject_keys import Unwrap
from local.restore.tables import BucketFacts, delete_items, make_table_like, read_table, write_table
from shared.aws.ledger_files import S3Archive
from shared.aws.signing import KmsKeyring
from shared.domain.errors import IntegrityError, InvalidInput, NotFound
from shared.runtime.settings import RecordSettings

EPILOG = """\
The command verifies the ledger first and stops if it is not intact. Each event keeps what its change wrote
to the table, so the items come back with the same bytes. Data that a person's key sealed needs that key,
which is never in the ledger: --keys names a table that still has the keys, the damaged one or one from a
backup. The key of a person whom the ledger records as shredded since then is refused and not restored.

examples:
  plumbline rebuild --compare                        # does the table still agree with the ledger?
  plumbline rebuild --into restored --create         # build the table again, with the keys of the damaged one
  plumbline rebuild --into restored --keys from-backup
  plumbline rebuild --into plumbline-table --over    # repair it in place; stop the functions first
  plumbline rebuild --of plumbline-prod-QueryFunction-1A2B --compare      # on AWS, with your profile

On AWS, --of names the deployment's query function, whose settings name the table, the buckets and the keys.
Exit status: 0 built, or no difference; 1 the ledger is not intact, or the table differs, with one line per
item; 2 usage; 4 something is missing (a key, facts), and nothing is written without --partial.
docs/how-to/restore.md describes the whole procedure, and what is not restored.
"""
_REFUSED = 1
_INCOMPLETE = 4
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Place:
    """The clients and settings of one deployment."""

    settings: RecordSettings
    resource: Any
    kms: Any
    s3: Any

    def unwrap(self) -> Unwrap:
        def unwrapped(person: str, wrapped: bytes) -> bytes:
            answer = self.kms.decrypt(
                KeyId=self.settings.subject_key_id,
                CiphertextBlob=wrapped,
                EncryptionContext={"person": person},
            )
            return bytes(answer["Plaintext"])

        return unwrapped


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--into", metavar="TABLE", help="write the rebuilt table into this empty one")
    what.add_argument(
        "--compare",
        metavar="TABLE",
        nargs="?",
        const="",
        help="write nothing; list the items of a table that differ (default: the deployment's own)",
    )
    parser.add_argument(
        "--from-ledger", metavar="BUNDLE", type=Path, help="read the ledger from a bundle of the whole ledger"
    )
    parser.add_argument(
        "--anchor", metavar="CHECKPOINT", type=Path, help="a checkpoint that the ledger must have grown from"
    )
    parser.add_argument(
        "--keys", metavar="TABLE", help="the table with the data keys (default: the compared or own table)"
    )
    parser.add_argument(
        "--unsealed", action="store_true", help="also write the events of that table that are not sealed yet"
    )
    parser.add_argument(
        "--over", action="store_true", help="TABLE is not empty: replace what differs, remove the rest"
    )
    parser.add_argument("--create", action="store_true", help="create TABLE first, like the deployment's own")
    parser.add_argument(
        "--partial", action="store_true", help="write what can be rebuilt, although something is missing"
    )
    parser.add_argument("--of", metavar="FUNCTION", help="a deployment on AWS, by its query function")
    parser.add_argument(
        "--data", metavar="DIR", type=Path, default=Path(".plumbline"), help="default: .plumbline"
    )


def run(args: argparse.Namespace) -> int:
    if args.compare is not None and (args.create or args.over or args.partial or args.unsealed):
        raise InvalidInput("--create, --over, --partial and --unsealed need --into")
    place = on_aws(args.of) if args.of else locally(args.data)
    try:
        return _compare(args, place) if args.into is None else _write(args, place)
    except NotFound as error:
        print(f"plumbline: {error}", file=sys.stderr)
        return _INCOMPLETE
    except IntegrityError as error:
        print(f"plumbline: the ledger is not intact: {error}", file=sys.stderr)
        return _REFUSED


def locally(data: Path) -> Place:
    info = read_stack(data)
    functions = client("lambda", info).list_functions()["Functions"]
    found = next(each for each in functions if "Query" in each["FunctionName"])
    resource = boto3.resource(
        "dynamodb",
        endpoint_url=info["endpoint"],
        region_name=info["region"],
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="local",
    )
    return Place(_settings(found), resource, client("kms", info), client("s3", info))


def on_aws(function: str) -> Place:
    """With the credentials of the environment."""
    found = boto3.client("lambda").get_function_configuration(FunctionName=function)
    return Place(_settings(found), boto3.resource("dynamodb"), boto3.client("kms"), boto3.client("s3"))


def _settings(function: Any) -> RecordSettings:
    variables = function.get("Environment", {}).get("Variables", {})
    try:
        return RecordSettings.model_validate({name: text for name, text in variables.items() if text})
    except ValueError as error:
        raise InvalidInput(f"{function.get('FunctionName')} is not a query function of Plumbline") from error


def _compare(args: argparse.Namespace, place: Place) -> int:
    table = args.compare or place.settings.table_name

    def once() -> tuple[Rebuilt, list[Difference]] | None:
        ledger = _ledger(args, place)
        if ledger is None:
            return None
        live = read_table(table, place.resource)
        made = rebuild(ledger, _facts(place), _keys(args, place, live), place.unwrap(), unsealed=live)
        return made, list(differences(live, made.items))

    return _report_differences(table, once)


def _report_differences(table: str, once: Callable[[], tuple[Rebuilt, list[Difference]] | None]) -> int:
    found = once()
    if found is None:
        return _REFUSED
    made, seen = found
    if seen:
        # Work continues meanwhile, and table and ledger are not read at one moment: count only what remains.
        again = once()
        if again is None:
            return _REFUSED
        made, seen = again[0], [each for each in again[1] if each in seen]
    _report_rebuilt(made)
    unsent = [each for each in seen if each.kind == "unsent"]
    seen = [each for each in seen if each.kind != "unsent"]
    for each in seen[:_SHOWN]:
        print(each)
    if seen[_SHOWN:]:
        print(f"and {len(seen) - _SHOWN} more")
    if unsent:
        print(f"{len(unsent)} links were issued for mails that were not sent")
    if seen:
        print(f"{table} differs from the ledger in {len(seen)} of {len(made.items)} items")
        return _REFUSED
    if made.faults:
        return _INCOMPLETE
    print(f"{table} agrees with the ledger: {len(made.items)} items, {made.unsealed} events not sealed yet")
    return 0


def _write(args: argparse.Namespace, place: Place) -> int:
    ledger = _ledger(args, place)
    if ledger is None:
        return _REFUSED
    if args.create:
        make_table_like(place.settings.table_name, args.into, place.resource)
    survived = _keys(args, place, None)
    made = rebuild(
        ledger, _facts(place), survived, place.unwrap(), unsealed=survived if args.unsealed else {}
    )
    _report_rebuilt(made)
    if made.faults and not args.partial:
        print("nothing was written; --partial writes the rest anyway", file=sys.stderr)
        return _INCOMPLETE
    found = list(differences(read_table(args.into, place.resource), made.items))
    # An earlier attempt may have written some items before it failed. That is no reason to refuse.
    others = [each for each in found if each.kind != "missing"]
    if others and not args.over:
        raise InvalidInput(f"{args.into} has {len(others)} items that differ from the ledger; see --over")
    for each in others:
        print(f"repair    {each}")
    delete_items(args.into, (each.key for each in others if each.key not in made.items), place.resource)
    write_table(args.into, made.items, place.resource)
    if list(differences(read_table(args.into, place.resource), made.items)):
        print(f"plumbline: {args.into} does not contain what was written", file=sys.stderr)
        return _REFUSED
    kinds = Counter(key[0].partition("#")[0] for key in made.items)
    print(f"{args.into}: {len(made.items)} items, " + ", ".join(f"{kinds[k]} {k}" for k in sorted(kinds)))
    return _INCOMPLETE if made.faults else 0


def _ledger(args: argparse.Namespace, place: Place) -> SealedLedger | None:
    """The ledger; None, after a report, if it is not intact."""
    anchor = None if args.anchor is None else _anchor(args.anchor)
    if args.from_ledger is not None:
        try:
            ledger = read_bundle(open_bundle(args.from_ledger), anchor)
        except ValueError as error:
            raise InvalidInput(str(error)) from error
    else:
        keyring = KmsKeyring(place.kms, place.settings.signing_key_id.split(","))
        ledger = read_ledger(S3Archive(place.settings.ledger_bucket, place.s3), keyring, anchor)
    if ledger.intact:
        said = f"{len(ledger.events)} events under {len(ledger.checkpoints)} checkpoints, intact"
        print(f"ledger: {said}", file=sys.stderr)
        return ledger
    print(as_text(ledger.report), end="", file=sys.stderr)
    print("the ledger is not intact, so nothing was rebuilt", file=sys.stderr)
    return None


def _anchor(path: Path) -> bytes:
    data = path.read_bytes()
    try:
        parse_checkpoint(data, "the anchor")
    except ValueError as error:
        raise InvalidInput(f"{path} is not a checkpoint: {error}") from error
    return data


def _facts(place: Place) -> BucketFacts:
    return BucketFacts(place.settings.facts_bucket, place.s3)


def _keys(args: argparse.Namespace, place: Place, compared: Items | None) -> Items:
    if args.keys is None and compared is not None:
        return compared
    return read_table(args.keys or place.settings.table_name, place.resource)


def _report_rebuilt(made: Rebuilt) -> None:
    print(f"rebuilt: {len(made.items)} items from {made.events + made.unsealed} events", file=sys.stderr)
    for person in made.refused_keys:
        print(f"refused: the key of {person}, who was shredded after it was stored", file=sys.stderr)
    for fault in made.faults[:_SHOWN]:
        print(f"{fault.where}: {fault.says}", file=sys.stderr)
    if made.faults[_SHOWN:]:
        print(f"and {len(made.faults) - _SHOWN} more", file=sys.stderr)
