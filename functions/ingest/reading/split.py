"""Finds where a large export can be cut: at the beginnings of rows, in one pass that also takes its digest.

A row that begins on a line with an even number of quotes ends on that line. A quoted field that continues on
the next line leaves one quote without a partner, and a badly quoted row ends with the line of its fault. So
only lines with an odd number of quotes have to be split as rows.
"""

import codecs
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, repeat
from typing import Final

from functions.ingest.reading.codes import FileCode
from functions.ingest.reading.decode import TextDecoder
from functions.ingest.reading.lines import LONGEST_ROW, RowSplitter
from functions.ingest.reading.profile import Format, Profile
from functions.ingest.reading.rows import Layout, layout_of_header, layout_of_width
from functions.ingest.reading.unpack import ExportBytes

HEAD: Final = 1024 * 1024
"""In bytes. The layout must be found within this much of the file."""

LONGEST_WAIT: Final = 8 * LONGEST_ROW
"""In bytes. The end of a row is never farther away: a row has at most twice ``LONGEST_ROW`` characters."""

_WINDOW: Final = 4 * 1024


@dataclass(frozen=True, slots=True)
class Range:
    """The bytes from ``start`` to ``stop``. They begin with a row, on the line numbered ``line``."""

    start: int
    stop: int
    line: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Split:
    """An export divided into ranges, and what only its beginning shows. ``size`` is in bytes."""

    sha256: str
    size: int
    layout: Layout
    big_endian: bool
    ranges: tuple[Range, ...]


def split_export(chunks: Iterable[bytes], profile: Profile, range_bytes: int) -> Split | None:
    """Divide an export into ranges of about ``range_bytes``.

    None if the export must be read in one pass: it is compressed, too short to divide, refused as a whole,
    has no layout near its beginning, or has a row that is too long.
    """
    form = profile.format
    if form.compression != "none":
        return None
    intake = ExportBytes(chunks, gzip=False, has_nul_bytes=form.encoding == "utf-16")
    cutter = _Cutter(profile, range_bytes)
    for piece in intake.unpacked():
        if intake.faults or not cutter.take(piece):
            return None
    ranges = cutter.finish()
    if intake.faults or len(ranges) < 2 or cutter.layout is None:
        return None
    return Split(intake.sha256, intake.bytes, cutter.layout, cutter.big_endian, ranges)


class _Cutter:
    """Cuts at the first beginning of a row after a range is large enough."""

    def __init__(self, profile: Profile, range_bytes: int) -> None:
        self.layout: Layout | None = None
        self._profile = profile
        self._range_bytes = range_bytes
        self._rows: _RowStarts | None = None
        self._head = b""
        self._layout_ends = 0
        self._start, self._line = 0, 1
        self._digest = hashlib.sha256()
        self._ranges: list[Range] = []

    @property
    def big_endian(self) -> bool:
        return self._head.startswith(codecs.BOM_UTF16_BE)

    def take(self, piece: bytes) -> bool:
        """Process the next bytes; False if the export cannot be divided."""
        if len(self._head) < HEAD:
            self._head += piece
        if self._rows is None:
            if len(self._head) < 2:
                return True
            self._rows, piece = _RowStarts(self._profile.format, big_endian=self.big_endian), self._head
        rows = self._rows
        self._digest.update(rows.pass_rows(piece))
        if rows.lost:
            return False
        if rows.offset - self._start < self._range_bytes:
            return True
        if self.layout is None:
            self._look_for_layout()
            if self.layout is None:
                return len(self._head) < HEAD
        if rows.line >= self._layout_ends:
            self._cut(rows.offset)
            self._line = rows.line
        return True

    def finish(self) -> tuple[Range, ...]:
        if self._rows is not None:
            rest = self._rows.rest()
            self._digest.update(rest)
            if self._rows.offset + len(rest) > self._start:
                self._cut(self._rows.offset + len(rest))
        return tuple(self._ranges)

    def _cut(self, stop: int) -> None:
        self._ranges.append(Range(self._start, stop, self._line, self._digest.hexdigest()))
        self._start = stop
        self._digest = hashlib.sha256()

    def _look_for_layout(self) -> None:
        """Find the layout as the reader does; a faulty header has none."""
        form = self._profile.format
        splitter = RowSplitter(form.delimiter, form.quote)
        text = TextDecoder(form.encoding).decode(self._head)
        at, line = 0, 1
        while at < len(text) and (row := splitter.row_at(text, at, final=False)) is not None:
            at, line = row.next, line + row.lines
            if row.fields is None:
                if form.header and not row.blank:
                    return
                continue
            found = (
                layout_of_header(self._profile, row.fields)
                if form.header
                else layout_of_width(self._profile, len(row.fields))
            )
            if not isinstance(found, FileCode):
                self.layout, self._layout_ends = found, line
            return


