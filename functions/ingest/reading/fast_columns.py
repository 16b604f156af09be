"""Checks a block of rows column by column, and passes only doubtful rows to the row checker."""

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from functions.ingest.reading.blocks import MASKED, Block
from functions.ingest.reading.cells import (
    BLANKS,
    MAX_EMAIL_LENGTH,
    MAX_ID_LENGTH,
    MAX_NAME_LENGTH,
    NOT_IN_EMAIL,
    NumberForm,
    normalised,
)
from functions.ingest.reading.codes import Fault
from functions.ingest.reading.column_checks import (
    CellCache,
    CheckedColumn,
    TextColumn,
    fragment,
    normalised_column,
)
from functions.ingest.reading.columns import MAY_NOT_BE_EMPTY
from functions.ingest.reading.json_lines import JsonLines, RowTemplate
from functions.ingest.reading.manifest import ControlTotals
from functions.ingest.reading.number_columns import NumberColumn
from functions.ingest.reading.profile import Profile
from functions.ingest.reading.rows import Layout, RowChecker, Values
from functions.ingest.reading.seen_keys import SeenKeys

_IDS = frozenset({"rep_id", "person_id", "manager_id", "hr_partner_id", "delegate_id"})
_EMAIL = re.compile(rf"[^{NOT_IN_EMAIL}]{{1,64}}@[^{NOT_IN_EMAIL}.]+(?:\.[^{NOT_IN_EMAIL}.]+)+")

_TEXT = _IDS | {"name", "email"}
_AMOUNTS = frozenset({"quota", "credited"})
_SHORTEST_PERIOD = 28

RejectedRow = tuple[int, list[Fault]]
"""A rejected row: the number of its line, and its faults."""


@dataclass(frozen=True, slots=True)
class BlockResult:
    """What became of a block's rows, each part in the file's order.

    ``jsonl`` holds the accepted rows, and ``repeated`` the acceptable ones whose key an earlier row has.
    """

    ids: list[str]
    jsonl: bytes
    repeated: list[bytes]
    rejected: list[RejectedRow]


