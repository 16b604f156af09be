"""Splits many lines at once, and leaves to ``lines`` whatever is out of the ordinary.

A line without a quote, with the right number of delimiters and no bad byte is a row, whatever its cells hold;
so is a line whose quotes all stand where quotes of whole fields stand. Every other line is read the slow way.
"""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, repeat

from functions.ingest.codes import RowCode
from functions.ingest.decode import BAD_CHARACTER
from functions.ingest.lines import RawRow, RowSplitter

BLOCK = 32 * 1024
"""How many characters are split at once: what a block comes to should stay in a processor's own cache."""

MASKED = "\0"
"""Stands for a delimiter within quotes, in lines that have no bad character."""


@dataclass(frozen=True, slots=True)
class Block:
    """Some physical lines of the text, as rows.

    ``cells`` are those of the rows of the right width, unquoted, row after row, and ``numbers`` these rows'
    lines; ``exact`` holds the fields of the rows among them that are not written so (their ``cells`` are
    empty), by the row's index. ``faulty`` are rows with a fault of the whole row.
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
    """Splits blocks of a file whose rows' width is known."""

    def __init__(self, splitter: RowSplitter, delimiter: str, quote: str | None, width: int) -> None:
        self._splitter = splitter
        self._delimiter = delimiter
        self._quote = quote
        self._width = width
        self._empty_row = delimiter * (width - 1)

    def block_at(self, text: str, start: int, end: int, line: int, *, final: bool) -> Block | None:
        """The lines from ``start`` to ``end``, which is behind a line feed.

        ``line`` is the number of the first one. None if even the first row needs more text.
        """
        chunk = text[start : end - 1]
        unmixed = text[start:end].replace("\r\n", "\n")[:-1] if "\r" in chunk else chunk
        quoted = self._quote is not None and self._quote in chunk
        damaged = BAD_CHARACTER in chunk
        if not quoted and not damaged and (cells := self._cells_of_whole_rows(unmixed)) is not None:
            numbers = range(line, line + len(cells) // self._width)
            return Block(cells, numbers, {}, [], False, 0, end, len(numbers))
        lines = raw = unmixed.split("\n")
        masked = False
        odd: set[int] = set()
        if quoted:
            lines, odd, masked = self._without_quotes(chunk, lines, str(self._quote))
        if damaged:
            odd.update(_lines_with(BAD_CHARACTER, chunk))
        counts = list(map(str.count, lines, repeat(self._delimiter)))
        if counts.count(self._width - 1) != len(counts):
            odd.update([index for index, count in enumerate(counts) if count != self._width - 1])
        if not odd:
            numbers = range(line, line + len(lines))
            return Block(self._cells(lines), numbers, {}, [], masked, 0, end, len(lines))
        if unmixed is not chunk:
            raw = chunk.split("\n")
        return self._with_odd_lines(_Place(text, start, end, line, final, raw), lines, sorted(odd), masked)

    def _cells_of_whole_rows(self, text: str) -> list[str] | None:
        """The cells of lines that all have the right width, with no need to look at each line.

        Line feeds stay at the end of the cells before them. If there are as many cells as there should be,
        and the cells where rows should end hold all the line feeds, then every row ends where it should.
        """
        delimiter, width = self._delimiter, self._width
        rows = text.count("\n") + 1
        cells = text.replace("\n", f"\n{delimiter}").split(delimiter)
        if len(cells) != rows * width:
            return None
        last_cells = "".join(cells[width - 1 :: width]).split("\n")
        if len(last_cells) != rows:
            return None
        cells[width - 1 :: width] = last_cells
        return cells

    def _cells(self, lines: list[str]) -> list[str]:
        """The cells of lines of the right width."""
        return self._delimiter.join(lines).split(self._delimiter) if lines else []

    def _without_quotes(self, chunk: str, lines: list[str], quote: str) -> tuple[list[str], set[int], bool]:
        """The lines without quotes, the indices of those that keep theirs, whether any is masked."""
        delimiter, width = self._delimiter, self._width
        between = f"{quote}{delimiter}{quote}"
        odd: set[int] = set()
        masked = False
        bare = [*lines]
        for index in _lines_with(quote, chunk):
            line = lines[index]
            if (
                line.count(quote) == 2 * width
                and line.count(delimiter) == width - 1 == line.count(between, 1, -1)
                and line[0] == quote == line[-1]
            ):
                bare[index] = line.replace(quote, "")
            elif (plain := self._masked(line, quote)) is not None:
                bare[index] = plain
                masked = True
            else:
                odd.add(index)
        return bare, odd, masked

    def _masked(self, line: str, quote: str) -> str | None:
        """The line without quotes, delimiters within masked; None unless every quote is a field's."""
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
        return "".join(parts)

    def _with_odd_lines(
        self, place: "_Place", lines: list[str], odd: list[int], masked: bool
    ) -> Block | None:
        lengths = list(accumulate(map(len, place.raw), initial=0))
        rows = [*lines]
        gone: list[int] = []
        fields: dict[int, list[str]] = {}
        faulty: list[tuple[int, RowCode]] = []
        blank_lines = behind = 0
        after, stop = place.end, len(lines)
        for index, row in self._odd_rows(place, lengths, odd):
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

    def _odd_rows(
        self, place: "_Place", lengths: list[int], odd: list[int]
    ) -> Iterator[tuple[int, RawRow | None]]:
        """The rows that begin at odd lines; a line inside an earlier row begins none."""
        behind = 0
        for index in odd:
            if index < behind:
                continue
            offset = place.start + lengths[index] + index
            row = self._splitter.row_at(place.text, offset, final=place.final)
            yield index, row
            if row is not None:
                behind = index + row.lines


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a block stands in the text, and its physical lines as they are there."""

    text: str
    start: int
    end: int
    line: int
    final: bool
    raw: list[str]


def _lines_with(character: str, chunk: str) -> list[int]:
    """The indices of the lines that hold a character."""
    lines: list[int] = []
    line = counted = 0
    found = chunk.find(character)
    while found >= 0:
        line += chunk.count("\n", counted, found)
        lines.append(line)
        counted = chunk.find("\n", found)
        if counted < 0:
            break
        found = chunk.find(character, counted)
    return lines
