"""Splits text into rows exactly: fields, quotes and physical lines.

This is the slow way, for any text; ``blocks`` splits usual lines many at a time.
"""

from dataclasses import dataclass

from functions.ingest.reading.codes import RowCode
from functions.ingest.reading.decode import BAD_CHARACTER

LONGEST_ROW = 16 * 1024 * 1024
"""In characters. A quote that is not closed within this length counts as a stray quote, and a longer line is
rejected as too long, so that a file cannot make the reader hold more than this."""


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row, or blank line, of the text.

    ``fields`` is None for a blank line and for a row with a fault of the whole row. ``next`` is the offset
    at which reading goes on, ``lines`` the number of physical lines passed.
    """

    fields: list[str] | None
    fault: RowCode | None
    next: int
    lines: int

    @property
    def blank(self) -> bool:
        return self.fields is None and self.fault is None


class RowSplitter:
    """Splits text into rows by a profile's delimiter and quote."""

    def __init__(self, delimiter: str, quote: str | None) -> None:
        self._delimiter = delimiter
        self._quote = quote

    def row_at(self, text: str, start: int, *, final: bool) -> RawRow | None:
        """The row that begins at ``start``; None if more text is needed to find its end.

        ``final`` says that no more text comes.
        """
        line_end = text.find("\n", start)
        if line_end < 0:
            if not final:
                return None
            line, after = text[start:], len(text)
        else:
            line, after = text[start:line_end].removesuffix("\r"), line_end + 1
        if after - start > LONGEST_ROW:
            return RawRow(None, RowCode.TOO_LONG, after, 1)
        if self._quote is None or self._quote not in line:
            return self._unquoted(line, after)
        row = self._quoted(text, start, final=final)
        if (row.next if row else len(text)) - start > 2 * LONGEST_ROW:
            return RawRow(None, RowCode.TOO_LONG, after, 1)
        return row

    def _unquoted(self, line: str, after: int) -> RawRow:
        if self._delimiter not in line and not line.strip(" \t"):
            return RawRow(None, None, after, 1)
        if BAD_CHARACTER in line:
            return RawRow(None, RowCode.BAD_ENCODING, after, 1)
        return RawRow(line.split(self._delimiter), None, after, 1)

    def _quoted(self, text: str, start: int, *, final: bool) -> RawRow | None:
        fields: list[str] = []
        at = start
        while True:
            taken = self._quoted_field(text, at, final) if text.startswith(str(self._quote), at) else None
            if taken is None:
                taken = self._bare_field(text, at, final)
            if taken is _UNKNOWN:
                return None
            if taken is _BAD:
                return self._badly_quoted(text, start, at, final)
            field, after, ends_row = taken
            fields.append(field)
            if ends_row:
                return self._whole(text, start, after, fields)
            at = after

    def _bare_field(self, text: str, at: int, final: bool) -> "_Taken":
        line_end = text.find("\n", at)
        if line_end < 0 and not final:
            return _UNKNOWN
        stop = len(text) if line_end < 0 else line_end
        delimiter = text.find(self._delimiter, at, stop)
        if delimiter >= 0:
            field, after, ends_row = text[at:delimiter], delimiter + 1, False
        elif line_end < 0:
            field, after, ends_row = text[at:], len(text), True
        else:
            field, after, ends_row = text[at:line_end].removesuffix("\r"), line_end + 1, True
        return _BAD if str(self._quote) in field else (field, after, ends_row)

    def _quoted_field(self, text: str, at: int, final: bool) -> "_Taken":
        quote = str(self._quote)
        close = at
        while True:
            close = text.find(quote, close + 1)
            if close < 0 or close - at > LONGEST_ROW:
                known = final or close >= 0 or len(text) - at > LONGEST_ROW
                return _BAD if known else _UNKNOWN
            following = text[close + 1 : close + 3]
            if not final and (not following or following == "\r"):
                return _UNKNOWN
            if not following.startswith(quote):
                break
            close += 1
        field = text[at + 1 : close].replace(quote * 2, quote)
        if not following:
            return field, close + 1, True
        if following[0] == self._delimiter:
            return field, close + 2, False
        if following[0] == "\n":
            return field, close + 2, True
        return (field, close + 3, True) if following == "\r\n" else _BAD

    def _badly_quoted(self, text: str, start: int, field_start: int, final: bool) -> RawRow | None:
        """Reject the row up to the line on which the faulty field began; reading goes on after that line."""
        line_end = text.find("\n", field_start)
        if line_end < 0 and not final:
            return None
        after = len(text) if line_end < 0 else line_end + 1
        bad_bytes = text.find(BAD_CHARACTER, start, after) >= 0
        fault = RowCode.BAD_ENCODING if bad_bytes else RowCode.BAD_QUOTING
        return RawRow(None, fault, after, _lines_between(text, start, after))

    def _whole(self, text: str, start: int, after: int, fields: list[str]) -> RawRow:
        lines = _lines_between(text, start, after)
        if text.find(BAD_CHARACTER, start, after) >= 0:
            return RawRow(None, RowCode.BAD_ENCODING, after, lines)
        return RawRow(fields, None, after, lines)


_Taken = tuple[str, int, bool]
"""A field, the offset behind it and its delimiter or line end, and whether it ends the row."""

_UNKNOWN: _Taken = ("", -1, False)
_BAD: _Taken = ("", -2, False)


def _lines_between(text: str, start: int, after: int) -> int:
    """Physical lines from ``start`` to ``after``; the last one may lack its end."""
    ended = text.count("\n", start, after)
    return ended if text[after - 1] == "\n" else ended + 1
