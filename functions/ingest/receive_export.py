"""Receive one dropped export: accept it whole or refuse it whole, once."""

import hashlib

from functions.ingest.conclude_export import conclude
from functions.ingest.file_rows import FiledRows
from functions.ingest.range_plan import RangePlan
from functions.ingest.read_in_ranges import plan_ranges
from functions.ingest.reading.codes import FileCode
from functions.ingest.reading.export_reader import read_export
from functions.ingest.reading.outcome import Summary
from functions.ingest.reading.profile import parse_profile
from functions.ingest.reception import LargeExports, Received, Receiving, chunks
from shared.arrival_ports import Dropped
from shared.domain.identifiers import batch_id
from shared.ports import Export


def receive_export(
    key: str, object_version: str | None, receiving: Receiving, large: LargeExports
) -> Received | RangePlan:
    """Read the export under ``incoming/<profile id>/<name>`` and record the result.

    A large export is only planned here: the workflow reads its ranges in parallel, then joins them.
    """
    export = receiving.exports.open(key, object_version)
    if export.size > large.limit_bytes:
        planned = plan_ranges(export, profile_of(key), receiving, large)
        export.body.close()
        if planned is not None:
            return planned
        # Planning consumed the stream. Open the export again to read it in one pass.
        export = receiving.exports.open(key, object_version)
    return read_whole(export, receiving)


def read_whole(export: Export, receiving: Receiving) -> Received:
    """Read an unread export in one pass and record the result.

    Receiving the same object version twice has one effect. The same content under another name is
    ``repeated`` and changes nothing. Content that was refused before is read again.
    """
    dropped = Dropped(export.key, export.object_version, export.dropped_at)
    profile_id = profile_of(export.key)
    profile_text = receiving.profile_text(profile_id)
    if profile_text is None:
        return conclude(dropped, None, _unread(export, profile_id), None, receiving)
    profile = parse_profile(profile_text, profile_id)
    rows = FiledRows(profile.kind, receiving.shards)
    summary = read_export(chunks(export.body), profile, rows, manifest=export.manifest, size=export.size)
    return conclude(dropped, profile, summary, rows, receiving)


def profile_of(key: str) -> str:
    """The profile id in a dropped object's key; "" if the key has none."""
    return key.split("/")[1] if key.count("/") >= 2 else ""


def _unread(export: Export, profile_id: str) -> Summary:
    """The size and digest of a file whose profile does not exist."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks(export.body):
        digest.update(chunk)
        size += len(chunk)
    return Summary(
        profile=profile_id,
        batch=batch_id(digest.hexdigest()),
        sha256=digest.hexdigest(),
        bytes=size,
        rows=0,
        accepted=0,
        rejected=0,
        blank_lines=0,
        codes={},
        refused=FileCode.UNKNOWN_PROFILE,
    )
