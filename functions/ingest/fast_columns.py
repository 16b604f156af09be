"""Reads a block of rows column by column, and hands to the row checker only the rows that need it."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import repeat

import orjson

from functions.ingest.blocks import MASKED, Block
from functions.ingest.cells import MAX_ID_LENGTH, MAX_NAME_LENGTH, NumberForm, normalised
from functions.ingest.codes import Fault, RowCode
from functions.ingest.column_checks import Checked, NumberColumn, Remembered, TextColumn, fragment, tidied
from functions.ingest.columns import MAY_NOT_BE_EMPTY
from functions.ingest.duplicates import SeenKeys
from functions.ingest.manifest import ControlTotals
from functions.ingest.profile import Profile
from functions.ingest.rows import Layout, RowChecker, Values, period_mark

_IDS = frozenset({"rep_id", "person_id", "manager_id", "hr_partner_id", "delegate_id"})
_EMAIL = re.compile(
    r"[^\x00-\x20\x7f-\x9f@,;<>]{1,64}@[^\x00-\x20\x7f-\x9f@,;<>.]+(?:\.[^\x00-\x20\x7f-\x9f@,;<>.]+)+"
)

Faulty = tuple[int, list[Fault]]
"""A rejected row: the number of its line, and its faults."""


@dataclass(frozen=True, slots=True)
class BlockResult:
    """What became of a block's rows; both parts in the file's order."""

    ids: list[str]
    jsonl: bytes
    rejected: list[Faulty]


class FastColumns:
    """Checks the blocks of one file."""

    def __init__(
        self, profile: Profile, layout: Layout, checker: RowChecker, seen: SeenKeys, totals: ControlTotals
    ) -> None:
        self._layout = layout
        self._delimiter = profile.format.delimiter
        self._checker = checker
        self._seen = seen
        self._totals = totals
        self._has_period = profile.kind == "attainment"
        form = NumberForm(profile.format.decimal, profile.format.thousands)
        self._passes: dict[str, Callable[[list[str]], Checked]] = {}
        for ours in layout.positions:
            self._passes[ours] = self._pass_of(ours, profile, form)
        self._leave = Remembered[tuple[str, str]](self._leave_days)
        self._marks: dict[str, str] = _PeriodMarks()

    def _pass_of(self, ours: str, profile: Profile, form: NumberForm) -> Callable[[list[str]], Checked]:
        blank = profile.blank_values().get(ours)
        closer_look = (blank is None and ours in MAY_NOT_BE_EMPTY) or ours == self._checker.columns[0]
        empty = None if closer_look else fragment(blank)
        if ours in _IDS:
            return TextColumn(MAX_ID_LENGTH, empty).check
        if ours == "name":
            return TextColumn(MAX_NAME_LENGTH, empty).check
        if ours == "email":
            return TextColumn(254, empty, _EMAIL).check
        if ours in ("quota", "credited"):
            settings = profile.format
            return NumberColumn(
                form, settings.decimal, settings.thousands, empty, may_be_negative=ours == "credited"
            ).check
        return Remembered[str](lambda cell: self._checker.value(ours, normalised(cell), None)).check

    def _leave_days(self, cells: tuple[str, str]) -> str | None:
        period, leave_days = map(normalised, cells)
        return self._checker.value("leave_days", leave_days, self._checker.period_days(period))

    def read(self, block: Block) -> BlockResult:
        """Accept and reject the block's rows."""
        rejected: list[Faulty] = [(line, [Fault(None, code, None)]) for line, code in block.faulty]
        if not block.rows:
            return BlockResult([], b"", rejected)
        columns = self._columns(block)
        checked = self._checked(columns, len(block.rows))
        ids = tidied(columns[self._checker.columns[0]])
        looked_at = self._closer_look(block, checked)
        self._add_to_totals(block, columns, checked, looked_at)
        refused: dict[int, list[Fault]] = {}
        lines: dict[int, bytes] = {}
        keys = self._keys(ids, checked)
        for index, found in looked_at.items():
            if isinstance(found, list):
                refused[index] = found
            else:
                lines[index] = self._checker.as_json(block.numbers[index], found)
                ids[index] = str(found[0])
                keys[index] = self._checker.key(found)
        for index in self._repeated(keys, refused):
            refused[index] = [Fault(None, RowCode.DUPLICATE, None)]
        rejected += [(block.numbers[index], faults) for index, faults in refused.items()]
        rejected.sort(key=lambda row: row[0])
        jsonl = self._jsonl(block, checked, refused, lines)
        if refused:
            ids = [rep for index, rep in enumerate(ids) if index not in refused]
        return BlockResult(ids, jsonl, rejected)

    def _columns(self, block: Block) -> dict[str, list[str]]:
        """The cells of each of our mapped columns."""
        cells = self._delimiter.join(block.rows).split(self._delimiter)
        columns: dict[str, list[str]] = {}
        for ours, position in self._layout.positions.items():
            column = cells[position :: self._layout.width]
            if block.masked:
                column = [cell.replace(MASKED, self._delimiter) for cell in column]
            columns[ours] = column
        return columns

    def _checked(self, columns: dict[str, list[str]], rows: int) -> dict[str, Checked]:
        checked: dict[str, Checked] = {}
        for ours in self._checker.columns:
            if ours == "leave_days":
                leave: Iterable[str] = columns.get(ours) or repeat("", rows)
                checked[ours] = self._leave.check(zip(columns["period"], leave, strict=True))
            elif ours in columns:
                checked[ours] = self._passes[ours](columns[ours])
            else:
                unmapped = fragment(self._checker.value(ours, "", None))
                checked[ours] = Checked([unmapped] * rows, [], bare=False)
        return checked

    def _closer_look(self, block: Block, checked: dict[str, Checked]) -> dict[int, Values | list[Fault]]:
        """What the row checker says of the rows that any column's pass suspects, in order."""
        suspects = set(block.exact).union(*(column.suspects for column in checked.values()))
        return {index: self._checker.check(self._fields(block, index)) for index in sorted(suspects)}

    def _fields(self, block: Block, index: int) -> list[str]:
        if index in block.exact:
            return block.exact[index]
        fields = block.rows[index].split(self._delimiter)
        return [field.replace(MASKED, self._delimiter) for field in fields] if block.masked else fields

    def _add_to_totals(
        self,
        block: Block,
        columns: dict[str, list[str]],
        checked: dict[str, Checked],
        looked_at: dict[int, Values | list[Fault]],
    ) -> None:
        for ours in self._totals.columns:
            if ours not in columns:
                continue
            cells = tidied(columns[ours])
            values = checked[ours].values if checked[ours].bare else [v[1:-1] for v in checked[ours].values]
            numbers = [value for index, value in enumerate(values) if cells[index] and index not in looked_at]
            self._totals.add(ours, numbers)
            for index in looked_at:
                number = self._checker.number(ours, self._fields(block, index))
                self._totals.add(ours, [] if number is None else [number.plain()])

    def _keys(self, ids: list[str], checked: dict[str, Checked]) -> list[str]:
        if not self._has_period:
            return list(ids)
        marks = map(self._marks.__getitem__, checked["period"].values)
        return list(map(str.__add__, ids, marks))

    def _repeated(self, keys: list[str], refused: dict[int, list[Fault]]) -> list[int]:
        """The indices of rows whose key an earlier row has; refused rows take no key."""
        if not refused:
            return self._seen.repeated(keys)
        indices = [index for index in range(len(keys)) if index not in refused]
        return [indices[place] for place in self._seen.repeated([keys[index] for index in indices])]

    def _jsonl(
        self,
        block: Block,
        checked: dict[str, Checked],
        refused: dict[int, list[Fault]],
        lines: dict[int, bytes],
    ) -> bytes:
        """The accepted rows as JSON lines, put together from columns and what stands between them."""
        rows = len(block.rows)
        width = 2 * len(checked) + 3
        parts = ['{"line":'] * (rows * width)
        parts[1::width] = map(str, block.numbers)
        quote = ""
        for place, (ours, column) in enumerate(checked.items(), 1):
            before, quote = quote, '"' if column.bare else ""
            parts[2 * place :: width] = [f'{before},"{ours}":{quote}'] * rows
            parts[2 * place + 1 :: width] = column.values
        parts[width - 1 :: width] = [quote + "}\n"] * rows
        for index in (*refused, *lines):
            own = lines[index].decode() if index in lines and index not in refused else ""
            parts[index * width : (index + 1) * width] = [own, *repeat("", width - 1)]
        return "".join(parts).encode()


class _PeriodMarks(dict[str, str]):
    """By a period's JSON fragment, what stands for it in a key; nothing for a cell that is none."""

    def __missing__(self, period: str) -> str:
        mark = period_mark(orjson.loads(period)) if period else ""
        self[period] = mark
        return mark