class FastColumns:
    """Checks the blocks of one file."""

    def __init__(
        self,
        profile: Profile,
        layout: Layout,
        checker: RowChecker,
        seen: SeenKeys | None,
        totals: ControlTotals,
    ) -> None:
        self._layout = layout
        self._delimiter = profile.format.delimiter
        self._checker = checker
        self._seen = seen
        self._totals = totals
        self._has_period = profile.kind == "attainment"
        self._form = RowTemplate(checker.columns, {*checker.columns} - _TEXT - _AMOUNTS)
        form = NumberForm(profile.format.decimal, profile.format.thousands)
        self._passes: dict[str, Callable[[list[str]], CheckedColumn]] = {}
        for ours in layout.positions:
            self._passes[ours] = self._pass_of(ours, profile, form)
        piece = partial(self._form.piece, "leave_days")
        self._in_any_period = CellCache[str](lambda cell: self._leave_days(cell, _SHORTEST_PERIOD), piece)
        self._in_its_period = CellCache[tuple[str, str]](
            lambda pair: self._leave_days(pair[1], self._checker.period_days(normalised(pair[0]))), piece
        )

    def _pass_of(self, ours: str, profile: Profile, form: NumberForm) -> Callable[[list[str]], CheckedColumn]:
        blank = profile.blank_values().get(ours)
        empty = None if blank is None and ours in MAY_NOT_BE_EMPTY else fragment(blank)

        def value_of(cell: str) -> str | None:
            return self._checker.value(ours, normalised(cell), None)

        if ours in _IDS:
            return TextColumn(MAX_ID_LENGTH, empty).check
        if ours == "name":
            return TextColumn(MAX_NAME_LENGTH, empty).check
        if ours == "email":
            return TextColumn(MAX_EMAIL_LENGTH, empty, pattern=_EMAIL).check
        if ours in _AMOUNTS:
            return NumberColumn(
                form,
                profile.format.decimal,
                profile.format.thousands,
                empty,
                value_of,
                may_be_negative=ours == "credited",
            ).check
        return CellCache[str](value_of, partial(self._form.piece, ours)).check

    def _leave_days(self, cell: str, period_days: int | None) -> str | None:
        return self._checker.value("leave_days", normalised(cell), period_days)

    def _leave(self, periods: list[str], leave_days: list[str]) -> CheckedColumn:
        """Check leave days. Only leaves longer than the shortest period need the row's own period."""
        found = self._in_any_period.check(leave_days)
        values = found.values
        suspects: list[int] = []
        for index in found.suspects:
            values[index] = self._in_its_period[periods[index], leave_days[index]]
            if not values[index]:
                suspects.append(index)
        return CheckedColumn(values, suspects)

    def read(self, block: Block) -> BlockResult:
        """Accept and reject the block's rows."""
        rejected: list[RejectedRow] = [(line, [Fault(None, code, None)]) for line, code in block.faulty]
        if not block.cells:
            return BlockResult([], b"", [], rejected)
        columns = self._columns(block)
        checked = self._checked(columns, len(block.numbers))
        ids = [*columns[self._checker.columns[0]]]
        groups = self._periods(checked["period"].values) if self._has_period else [""] * len(ids)
        looked_at = self._closer_look(block, checked)
        self._add_to_totals(block, columns, checked, looked_at)
        lines = self._lines(block, checked)
        refused: dict[int, list[Fault]] = {}
        for index, found in looked_at.items():
            if isinstance(found, list):
                refused[index] = found
            else:
                lines.replace(index, self._checker.as_json(block.numbers[index], found).decode())
                ids[index], groups[index] = str(found[0]), self._checker.key(found)[1]
        again = self._repeated(ids, groups, sorted(refused))
        repeated = [lines.line(index).encode() for index in again]
        gone = sorted([*refused, *again])
        _drop(gone, ids)
        lines.drop(gone)
        rejected += [(block.numbers[index], faults) for index, faults in refused.items()]
        rejected.sort(key=lambda row: row[0])
        return BlockResult(ids, lines.text().encode(), repeated, rejected)

    def _periods(self, pieces: list[str]) -> list[str]:
        if pieces.count(pieces[0]) == len(pieces):
            return [self._form.value("period", pieces[0])] * len(pieces)
        periods = {piece: self._form.value("period", piece) for piece in {*pieces}}
        return [periods[piece] for piece in pieces]

    def _columns(self, block: Block) -> dict[str, list[str]]:
        """The cells of each of our mapped columns."""
        columns: dict[str, list[str]] = {}
        for ours, position in self._layout.positions.items():
            column = block.cells[position :: self._layout.width]
            if block.masked:
                column = [cell.replace(MASKED, self._delimiter) for cell in column]
            columns[ours] = normalised_column(column) if ours in _TEXT else column
        return columns

    def _checked(self, columns: dict[str, list[str]], rows: int) -> dict[str, CheckedColumn]:
        checked: dict[str, CheckedColumn] = {}
        for ours in self._checker.columns:
            if ours == "leave_days":
                leave = columns.get(ours) or [""] * rows
                checked[ours] = self._leave(columns["period"], leave)
            elif ours in columns:
                checked[ours] = self._passes[ours](columns[ours])
            else:
                unmapped = self._form.piece(ours, fragment(self._checker.value(ours, "", None)))
                checked[ours] = CheckedColumn([unmapped] * rows, [])
        return checked

    def _closer_look(
        self, block: Block, checked: dict[str, CheckedColumn]
    ) -> dict[int, Values | list[Fault]]:
        """The row checker's result for each row that some column check suspects, in order."""
        suspects = set(block.exact).union(*(column.suspects for column in checked.values()))
        return {index: self._checker.check(self._fields(block, index)) for index in sorted(suspects)}

    def _fields(self, block: Block, index: int) -> list[str]:
        if index in block.exact:
            return block.exact[index]
        width = self._layout.width
        fields = block.cells[index * width : (index + 1) * width]
        return [field.replace(MASKED, self._delimiter) for field in fields] if block.masked else fields

    def _add_to_totals(
        self,
        block: Block,
        columns: dict[str, list[str]],
        checked: dict[str, CheckedColumn],
        looked_at: dict[int, Values | list[Fault]],
    ) -> None:
        for ours in self._totals.columns:
            if ours not in columns:
                continue
            cells = columns[ours]
            values = checked[ours].values
            empty = {index for index, cell in enumerate(cells) if not cell.strip(BLANKS)}
            aside = empty.union(looked_at)
            self._totals.add(ours, [value for index, value in enumerate(values) if index not in aside])
            for index in looked_at:
                number = self._checker.number(ours, self._fields(block, index))
                self._totals.add(ours, [] if number is None else [number.plain()])

    def _repeated(self, ids: list[str], groups: list[str], refused: list[int]) -> list[int]:
        """The indices of rows whose key an earlier row has. Rejected rows do not count."""
        if self._seen is None:
            return []
        if not refused:
            return self._seen.repeated(ids, groups)
        ids, groups = [*ids], [*groups]
        _drop(refused, ids, groups)
        again = self._seen.repeated(ids, groups)
        # Convert to indices of the block: each rejected row before an index moves it by one.
        moved = [index - place for place, index in enumerate(refused)]
        return [place + bisect_right(moved, place) for place in again]

    def _lines(self, block: Block, checked: dict[str, CheckedColumn]) -> JsonLines:
        """Every row as a JSON line; the lines of suspects are replaced or dropped later."""
        return self._form.lines(block.numbers, [checked[ours].values for ours in self._checker.columns])


def _drop(indices: Sequence[int], *lists: list[str]) -> None:
    for index in reversed(indices):
        for each in lists:
            del each[index]
