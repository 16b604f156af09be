"""Decides what becomes of rows that share a key: one rep and period, or one person.

The reader accepts the first row of each key and sets every later one aside. At the end of the file, it
compares all rows of such a key. Where they agree in every column of ours, the later ones are duplicates.
Where they differ, every one is rejected as conflicting, or their amounts are added up if the profile says so.

Rows are compared as their JSON lines, which have one spelling for each value. They are kept compressed and
compared one part of the keys at a time, so that a file in which every key repeats fits in memory as well.
"""

import re
from array import array
from collections.abc import Iterable, Iterator, Sequence
from decimal import Context, Decimal, Inexact
from itertools import compress
from typing import Any, Final, Protocol
from zlib import crc32

import orjson

from functions.ingest.reading.cells import MAX_WHOLE_DIGITS
from functions.ingest.reading.codes import RowCode
from functions.ingest.reading.columns import COLUMNS, Kind
from functions.ingest.reading.outcome import Counts, RowSink
from functions.ingest.reading.profile import Profile
from functions.ingest.reading.revisions import Revisions
from shared.domain.line_file import LineFile, unpacked_lines

_LIGHTLY: Final = 1
"""zlib's level for rows that are read once more and then dropped."""

_PART_BITS: Final = 6
_LAST_MARK: Final = (1 << 20) - 1
_TEXT: Final = rb'"(?:[^"\\]++|\\.)*+"'
_KEY: Final[dict[Kind, bytes]] = {
    "attainment": rb'"rep_id":%b,"period":%b' % (_TEXT, _TEXT),
    "people": rb'"person_id":%b' % _TEXT,
}

_EXACT: Final = Context(prec=60, traps=[Inexact])
"""Enough for the sum of as many amounts as a file can have rows: 18 + 6 + 7 digits."""


class RevisableSink(RowSink, Protocol):
    """A sink whose rows may still change at the end of the file."""

    def accepted_again(self, keys: Iterable[tuple[str, str]]) -> Iterable[bytes]:
        """The accepted rows that have one of these keys (id and period, "" for people), as JSON lines.

        Other rows may be among them. Each chunk holds whole lines.
        """

    def revise(self, revisions: Revisions) -> None:
        """Replace what was accepted and rejected by what ``revisions`` makes of it."""


class RepeatedRows:
    """Acceptable rows whose key an earlier row has, as JSON lines."""

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self.count = 0
        self._file = LineFile(_LIGHTLY)
        self._body: bytes | None = None

    def add(self, lines: Sequence[bytes]) -> None:
        """Set rows aside; each line has its line feed."""
        self.count += len(lines)
        self._file.add(b"".join(lines))

    def chunks(self) -> Iterator[bytes]:
        """All rows; none can be added any more."""
        if self._body is None:
            self._body = self._file.finish()[0]
        return unpacked_lines(self._body)

    def keys(self) -> Iterator[tuple[str, str]]:
        """The key of each row: its id and its period ("" for people)."""
        id_column = COLUMNS[self.profile.kind][0]
        for chunk in self.chunks():
            for row in map(orjson.loads, chunk.splitlines()):
                yield row[id_column], row.get("period", "")


def settle(repeated: RepeatedRows, sink: RevisableSink, counts: Counts) -> None:
    """Compare the rows of each key that repeats; revise what the sink has, and complete the counts."""
    if not repeated.count:
        return
    revisions = compared(repeated, sink.accepted_again(repeated.keys()))
    sink.revise(revisions)
    duplicate, conflicting = len(revisions.duplicate), len(revisions.conflicting)
    counts.accepted += revisions.added - revisions.withdrawn
    counts.summed += revisions.added
    counts.rejected += duplicate + conflicting
    counts.codes.update({str(RowCode.DUPLICATE): duplicate, str(RowCode.CONFLICTING): conflicting})
    counts.codes = +counts.codes


def compared(repeated: RepeatedRows, accepted: Iterable[bytes]) -> Revisions:
    """What becomes of the repeated rows and of the accepted rows with the same keys."""
    kind = repeated.profile.kind
    parts = _Parts(kind)
    for chunk in repeated.chunks():
        parts.add_repeated(chunk)
    for chunk in accepted:
        parts.add_if_repeated(chunk)
    revisions = Revisions()
    adds_up = repeated.profile.same_key == "sum"
    for rows in parts.rows():
        groups: dict[bytes, _SameKey] = {}
        for found in rows:
            group = groups.get(found[2])
            if group is None:
                group = groups[found[2]] = _Summed(found) if adds_up else _SameKey(found)
            group.add(int(found[1]), found[3])
        for group in groups.values():
            group.judge(revisions)
    revisions.sort()
    return revisions


