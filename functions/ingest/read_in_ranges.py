"""Read a large export in ranges, several at a time, with the same result as in one pass.

Three steps: plan the ranges, read each range, join them. Each step may run twice or be retried after a crash.
Only the transaction at the end of the join has an effect. Files between the steps are named by everything
that they depend on, so two readings never mix.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

import orjson

from functions.ingest.conclude_export import accepted_before, conclude, repeat
from functions.ingest.file_rows import FiledRows
from functions.ingest.range_plan import RangePlan
from functions.ingest.reading import range_reader, text_reader
from functions.ingest.reading.codes import FileCode
from functions.ingest.reading.export_reader import summary_of, totals_stated
from functions.ingest.reading.outcome import AcceptedRows, Counts
from functions.ingest.reading.profile import parse_profile
from functions.ingest.reading.range_reader import ReadRange
from functions.ingest.reading.split import split_export
from functions.ingest.reception import CHUNK_BYTES, LargeExports, Received, Receiving, chunks
from shared.arrival_ports import ExportParts
from shared.domain import paths
from shared.domain.canonical import canonical_bytes
from shared.domain.errors import IntegrityError
from shared.domain.line_file import LineFile, unpacked_lines
from shared.ports import Export, Files

_FAST_COMPRESSION: Final = 1
"""zlib's level for files that are read once."""


def plan_ranges(
    export: Export, profile_id: str, receiving: Receiving, large: LargeExports
) -> Received | RangePlan | None:
    """Plan the ranges of a large export, or record that it repeats an accepted one.

    Returns None if the export must be read in one pass: its profile is unknown, or it cannot be split, for
    example because it is compressed.
    """
    profile_text = receiving.profile_text(profile_id)
    if profile_text is None:
        return None
    piece = min(CHUNK_BYTES, max(1, large.range_bytes // 4))
    split = split_export(
        chunks(export.body, piece), parse_profile(profile_text, profile_id), large.range_bytes
    )
    if split is None:
        return None
    plan = RangePlan.of(export, profile_id, profile_text, split, large.code_version)
    known = accepted_before(plan.batch, receiving.store)
    if known is not None:
        return repeat(plan.dropped, known, receiving)
    receiving.files.write(paths.reading_plan(plan.batch, plan.reading), plan.model_dump_json().encode())
    listed = [{"range": number} for number in range(len(plan.parts))]
    receiving.files.write(paths.reading_ranges(plan.batch, plan.reading), canonical_bytes(listed))
    return plan


def read_one_range(plan_key: str, number: int, files: Files, parts: ExportParts) -> Counts:
    """Read a range and file its rows for the join. The counts are filed last."""
    plan = RangePlan.model_validate_json(files.read(plan_key))
    begins, totals, rows = plan.range(number), totals_stated(plan.manifest), _StagedRows()
    digest = hashlib.sha256()

    def digested() -> Iterator[bytes]:
        for chunk in chunks(parts.part(plan.key, plan.object_version, begins.start, begins.stop)):
            digest.update(chunk)
            yield chunk

    counts = range_reader.read_range(
        digested(),
        plan.profile,
        rows,
        totals,
        begins=begins,
        layout=plan.layout,
        big_endian=plan.big_endian,
    )
    if digest.hexdigest() != begins.sha256:
        raise IntegrityError(f"{plan.key} has changed since its ranges were planned: range {number} differs")
    files.write(paths.range_accepted(plan.batch, plan.reading, number), rows.kept.finish()[0])
    files.write(paths.range_rejected(plan.batch, plan.reading, number), rows.refused.finish()[0])
    result = {
        "rows": counts.rows,
        "accepted": counts.accepted,
        "rejected": counts.rejected,
        "blank_lines": counts.blank_lines,
        "codes": dict(counts.codes),
        "sums": totals.as_text(),
    }
    files.write(paths.range_counts(plan.batch, plan.reading, number), canonical_bytes(result))
    return counts


def join_ranges(plan_key: str, receiving: Receiving) -> Received:
    """Join all ranges after each has been read, and record the result."""
    plan = RangePlan.model_validate_json(receiving.files.read(plan_key))
    known = accepted_before(plan.batch, receiving.store)
    if known is not None:
        return repeat(plan.dropped, known, receiving)
    profile = plan.profile
    rows, totals = FiledRows(profile.kind, receiving.shards), totals_stated(plan.manifest)
    parts: list[Counts] = []
    for number in range(len(plan.parts)):
        result = orjson.loads(receiving.files.read(paths.range_counts(plan.batch, plan.reading, number)))
        for column, total in result.pop("sums").items():
            totals.add(column, [total])
        parts.append(Counts(**result | {"codes": Counter(result["codes"])}))
    faults: set[FileCode] = set()
    counts = Counts()
    if sum(part.rows for part in parts) > text_reader.MAX_ROWS:
        faults.add(FileCode.TOO_LARGE)
    else:
        counts = range_reader.join_ranges(_read_ranges(plan, parts, receiving.files), profile, rows)
    summary = summary_of(
        profile, plan.sha256, plan.size, counts, totals, manifest=plan.manifest, faults=faults
    )
    return conclude(plan.dropped, profile, summary, rows, receiving)


def _read_ranges(plan: RangePlan, parts: list[Counts], files: Files) -> Iterator[ReadRange]:
    for number, counts in enumerate(parts):
        yield ReadRange(
            counts,
            unpacked_lines(files.read(paths.range_accepted(plan.batch, plan.reading, number))),
            unpacked_lines(files.read(paths.range_rejected(plan.batch, plan.reading, number))),
        )


class _StagedRows:
    """The rows of one range, collected for the join."""

    def __init__(self) -> None:
        self.kept, self.refused = LineFile(_FAST_COMPRESSION), LineFile(_FAST_COMPRESSION)

    def accepted(self, rows: AcceptedRows) -> None:
        self.kept.add(rows.jsonl)

    def rejected(self, jsonl: bytes) -> None:
        self.refused.add(jsonl)
