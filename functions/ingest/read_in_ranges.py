"""Take in a large export in ranges, several at a time, to the very outcome of reading it in one pass.

Three steps, each of which may run twice or be retried after a crash: cut, read a range, join. Until the last
one's transaction nothing counts, and what lies between them is told apart by all that it depends on.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import orjson

from functions.ingest.conclude_export import accepted_before, conclude, repeat
from functions.ingest.file_rows import FiledRows
from functions.ingest.range_plan import ReadingPlan
from functions.ingest.reading import text_reader
from functions.ingest.reading.codes import FileCode
from functions.ingest.reading.export_reader import summary_of, totals_stated
from functions.ingest.reading.outcome import AcceptedRows, Counts
from functions.ingest.reading.profile import parse_profile
from functions.ingest.reading.range_reader import ReadRange, join_ranges, read_range
from functions.ingest.reading.split import split_export
from functions.ingest.receive_export import CHUNK_BYTES, profile_of, receive_export, receive_opened
from functions.ingest.reception import Received, Receiving
from shared.arrival_ports import ExportParts
from shared.domain import paths
from shared.domain.canonical import canonical_bytes
from shared.domain.errors import IntegrityError
from shared.domain.line_file import LineFile, unpacked_lines
from shared.ports import Export, Files

_LIGHTLY: Final = 1
"""zlib's level for files that are read once."""


@dataclass(frozen=True, slots=True)
class ReadingInRanges:
    """``limit``: how many bytes are read in one pass; a range has half as many."""

    receiving: Receiving
    parts: ExportParts
    limit: int
    code_version: str

    @property
    def range_bytes(self) -> int:
        return max(1, self.limit // 2)


def take_in(key: str, object_version: str | None, reading: ReadingInRanges) -> Received | ReadingPlan:
    """Receive an export in one pass, or, where it is large, say how it is to be read in ranges."""
    export = reading.receiving.exports.open(key, object_version)
    if export.size <= reading.limit:
        return receive_opened(export, reading.receiving)
    profile_id = profile_of(key)
    profile_text = reading.receiving.profile_text(profile_id)
    if profile_text is None:
        return receive_opened(export, reading.receiving)
    return _cut(export, profile_id, profile_text, reading)


def _cut(
    export: Export, profile_id: str, profile_text: str, reading: ReadingInRanges
) -> Received | ReadingPlan:
    receiving = reading.receiving
    piece = min(CHUNK_BYTES, max(1, reading.range_bytes // 4))
    split = split_export(
        _chunks(export.body, piece), parse_profile(profile_text, profile_id), reading.range_bytes
    )
    export.body.close()
    if split is None:
        return receive_export(export.key, export.object_version, receiving)
    plan = ReadingPlan.of(export, profile_id, profile_text, split, reading.code_version)
    known = accepted_before(plan.batch, receiving.store)
    if known is not None:
        return repeat(plan.dropped, known, receiving)
    receiving.files.write(paths.reading_plan(plan.batch, plan.reading), plan.model_dump_json().encode())
    listed = [{"range": number} for number in range(len(plan.parts))]
    receiving.files.write(paths.reading_ranges(plan.batch, plan.reading), canonical_bytes(listed))
    return plan


def read_one_range(plan_key: str, number: int, reading: ReadingInRanges) -> Counts:
    """Read a range and put its rows where joining finds them; the counts come last."""
    files = reading.receiving.files
    plan = ReadingPlan.model_validate_json(files.read(plan_key))
    begins, totals, rows = plan.range(number), totals_stated(plan.manifest), _StagedRows()
    digest = hashlib.sha256()

    def chunks() -> Iterator[bytes]:
        body = reading.parts.part(plan.key, plan.object_version, begins.start, begins.stop)
        for chunk in _chunks(body, CHUNK_BYTES):
            digest.update(chunk)
            yield chunk

    counts = read_range(
        chunks(),
        plan.profile,
        rows,
        totals,
        begins=begins,
        layout=plan.layout,
        big_endian=plan.big_endian,
    )
    if digest.hexdigest() != begins.sha256:
        raise IntegrityError(f"{plan.key} is no longer what it was when it was cut: range {number} differs")
    files.write(paths.range_accepted(plan.batch, plan.reading, number), rows.kept.finish()[0])
    files.write(paths.range_rejected(plan.batch, plan.reading, number), rows.refused.finish()[0])
    told = {
        "rows": counts.rows,
        "accepted": counts.accepted,
        "rejected": counts.rejected,
        "blank_lines": counts.blank_lines,
        "codes": dict(counts.codes),
        "sums": totals.as_text(),
    }
    files.write(paths.range_counts(plan.batch, plan.reading, number), canonical_bytes(told))
    return counts


def join(plan_key: str, reading: ReadingInRanges) -> Received:
    """Join all ranges, which were read, and record what became of the export."""
    receiving = reading.receiving
    plan = ReadingPlan.model_validate_json(receiving.files.read(plan_key))
    known = accepted_before(plan.batch, receiving.store)
    if known is not None:
        return repeat(plan.dropped, known, receiving)
    profile = plan.profile
    rows, totals = FiledRows(profile.kind, receiving.shards), totals_stated(plan.manifest)
    parts: list[Counts] = []
    for number in range(len(plan.parts)):
        told = orjson.loads(receiving.files.read(paths.range_counts(plan.batch, plan.reading, number)))
        for column, total in told.pop("sums").items():
            totals.add(column, [total])
        parts.append(Counts(**told | {"codes": Counter(told["codes"])}))
    faults: set[FileCode] = set()
    counts = Counts()
    if sum(part.rows for part in parts) > text_reader.MAX_ROWS:
        faults.add(FileCode.TOO_LARGE)
    else:
        counts = join_ranges(_read_ranges(plan, parts, receiving.files), profile, rows)
    summary = summary_of(
        profile, plan.sha256, plan.size, counts, totals, manifest=plan.manifest, faults=faults
    )
    return conclude(plan.dropped, profile, summary, rows, receiving)


def _read_ranges(plan: ReadingPlan, parts: list[Counts], files: Files) -> Iterator[ReadRange]:
    for number, counts in enumerate(parts):
        yield ReadRange(
            counts,
            unpacked_lines(files.read(paths.range_accepted(plan.batch, plan.reading, number))),
            unpacked_lines(files.read(paths.range_rejected(plan.batch, plan.reading, number))),
        )


class _StagedRows:
    """The sink of one range."""

    def __init__(self) -> None:
        self.kept, self.refused = LineFile(_LIGHTLY), LineFile(_LIGHTLY)

    def accepted(self, rows: AcceptedRows) -> None:
        self.kept.add(rows.jsonl)

    def rejected(self, jsonl: bytes) -> None:
        self.refused.add(jsonl)


def _chunks(body: BinaryIO, size: int) -> Iterator[bytes]:
    while chunk := body.read(size):
        yield chunk
