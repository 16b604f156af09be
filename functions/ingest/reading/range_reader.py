"""Reads one range of an export, and joins all ranges to the result of reading the export in one pass."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress
from typing import Any

import orjson

from functions.ingest.reading.columns import COLUMNS
from functions.ingest.reading.decode import TextDecoder
from functions.ingest.reading.manifest import ControlTotals
from functions.ingest.reading.outcome import AcceptedRows, Counts, RowSink
from functions.ingest.reading.profile import Profile
from functions.ingest.reading.rows import Layout
from functions.ingest.reading.same_key import RepeatedRows, RevisableSink, settle
from functions.ingest.reading.seen_keys import SeenKeys
from functions.ingest.reading.split import Range
from functions.ingest.reading.text_reader import TextReader

_ROWS_AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class ReadRange:
    """The result of one range: acceptable and rejected rows as JSON lines, in the file's order."""

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
    """Check the rows of a range as one pass does; `join_ranges` compares the keys of all ranges."""
    if begins.start == 0:
        decoder = TextDecoder(profile.format.encoding)
        reading = TextReader(profile, sink, totals, compare_keys=False)
    else:
        decoder = TextDecoder(profile.format.encoding, big_endian=big_endian)
        reading = TextReader(profile, sink, totals, compare_keys=False, line=begins.line, layout=layout)
    for chunk in chunks:
        reading.feed(decoder.decode(chunk))
    reading.finish(decoder.finish())
    return reading.counts


def join_ranges(ranges: Iterable[ReadRange], profile: Profile, sink: RevisableSink) -> Counts:
    """Give all rows to the sink in the file's order, and compare the rows that share a key."""
    seen, counts, repeated = SeenKeys(), Counts(), RepeatedRows(profile)
    for part in ranges:
        for rows, lines in _batches(part.accepted):
            again = seen.repeated(*_keys(rows, profile))
            repeated.add([lines[index] for index in again])
            kept = [True] * len(rows)
            for index in again:
                kept[index] = False
            if len(again) < len(rows):
                ids = [row[COLUMNS[profile.kind][0]] for row in compress(rows, kept)]
                sink.accepted(AcceptedRows(ids, b"".join(compress(lines, kept))))
        for chunk in part.rejected:
            if chunk:
                sink.rejected(chunk)
        counts.rows += part.counts.rows
        counts.accepted += part.counts.accepted
        counts.rejected += part.counts.rejected
        counts.blank_lines += part.counts.blank_lines
        counts.codes.update(part.counts.codes)
    counts.accepted -= repeated.count
    settle(repeated, sink, counts)
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
