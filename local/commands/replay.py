"""``plumbline replay``: re-run a past evaluation of the local cloud and compare the results."""

import argparse
import sys
from pathlib import Path
from typing import Any

import boto3

from functions.evaluate.replay_evaluation import Replay, replay_evaluation
from infra.bundling import digest_of, source_files
from local.cloud.engine import ACCOUNT
from local.cloud.stack import client, read_stack
from shared.aws.dynamo import Table
from shared.aws.files import S3Files
from shared.aws.subject_keys import KmsSubjectKeys
from shared.aws.table_store import TableStore
from shared.domain.errors import NotFound
from shared.domain.identifiers import EvaluationId
from shared.runtime.clock import ScaledClock

EPILOG = """\
The replay reads the inputs that the evaluation pinned: its plan, the policy, the directory and the revisions
of the facts. It checks each input against its recorded digest, decides about every person again, and compares
the decisions of each shard, the filed decisions, the counts and the Merkle root in the ledger. It writes
nothing. Figures and policies that became known later are not used.

example:
  plumbline replay evaluation-0123456789abcdef0123

Exit status: 0 identical; 1 something is missing or differs, with one line for each; 2 no local cloud runs.
The console lists evaluations, and so does the API under /evaluations.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EPILOG
    parser.add_argument("evaluation", metavar="EVALUATION", help="the evaluation's id")
    parser.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        default=Path(".plumbline"),
        help="the local cloud's folder (default: .plumbline)",
    )


def run(args: argparse.Namespace) -> int:
    info = read_stack(args.data)
    store, files = _store(info), S3Files(info["facts_bucket"], client("s3", info))
    try:
        replay = replay_evaluation(EvaluationId(args.evaluation), store, files, _own_code_version())
    except NotFound:
        print(f"{args.evaluation}: there is no such evaluation", file=sys.stderr)
        return 1
    show(replay)
    return 0 if replay.identical else 1


def show(replay: Replay) -> None:
    """Print the replay to standard output, and what is missing or differs to standard error."""
    plan = replay.plan
    print(f"{plan.id}: {plan.policy} on {plan.period}, directory {plan.directory}")
    if replay.other_code:
        print(f"decided by code {plan.code_version[:16]}, replayed by code {replay.code_version[:16]}")
    for shard in replay.shards:
        verdict = "same" if shard.same else "DIFFERS"
        print(f"  shard {shard.shard}  {shard.people:>7} people  {shard.digest}  {verdict}")
    if replay.root is not None:
        print(f"  Merkle root  {replay.root}")
    for fault in replay.faults:
        print(f"{fault.where}: {fault.says}", file=sys.stderr)
    people = sum(shard.people for shard in replay.shards)
    if replay.identical:
        print(f"identical: {people} decisions in {len(replay.shards)} shards, byte for byte")
    elif replay.root is None:
        print("not replayed: an input is missing or was changed")
    else:
        print("not identical")


def _store(info: dict[str, Any]) -> TableStore:
    resource = boto3.resource(
        "dynamodb",
        endpoint_url=info["endpoint"],
        region_name=info["region"],
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="local",
    )
    table = Table(info["table"], resource)
    # A replay reads no private part of an event, so it needs no key.
    subject_keys = KmsSubjectKeys(table, client("kms", info), "")
    return TableStore(table, subject_keys, ScaledClock(1, None))


def _own_code_version() -> str:
    return digest_of(source_files("evaluate"))
