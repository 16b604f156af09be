"""Turns the text of an export into accepted and rejected rows, many at once where possible."""

from functions.ingest.reading.blocks import BLOCK, BlockSplitter
from functions.ingest.reading.codes import Fault, FileCode, RowCode
from functions.ingest.reading.fast_columns import FastColumns
from functions.ingest.reading.lines import LONGEST_ROW, RawRow, RowSplitter
from functions.ingest.reading.manifest import ControlTotals
from functions.ingest.reading.outcome import AcceptedRows, Counts, RowSink, rejected_row
from functions.ingest.reading.profile import Profile
from functions.ingest.reading.rows import Layout, RowChecker, Values, layout_of_header, layout_of_width
from functions.ingest.reading.same_key import RepeatedRows
from functions.ingest.reading.seen_keys import SeenKeys

MAX_ROWS = 5_000_000

_FLUSH_ROWS = 2_000


class TextReader:
    """Reads the text of one export, or of one range of it.

    ``faults`` are reasons to refuse the whole file. Rows given to the sink are provisional. ``repeated``
    holds the acceptable rows whose key an earlier row has; without ``compare_keys``, these go to the sink as
    well. Pass ``line`` and ``layout`` if the text begins within the file: the number of its first line, and
    the layout that the beginning of the file showed.
    """

    def __init__(
        self,
        profile: Profile,
        sink: RowSink,
        totals: ControlTotals,
        *,
        row_by_row: bool = False,
        compare_keys: bool = True,
        line: int = 1,
        layout: Layout | None = None,
    ) -> None:
        self.counts = Counts()
        self.faults: set[FileCode] = set()
        self.only_count = False
        self._profile = profile
        self._sink = sink
        self._totals = totals
        self._row_by_row = row_by_row
        self._splitter = RowSplitter(profile.format.delimiter, profile.format.quote)
        self._layout: Layout | None = None
        self._checker: RowChecker | None = None
        self._fast: tuple[BlockSplitter, FastColumns] | None = None
        self._seen = SeenKeys() if compare_keys else None
        self.repeated = RepeatedRows(profile)
        self._text = ""
        self._at = 0
        self._line = line
        self._enough = 0
        self._skipping_line = False
        self._ids: list[str] = []
        self._accepted: list[bytes] = []
        self._rejected: list[bytes] = []
        if layout is not None:
            self._use(layout)

    @property
    def _over(self) -> bool:
        return FileCode.TOO_LARGE in self.faults

    def feed(self, text: str) -> None:
        self._text = self._text[self._at :] + text
        self._at = 0
        # After a row without an end, looking again pays only once there is much more text.
        if len(self._text) >= self._enough:
            self._enough = 0
            self._read_on(final=False)

    def finish(self, text: str) -> None:
        self._text = self._text[self._at :] + text
        self._at = 0
        self._read_on(final=True)
        self._flush()

    def _read_on(self, *, final: bool) -> None:
        while self._at < len(self._text) and not self._over:
            if self._skipping_line and not self._skipped_line():
                return
            if self._fast is not None and not self.only_count and self._took_block(*self._fast, final=final):
                continue
            row = self._splitter.row_at(self._text, self._at, final=final)
            if row is None:
                self._wait_or_skip()
                return
            self._take(row)
            self._at = row.next

    def _took_block(self, splitter: BlockSplitter, columns: FastColumns, *, final: bool) -> bool:
        """Read a block of lines at once, if there is one; return whether any line was read."""
        end = self._text.rfind("\n", self._at, self._at + BLOCK) + 1
        if end <= self._at:
            return False
        block = splitter.block_at(self._text, self._at, end, self._line, final=final)
        if block is None:
            return False
        self._flush()
        self._at = block.next
        self._line += block.lines
        counts = self.counts
        counts.blank_lines += block.blank_lines
        counts.rows += len(block.numbers) + len(block.faulty)
        if counts.rows > MAX_ROWS:
            self.faults.add(FileCode.TOO_LARGE)
            return True
        result = columns.read(block)
        counts.accepted += len(result.ids)
        if result.ids:
            self._sink.accepted(AcceptedRows(result.ids, result.jsonl))
        self.repeated.add(result.repeated)
        for line, faults in result.rejected:
            self._reject(line, faults)
        return True

    def _wait_or_skip(self) -> None:
        waiting = len(self._text) - self._at
        if "\n" not in self._text[self._at :] and waiting > LONGEST_ROW:
            self._take(RawRow(None, RowCode.TOO_LONG, len(self._text), 0))
            self._skipping_line = True
            self._at = len(self._text)
        else:
            self._enough = min(2 * waiting, waiting + LONGEST_ROW)

    def _skipped_line(self) -> bool:
        """Skip the rest of a line that is too long; return whether more text follows its end."""
        line_end = self._text.find("\n", self._at)
        self._at = len(self._text) if line_end < 0 else line_end + 1
        if line_end >= 0:
            self._skipping_line = False
            self._line += 1
        return line_end >= 0 and self._at < len(self._text)

    def _take(self, row: RawRow) -> None:
        line = self._line
        self._line += row.lines
        if row.blank:
            self.counts.blank_lines += 1
        elif self._layout is None and not self.faults and self._takes_for_layout(row):
            pass
        else:
            self._count_row()
            if not self.only_count and not self.faults:
                self._judge(row, line)

    def _takes_for_layout(self, row: RawRow) -> bool:
        """Take the layout from the first row that shows it; return whether the row was the header."""
        if self._profile.format.header:
            found = (
                FileCode.HEADER_MISSING_COLUMN
                if row.fields is None
                else layout_of_header(self._profile, row.fields)
            )
        elif row.fields is None:
            return False
        else:
            found = layout_of_width(self._profile, len(row.fields))
        if isinstance(found, FileCode):
            self.faults.add(found)
        else:
            self._use(found)
        return self._profile.format.header

    def _use(self, layout: Layout) -> None:
        self._layout = layout
        self._checker = RowChecker(self._profile, layout)
        if not self._row_by_row and layout.width > 1:
            form = self._profile.format
            self._fast = (
                BlockSplitter(self._splitter, form.delimiter, form.quote, layout.width),
                FastColumns(self._profile, layout, self._checker, self._seen, self._totals),
            )

    def _count_row(self) -> None:
        self.counts.rows += 1
        if self.counts.rows > MAX_ROWS:
            self.faults.add(FileCode.TOO_LARGE)

    def _judge(self, row: RawRow, line: int) -> None:
        if row.fields is None or self._layout is None or self._checker is None:
            self._reject(line, [Fault(None, row.fault or RowCode.BAD_QUOTING, None)])
        elif len(row.fields) != self._layout.width:
            self._reject(line, [Fault(None, RowCode.WRONG_FIELD_COUNT, None)])
        else:
            self._add_to_totals(self._checker, row.fields)
            checked = self._checker.check(row.fields)
            if isinstance(checked, list):
                self._reject(line, checked)
            elif self._is_repeated(self._checker.key(checked)):
                self.repeated.add([self._checker.as_json(line, checked)])
            else:
                self._accept(line, checked, self._checker)

    def _is_repeated(self, key: tuple[str, str]) -> bool:
        return self._seen is not None and bool(self._seen.repeated([key[0]], [key[1]]))

    def _add_to_totals(self, checker: RowChecker, fields: list[str]) -> None:
        for column in self._totals.columns:
            number = checker.number(column, fields)
            if number is not None:
                self._totals.add(column, [number.plain()])

    def _accept(self, line: int, values: Values, checker: RowChecker) -> None:
        self.counts.accepted += 1
        self._ids.append(str(values[0]))
        self._accepted.append(checker.as_json(line, values))
        if len(self._accepted) >= _FLUSH_ROWS:
            self._flush()

    def _reject(self, line: int, faults: list[Fault]) -> None:
        self.counts.rejected += 1
        self.counts.codes.update(str(fault.code) for fault in faults)
        self._rejected.append(rejected_row(line, faults))
        if len(self._rejected) >= _FLUSH_ROWS:
            self._flush()

    def _flush(self) -> None:
        if self._accepted:
            self._sink.accepted(AcceptedRows(self._ids, b"".join(self._accepted)))
        if self._rejected:
            self._sink.rejected(b"\n".join(self._rejected) + b"\n")
        self._ids, self._accepted, self._rejected = [], [], []
