"""Reads facts into columns, fast: only the periods asked for, and only the cells that decisions need.

Lines in the form that ``plumbline read`` writes are matched by one pattern. All other lines that may belong
to a period are parsed as JSON and kept as rows for `PeriodColumn`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, Protocol

from functions.evaluate.decisions.column_caches import NUMBER, FactLine
from functions.evaluate.decisions.period_figures import Row
from functions.evaluate.decisions.rows import parsed_row
from shared.domain.errors import InvalidFacts

# Rep, period, quota, credits, and currency with leave. The pattern finds only where a quota, a period and
# the currency with leave end, which is quick. Their forms are checked later, once for each distinct text.
_FIELDS: Final = (
    r'"rep_id":"([^"\\\x00-\x1f]+)","period":"([^"]+)","quota":([^,]+),'
    rf'"credited":"(-?{NUMBER})","currency":"([^}}]+)'
)
_STRAY: Final = r"|.*\n"
"""Also matches any malformed line, with empty groups. Those fail validation, so no line is skipped."""
_USUAL: Final = re.compile(r'\{"line":[0-9]+,' + _FIELDS + r"\}\n" + _STRAY)
_SPACED: Final = re.compile(
    r'\{(?:"line": ?[0-9]+, ?)?'
    + _FIELDS.replace('":', '": ?').replace(',"', ', ?"').replace("[^}]+", '[^,}]+, ?"leave_days[^,}]+')
    + r'(?:, ?"line": ?[0-9]+)?\}\n'
    + _STRAY
)
_LINES_OF_SUM: Final = re.compile(r',"lines":\[[0-9,]+\](?=\}\n)')
"""Names the rows that an export's profile added up to one fact; decisions do not depend on it."""
_IS_PERIOD: Final = re.compile("[0-9Q-]+")


class FactColumn(Protocol):
    """Takes the facts of one period."""

    def put(self, lines: Sequence[FactLine]) -> list[FactLine]:
        """Take this period's facts and return the others. Raises ValueError for a fact of another form."""
        ...

    def put_row(self, rep: str, row: Row) -> None:
        """Take a fact that does not have the form in which ``read`` writes facts."""
        ...


def read_facts(columns: Mapping[str, FactColumn], files: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    """Put the facts of each file, given as (name, chunks), into the columns of their periods.

    A later fact supersedes an earlier one. Chunks end at the end of a line. Other periods are skipped.
    """
    reader = _Reader(columns)
    # One search for the endings of all period names, such as -09", is faster than a search for each name. A
    # match in a chunk without such periods only costs time. A backslash may be part of an escaped period.
    endings = re.compile(rf'-(?:{"|".join(sorted({name[5:] for name in columns}))})"'.encode())
    for name, chunks in files:
        for chunk in chunks:
            if b"\\" in chunk or endings.search(chunk) is not None:
                reader.read(chunk, name)
            else:
                # A skipped chunk's first and last line are checked, to find other files and truncation.
                head, tail = chunk[: chunk.find(b"\n") + 1] or chunk, chunk[chunk.rfind(b"\n", 0, -1) + 1 :]
                for _ in _rows([head, tail], name):
                    pass


class _Reader:
    def __init__(self, columns: Mapping[str, FactColumn]) -> None:
        self._columns = columns

    def read(self, chunk: bytes, name: str) -> None:
        """Read a chunk that may contain facts of the columns' periods."""
        try:
            text = chunk.decode()
        except UnicodeDecodeError:
            self._read_lines(chunk.splitlines(), name)
            return
        if not text.endswith("\n"):
            text += "\n"
        if '"lines":[' in text:
            text = _LINES_OF_SUM.sub("", text)
        if self._is_mostly_of_other_periods(text):
            names = list(self._columns)
            kept = [line for line in text.split("\n") if "\\" in line or any(name in line for name in names)]
            text = "\n".join([*kept, ""])
        # A backslash may be part of an escaped period.
        if "\\" not in text and self._read_usual(text):
            return
        # Facts of the chunk that were put already are put again, with the same result.
        self._read_lines(text.encode().split(b"\n"), name)

    def _read_usual(self, text: str) -> bool:
        for form in (_USUAL, _SPACED):
            try:
                self._add(form.findall(text))
                return True
            except ValueError:
                continue
        return False

    def _add(self, found: Sequence[FactLine]) -> None:
        """Put the lines found; ValueError where a quota, a period or a currency with leave is malformed."""
        while found:
            period = found[0][1]
            column = self._columns.get(period)
            if column is not None:
                found = column.put(found)
            else:
                if _IS_PERIOD.fullmatch(period) is None or any("\n" in "".join(line) for line in found):
                    raise ValueError(f"{period} is not in the usual form")
                found = [line for line in found if line[1] != period]

    def _is_mostly_of_other_periods(self, text: str) -> bool:
        """Whether filtering the lines first is faster. The result is the same either way."""
        sample = text[:2048]
        return sum(sample.count(f'"{period}"') for period in self._columns) * 2 < sample.count("\n")

    def _read_lines(self, lines: Iterable[bytes], name: str) -> None:
        for line, row in _rows(lines, name):
            rep, period = row.get("rep_id"), row.get("period")
            if not isinstance(rep, str) or not isinstance(period, str):
                raise InvalidFacts(f"{name}: a row has no rep_id or no period")
            column = self._columns.get(period)
            if column is not None:
                usual = None if b"\\" in line else _SPACED.fullmatch(line.decode() + "\n")
                try:
                    if usual is not None and usual[1] is not None:
                        self._add([(rep, period, usual[3], usual[4], usual[5])])
                        continue
                except ValueError:
                    pass
                column.put_row(rep, row)


def _rows(lines: Iterable[bytes], name: str) -> Iterator[tuple[bytes, Row]]:
    for line in lines:
        if line.strip():
            shown = line[:60].decode(errors="replace")
            yield line, parsed_row(line, f"{name}: the line {shown!r}", InvalidFacts)
