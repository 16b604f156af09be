"""Take in one dropped export: accept it whole, or refuse it whole, once."""

import hashlib
from collections.abc import Iterator

from functions.ingest.conclude_export import conclude
from functions.ingest.file_rows import FiledRows
from functions.ingest.reading.codes import FileCode
from functions.ingest.reading.export_reader import read_export
from functions.ingest.reading.outcome import Summary
from functions.ingest.reading.profile import parse_profile
from functions.ingest.reception import Received, Receiving
from shared.arrival_ports import Dropped
from shared.domain.identifiers import batch_id
from shared.ports import Export

CHUNK_BYTES = 256 * 1024


def receive_export(key: str, object_version: str | None, receiving: Receiving) -> Received:
    """Read the export under ``incoming/<profile id>/<name>`` and record what became of it.

    The same object announced twice is the same reception. The same content dropped again, under whatever
    name, is ``repeated`` and changes nothing, unless it was refused before: then it is read anew.
    """
    return receive_opened(receiving.exports.open(key, object_version), receiving)


def receive_opened(export: Export, receiving: Receiving) -> Received:
    """`receive_export` for one of which nothing was read yet."""
    dropped = Dropped(export.key, export.object_version, export.dropped_at)
    profile_id = profile_of(export.key)
    profile_text = receiving.profile_text(profile_id)
    if profile_text is None:
        return conclude(dropped, None, _unread(export, profile_id), None, receiving)
    profile = parse_profile(profile_text, profile_id)
    rows = FiledRows(profile.kind, receiving.shards)
    summary = read_export(_chunks(export), profile, rows, manifest=export.manifest, size=export.size)
    return conclude(dropped, profile, summary, rows, receiving)


def profile_of(key: str) -> str:
    """The profile that a dropped object's key names; "" where it names none."""
    return key.split("/")[1] if key.count("/") >= 2 else ""


def _unread(export: Export, profile_id: str) -> Summary:
    """What is known of a file that no profile fits: its size and digest."""
    digest, size = hashlib.sha256(), 0
    for chunk in _chunks(export):
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


def _chunks(export: Export) -> Iterator[bytes]:
    while chunk := export.body.read(CHUNK_BYTES):
        yield chunk
