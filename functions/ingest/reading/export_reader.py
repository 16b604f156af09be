"""Reads an export: accepts or rejects each row, with reasons, or refuses the whole file, with one reason.

Bytes come in as chunks and rows go out through a sink, so memory hardly grows with the file. Rows given to
the sink are provisional until ``read_export`` returns, because the last byte may still be a reason to
refuse.
"""

from collections.abc import Iterable, Set
from fractions import Fraction

from functions.ingest.reading.codes import FileCode
from functions.ingest.reading.decode import TextDecoder
from functions.ingest.reading.manifest import ControlTotals, Manifest, parse_manifest
from functions.ingest.reading.outcome import Counts, Summary
from functions.ingest.reading.profile import Profile
from functions.ingest.reading.same_key import RevisableSink, settle
from functions.ingest.reading.text_reader import TextReader
from functions.ingest.reading.unpack import ExportBytes
from shared.domain.identifiers import batch_id

_REFUSALS = (
    *(FileCode.TRUNCATED_GZIP, FileCode.TOO_COMPRESSED, FileCode.TOO_LARGE, FileCode.NOT_TEXT),
    *(FileCode.HEADER_MISSING_COLUMN, FileCode.HEADER_DUPLICATE_COLUMN, FileCode.HEADER_EXTRA_COLUMN),
    *(FileCode.EMPTY, FileCode.MANIFEST_MISMATCH, FileCode.TOO_MANY_REJECTED),
)
"""The order of reasons to refuse a file; the first that applies is reported."""

_COUNTED = (None, FileCode.MANIFEST_MISMATCH, FileCode.TOO_MANY_REJECTED)


def read_export(
    chunks: Iterable[bytes],
    profile: Profile,
    sink: RevisableSink,
    *,
    manifest: bytes | None = None,
    size: int | None = None,
    row_by_row: bool = False,
) -> Summary:
    """Read a whole export.

    ``manifest`` is the content of the manifest beside the export. ``size`` is the export's size in bytes, if
    known; a file that unpacks to too much is then given up early. ``row_by_row`` switches the fast way off;
    the result is the same.
    """
    encoding = profile.format.encoding
    intake = ExportBytes(
        chunks, gzip=profile.format.compression == "gzip", has_nul_bytes=encoding == "utf-16", size=size
    )
    totals = totals_stated(manifest)
    reading = TextReader(profile, sink, totals, row_by_row=row_by_row)
    decoder = TextDecoder(encoding)
    for piece in intake.unpacked():
        text = decoder.decode(piece)
        if decoder.nul_seen:
            intake.faults.add(FileCode.NOT_TEXT)
        if intake.faults:
            reading.only_count = True
        reading.feed(text)
    reading.finish(decoder.finish())
    faults = intake.faults | reading.faults
    if not faults:
        settle(reading.repeated, sink, reading.counts)
    return summary_of(
        profile,
        intake.sha256,
        intake.bytes,
        reading.counts,
        totals,
        manifest=manifest,
        faults=faults,
    )


def summary_of(
    profile: Profile,
    sha256: str,
    size: int,
    counts: Counts,
    totals: ControlTotals,
    *,
    manifest: bytes | None,
    faults: Set[FileCode],
) -> Summary:
    """The summary of an export that was read to its end; ``faults`` are the reasons to refuse it so far."""
    if not faults:
        stated = None if manifest is None else parse_manifest(manifest)
        faults = _judged(profile, counts, stated, totals, sha256, has_manifest=manifest is not None)
    refused = next((code for code in _REFUSALS if code in faults), None)
    counts = counts if refused in _COUNTED else Counts()
    return Summary(
        profile=profile.id,
        batch=batch_id(sha256),
        sha256=sha256,
        bytes=size,
        rows=counts.rows,
        accepted=counts.accepted,
        rejected=counts.rejected,
        blank_lines=counts.blank_lines,
        codes=dict(sorted(counts.codes.items())),
        refused=refused,
        summed=counts.summed if profile.same_key == "sum" else None,
    )


def totals_stated(manifest: bytes | None) -> ControlTotals:
    """Sums, still zero, for the columns whose sum the manifest states."""
    stated = None if manifest is None else parse_manifest(manifest)
    return ControlTotals(stated.sums if stated else ())


def _judged(
    profile: Profile,
    counts: Counts,
    stated: Manifest | None,
    totals: ControlTotals,
    sha256: str,
    *,
    has_manifest: bool,
) -> set[FileCode]:
    """The reasons to refuse a file whose every row was read."""
    faults: set[FileCode] = set()
    if counts.rows == 0:
        faults.add(FileCode.EMPTY)
    elif has_manifest and (stated is None or not totals.hold(stated, rows=counts.rows, sha256=sha256)):
        faults.add(FileCode.MANIFEST_MISMATCH)
    elif Fraction(counts.rejected, counts.rows) > Fraction(profile.max_rejected_fraction):
        faults.add(FileCode.TOO_MANY_REJECTED)
    return faults