class _Parts:
    """Rows divided by a checksum of their key, so that rows of one key are in one part."""

    def __init__(self, kind: Kind) -> None:
        self._key = re.compile(_KEY[kind])
        self._row = re.compile(rb'\{"line":([0-9]+),(%b),(.*)\}\n' % _KEY[kind])
        self._marks = bytearray(_LAST_MARK + 1)
        self._parts: dict[int, LineFile] = {}

    def add_repeated(self, chunk: bytes) -> None:
        checksums = self._checksums(chunk)
        for checksum, line in zip(checksums, chunk.splitlines(keepends=True), strict=True):
            self._marks[checksum & _LAST_MARK] = 1
            self._add(checksum, line)

    def add_if_repeated(self, chunk: bytes) -> None:
        """Add the rows whose key a repeated row has; a few others may slip in, and stay single."""
        checksums = self._checksums(chunk)
        rows = zip(checksums, chunk.splitlines(keepends=True), strict=True)
        # This runs over many rows for the sake of a few, so it is a chain of built-ins.
        marks = map(self._marks.__getitem__, map(_LAST_MARK.__and__, checksums))
        for checksum, line in compress(rows, marks):
            self._add(checksum, line)

    def _checksums(self, chunk: bytes) -> list[int]:
        return list(map(crc32, self._key.findall(chunk)))

    def _add(self, checksum: int, line: bytes) -> None:
        part = checksum >> 32 - _PART_BITS
        if part not in self._parts:
            self._parts[part] = LineFile(_LIGHTLY)
        self._parts[part].add(line)

    def rows(self) -> Iterator[Iterator[re.Match[bytes]]]:
        """The rows of each part: their line, their key, and the rest."""
        while self._parts:
            _, part = self._parts.popitem()
            yield (found for chunk in unpacked_lines(part.finish()[0]) for found in self._row.finditer(chunk))


class _SameKey:
    """The rows of one key, in any order."""

    def __init__(self, first: re.Match[bytes]) -> None:
        self.key = first[2]
        self.lines = array("Q")
        self._rest = first[3]
        self._agree = True

    def add(self, line: int, rest: bytes) -> None:
        self.lines.append(line)
        self._agree = self._agree and rest == self._rest

    def judge(self, revisions: Revisions) -> None:
        if len(self.lines) == 1:
            return
        lines = sorted(self.lines)
        if self._agree:
            revisions.reject_as_duplicate(lines[1:])
        else:
            self._judge_differing(lines, revisions)

    def _judge_differing(self, lines: list[int], revisions: Revisions) -> None:
        revisions.reject_as_conflicting(lines)


class _Summed(_SameKey):
    """The rows of one key whose amounts are added up where they differ.

    One unknown quota or leave makes that of the sum unknown. Rows of several currencies conflict, and so do
    rows whose sum has more digits than a fact may have.
    """

    def __init__(self, first: re.Match[bytes]) -> None:
        super().__init__(first)
        row = orjson.loads(b"{%b}" % self._rest)
        self._currency = row["currency"]
        self._one_currency = True
        self._quota: Decimal | None = Decimal(0)
        self._credited = Decimal(0)
        self._leave_days: int | None = 0

    def add(self, line: int, rest: bytes) -> None:
        super().add(line, rest)
        row: dict[str, Any] = orjson.loads(b"{%b}" % rest)
        quota, leave_days = row["quota"], row["leave_days"]
        self._one_currency = self._one_currency and row["currency"] == self._currency
        self._credited = _EXACT.add(self._credited, Decimal(row["credited"]))
        if quota is None or self._quota is None:
            self._quota = None
        else:
            self._quota = _EXACT.add(self._quota, Decimal(quota))
        if leave_days is None or self._leave_days is None:
            self._leave_days = None
        else:
            self._leave_days = max(self._leave_days, int(leave_days))

    def _judge_differing(self, lines: list[int], revisions: Revisions) -> None:
        amounts = (self._credited,) if self._quota is None else (self._quota, self._credited)
        if not self._one_currency or any(amount.adjusted() >= MAX_WHOLE_DIGITS for amount in amounts):
            revisions.reject_as_conflicting(lines)
            return
        sums = {
            "quota": None if self._quota is None else _plain(self._quota),
            "credited": _plain(self._credited),
            "currency": self._currency,
            "leave_days": None if self._leave_days is None else str(self._leave_days),
            "lines": lines,
        }
        revisions.add_up(lines, b'{"line":%d,%b,%b\n' % (lines[0], self.key, orjson.dumps(sums)[1:]))


def _plain(amount: Decimal) -> str:
    """An amount without zeros at the end of its fraction."""
    digits = f"{amount:f}"
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) if amount else "0"
