"""Splits many lines at once, and leaves every unusual line to ``lines``.

Two kinds of line are split here: a line without quotes or bad bytes that has the right number of delimiters,
and a line whose quotes all open or close a whole field. ``lines`` reads every other line, slowly and exactly.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, compress, repeat
from operator import ne

from functions.ingest.reading.codes import RowCode
from functions.ingest.reading.decode import BAD_CHARACTER
from functions.ingest.reading.lines import RawRow, RowSplitter

BLOCK = 48 * 1024
"""In characters. The cells of a block should fit in the processor's cache."""

MASKED = "\0"
"""Replaces a delimiter within quotes, in lines that have no bad character."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some physical lines of the text, as rows.

    ``cells`` holds the unquoted cells of all rows of the right width, row after row; ``numbers`` holds the
    line numbers of these rows. Rows that ``lines`` had to split have empty ``cells``; ``exact`` holds their
    fields by the row's index. ``faulty`` holds the rows with a fault of the whole row.
    """

    cells: list[str]
    numbers: range | list[int]
    exact: dict[int, list[str]]
    faulty: list[tuple[int, RowCode]]
    masked: bool
    blank_lines: int
    next: int
    lines: int


class BlockSplitter:
    """Splits blocks of a file whose rows' width is known.

    The splitter first looks at a block's marks: its delimiters, quotes, line feeds and bad characters,
    without the text between them. The marks of a line show whether it is a usual line.
    """

    def __init__(self, splitter: RowSplitter, delimiter: str, quote: str | None, width: int) -> None:
        self._splitter = splitter
        self._delimiter = delimiter
        self._quote = quote
        self._width = width
        self._empty_row = delimiter * (width - 1)
        self._bare_marks = self._empty_row.encode()
        marks = f"{delimiter}{quote or ''}\n{BAD_CHARACTER}"
        kept = marks.encode() if marks.isascii() else None
        self._between = None if kept is None else bytes(byte for byte in range(256) if byte not in kept)
        self._slow_between = re.compile(f"[^{re.escape(marks)}]+")

    def block_at(self, text: str, start: int, end: int, line: int, *, final: bool) -> Block | None:
        """Split the lines from ``start`` to ``end``, the offset behind a line feed.

        ``line`` is the number of the first line. None if the first row already needs more text.
        """
        chunk = text[start:end]
        unmixed = chunk.replace("\r\n", "\n") if "\r" in chunk else chunk
        marks = self._marks(chunk)
        whole = self._whole_rows(unmixed, marks)
        if whole is not None:
            cells = whole[:-1].replace("\n", self._delimiter).split(self._delimiter)
            numbers = range(line, line + len(cells) // self._width)
            return Block(cells, numbers, {}, [], False, 0, end, len(numbers))
        raw = unmixed[:-1].split("\n")
        lines = [*raw]
        odd, masked = self._without_quotes(lines, marks[:-1].split(b"\n"))
        if not odd:
            numbers = range(line, line + len(lines))
            return Block(self._cells(lines), numbers, {}, [], masked, 0, end, len(lines))
        if unmixed is not chunk:
            raw = chunk[:-1].split("\n")
        lengths = list(accumulate(map(len, raw), initial=0))
        return self._with_odd_lines(_BlockPlace(text, start, end, line, final, lengths), lines, odd, masked)

    def _marks(self, chunk: str) -> bytes:
        if self._between is None:
            return self._slow_between.sub("", chunk).encode()
        return chunk.encode().translate(None, self._between)

    def _whole_rows(self, chunk: str, marks: bytes) -> str | None:
        """The lines without quotes, if all have the same marks and these are those of a row."""
        first = marks[: marks.index(b"\n")]
        rows = marks.count(b"\n")
        if len(marks) != rows * (len(first) + 1) or marks != (first + b"\n") * rows:
            return None
        if first == self._bare_marks:
            return chunk
        return self._all_quoted_alike(chunk, first.decode(), rows)

    def _all_quoted_alike(self, chunk: str, marks: str, rows: int) -> str | None:
        """The lines without quotes, if the same fields are quoted in all, and have none of the marks within.

        An opening quote follows a delimiter or line feed, and a closing quote comes before one. A misplaced
        quote would lower the number of such pairs.
        """
        quote, delimiter = self._quote, self._delimiter
        fields = marks.split(delimiter)
        if quote is None or len(fields) != self._width or not {*fields} <= {"", quote * 2}:
            return None
        quoted = fields.count(quote * 2)
        at_start, at_end = bool(fields[0]), bool(fields[-1])
        alike = (
            chunk.count(delimiter + quote) == rows * (quoted - at_start)
            and chunk.count(quote + delimiter) == rows * (quoted - at_end)
            and f"\n{chunk}".count(f"\n{quote}") == rows * at_start
            and chunk.count(f"{quote}\n") == rows * at_end
        )
        return chunk.replace(quote, "") if alike else None

    def _cells(self, lines: list[str]) -> list[str]:
        """The cells of lines of the right width."""
        return self._delimiter.join(lines).split(self._delimiter) if lines else []

    def _without_quotes(self, lines: list[str], marks: list[bytes]) -> tuple[list[int], bool]:
        """Remove quotes from usual lines; return the odd lines, and whether any delimiter was masked."""
        odd: list[int] = []
        masked = False
        quote = None if self._quote is None else self._quote.encode()
        bad = BAD_CHARACTER.encode()
        unlike = map(ne, marks, repeat(self._bare_marks))
        for index in compress(range(len(marks)), unlike):
            found, plain = marks[index], None
            if quote is not None and quote in found and bad not in found:
                plain = self._masked(lines[index], str(self._quote))
            if plain is None:
                odd.append(index)
            else:
                lines[index] = plain
                masked = masked or MASKED in plain
        return odd, masked

    def _masked(self, line: str, quote: str) -> str | None:
        """The line without quotes, with the delimiters inside them masked; None if a quote is misplaced."""
        delimiter = self._delimiter
        parts = line.split(quote)
        if len(parts) % 2 == 0:
            return None
        first, last = parts[0], parts[-1]
        if (first and not first.endswith(delimiter)) or (last and not last.startswith(delimiter)):
            return None
        for between in parts[2:-1:2]:
            if not (between.startswith(delimiter) and between.endswith(delimiter)):
                return None
        parts[1::2] = [inside.replace(delimiter, MASKED) for inside in parts[1::2]]
        plain = "".join(parts)
        return plain if plain.count(delimiter) == self._width - 1 else None

    def _with_odd_lines(
        self, place: "_BlockPlace", lines: list[str], odd: list[int], masked: bool
    ) -> Block | None:
        lengths, rows = place.lengths, lines
        gone: list[int] = []
        fields: dict[int, list[str]] = {}
        faulty: list[tuple[int, RowCode]] = []
        blank_lines = behind = 0
        after, stop = place.end, len(lines)
        for index, row in self._odd_rows(place, odd):
            if row is None:
                after, stop = place.start + lengths[index] + index, index
                break
            behind = index + row.lines
            after = max(after, row.next)
            if row.fields is not None and len(row.fields) == self._width:
                rows[index] = self._empty_row
                fields[index] = row.fields
                gone += range(index + 1, min(behind, stop))
                continue
            gone += range(index, min(behind, stop))
            if row.blank:
                blank_lines += 1
            else:
                faulty.append((place.line + index, row.fault or RowCode.WRONG_FIELD_COUNT))
        if stop == 0:
            return None
        del rows[stop:]
        numbers = list(range(place.line, place.line + stop))
        for index in reversed(gone):
            del rows[index], numbers[index]
        return Block(
            cells=self._cells(rows),
            numbers=numbers,
            exact={index - bisect_left(gone, index): cells for index, cells in fields.items()},
            faulty=faulty,
            masked=masked,
            blank_lines=blank_lines,
            next=after,
            lines=max(stop, behind),
        )

    def _odd_rows(self, place: "_BlockPlace", odd: list[int]) -> Iterator[tuple[int, RawRow | None]]:
        """The rows that begin at odd lines; a line inside an earlier row begins none."""
        behind = 0
        for index in odd:
            if index < behind:
                continue
            offset = place.start + place.lengths[index] + index
            row = self._splitter.row_at(place.text, offset, final=place.final)
            yield index, row
            if row is not None:
                behind = index + row.lines


@dataclass(frozen=True, slots=True)
class _BlockPlace:
    """A block's place in the text; ``lengths`` adds up the lines before each line, without line feeds."""

    text: str
    start: int
    end: int
    line: int
    final: bool
    lengths: list[int]