class _RowStarts:
    """Passes whole rows; the next one begins at ``offset`` and ``line``.

    ``lost`` says that the end of a row was not found, or that the text has a NUL.
    """

    def __init__(self, form: Format, *, big_endian: bool) -> None:
        self.offset = 0
        self.line = 1
        self.lost = False
        self._form = form
        self._big_endian = big_endian
        self._splitter = RowSplitter(form.delimiter, form.quote)
        self._wide = form.encoding == "utf-16"
        self._codec = ("utf-16-be" if big_endian else "utf-16-le") if self._wide else "iso-8859-1"
        self._quote = self._as_seen(form.quote) if form.quote else ""
        self._pieces: list[bytes] = []
        self._held = 0
        self._enough = 0

    def pass_rows(self, piece: bytes) -> bytes:
        """Take bytes; return those of all rows that are now complete."""
        self._pieces.append(piece)
        self._held += len(piece)
        if self._held < self._enough:
            return b""
        data = b"".join(self._pieces)
        text = self._text(data)
        if self._wide and "\0" in text:
            self.lost = True
            return b""
        end, lines = self._rows_in(data, text)
        passed = data[: self._bytes(text, end)]
        self._pieces = [data[len(passed) :]]
        self._held = len(data) - len(passed)
        self.offset += len(passed)
        self.line += lines
        # After a row without an end, looking again pays only once there is much more text.
        self._enough = 0 if passed else 2 * self._held
        self.lost = self._held > LONGEST_WAIT
        return passed

    def rest(self) -> bytes:
        """The bytes after the last complete row, at the end of the file."""
        return b"".join(self._pieces)

    def _as_seen(self, quote: str) -> str:
        """The quote in the text of `_text`; "" if the encoding has no such character."""
        if self._wide:
            return quote
        try:
            return quote.encode(self._form.encoding).decode("iso-8859-1")
        except UnicodeEncodeError:
            return ""

    def _text(self, data: bytes) -> str:
        """The bytes as text: one character a byte, except in utf-16."""
        if not self._wide:
            return data.decode("iso-8859-1")
        return data[: len(data) & ~1].decode(self._codec, "surrogatepass")

    def _bytes(self, text: str, end: int) -> int:
        return len(text[:end].encode(self._codec, "surrogatepass")) if self._wide else end

    def _rows_in(self, data: bytes, text: str) -> tuple[int, int]:
        """The end of the last whole row in the text, and the number of lines up to it."""
        end = text.rfind("\n") + 1
        if not self._quote or self._quote not in text:
            return end, text.count("\n")
        lines = text[:end].split("\n")
        lines.pop()
        odd = [index for index, count in enumerate(map(str.count, lines, repeat(self._quote))) if count & 1]
        if not odd:
            return end, len(lines)
        starts = list(accumulate((len(line) + 1 for line in lines), initial=0))
        behind = 0
        for index in odd:
            if index < behind:
                continue
            row_lines = self._lines_of_row(data, self._bytes(text, starts[index]))
            if row_lines is None:
                return starts[index], index
            behind = index + row_lines
        return end, len(lines)

    def _lines_of_row(self, data: bytes, start: int) -> int | None:
        """The number of lines of the row that begins there; None if its end is not known yet."""
        # Only the first bytes of the file may be a byte order mark, which is not part of the first row.
        first = self.offset + start == 0
        size = _WINDOW
        while True:
            decoder = TextDecoder(self._form.encoding, big_endian=None if first else self._big_endian)
            row = self._splitter.row_at(decoder.decode(data[start : start + size]), 0, final=False)
            if row is not None:
                return row.lines
            if start + size >= len(data):
                return None
            size *= 8
