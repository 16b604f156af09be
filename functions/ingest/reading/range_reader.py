"""One range of an export read by itself, and all ranges joined to what one pass over the export gives."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import merge
from itertools import compress
from typing import Any

import orjson

from functions.ingest.reading.codes import Fault, RowCode
from functions.ingest.reading.columns import COLUMNS
from functions.ingest.reading.decode import TextDecoder
from functions.ingest.reading.duplicates import SeenKeys
from functions.ingest.reading.manifest import ControlTotals
from functions.ingest.reading.outcome import AcceptedRows, Counts, RowSink, rejected_row
from functions.ingest.reading.profile import Profile
from functions.ingest.reading.rows import Layout
from functions.ingest.reading.split import Range
from functions.ingest.reading.text_reader import TextReader

_ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class ReadRange:
    """What a range by itself comes to: accepted and rejected rows as JSON lines, each in the file's order."""

    counts: Counts
    accepted: Iterable[bytes]
    rejected: Iterable[bytes]


def read_range(
    chunks: Iterable[bytes],
    profile: Profile,
    sink: RowSink,
    totals: ControlTotals,
    *,
    begins: Range,
    layout: Layout,
    big_endian: bool,
) -> Counts:
    """Read the rows of a range as one pass does, but for rows that repeat those of an earlier range."""
    if begins.start == 0:
        decoder = TextDecoder(profile.format.encoding)
        reading = TextReader(profile, sink, totals)
    else:
        decoder = TextDecoder(profile.format.encoding, big_endian=big_endian)
        reading = TextReader(profile, sink, totals, line=begins.line, layout=layout)
    for chunk in chunks:
        reading.feed(decoder.decode(chunk))
    reading.finish(decoder.finish())
    return reading.counts


def join_ranges(ranges: Iterable[ReadRange], profile: Profile, sink: RowSink) -> Counts:
    """Give all rows to the sink in the file's order; of rows with one key the first one counts."""
    seen, counts = SeenKeys(), Counts()
    for part in ranges:
        repeated: list[tuple[int, bytes]] = []
        for rows, lines in _batches(part.accepted):
            again = seen.repeated(*_keys(rows, profile))
            repeated += [_duplicate(rows[index]["line"]) for index in again]
            kept = [True] * len(rows)
            for index in again:
                kept[index] = False
            if len(again) < len(rows):
                ids = [row[COLUMNS[profile.kind][0]] for row in compress(rows, kept)]
                sink.accepted(AcceptedRows(ids, b"".join(compress(lines, kept))))
        _give_rejected(part.rejected, repeated, sink)
        _add(counts, part.counts, len(repeated))
    return counts


def _keys(rows: list[dict[str, Any]], profile: Profile) -> tuple[list[str], list[str]]:
    ids = [row[COLUMNS[profile.kind][0]] for row in rows]
    return ids, [row["period"] for row in rows] if profile.kind == "attainment" else [""] * len(rows)


def _batches(chunks: Iterable[bytes]) -> Iterator[tuple[list[dict[str, Any]], list[bytes]]]:
    """JSON lines, parsed and as they are."""
    for chunk in chunks:
        lines = chunk.splitlines(keepends=True)
        for start in range(0, len(lines), _ROWS_AT_ONCE):
            taken = lines[start : start + _ROWS_AT_ONCE]
            yield orjson.loads(b"[" + b",".join(taken) + b"]"), taken


def _duplicate(line: int) -> tuple[int, bytes]:
    return line, rejected_row(line, [Fault(None, RowCode.DUPLICATE, None)]) + b"\n"


def _give_rejected(chunks: Iterable[bytes], repeated: list[tuple[int, bytes]], sink: RowSink) -> None:
    if not repeated:
        for chunk in chunks:
            if chunk:
                sink.rejected(chunk)
        return
    known = (
        (row["line"], line) for rows, lines in _batches(chunks) for row, line in zip(rows, lines, strict=True)
    )
    for _, line in merge(known, repeated):
        sink.rejected(line)


def _add(counts: Counts, part: Counts, repeated: int) -> None:
    counts.rows += part.rows
    counts.accepted += part.accepted - repeated
    counts.rejected += part.rejected + repeated
    counts.blank_lines += part.blank_lines
    counts.codes.update(part.codes)
    if repeated:
        counts.codes[str(RowCode.DUPLICATE)] += repeated
