"""Facts of many reps, read fast: only those of the periods asked for, and only what deciding takes.

Lines in the very form in which ``read`` writes them are taken apart by one pattern. Every other line that may
bear on a period is parsed as JSON and kept as it is, for the plain rules to judge.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import compress
from operator import itemgetter
from typing import Final, Protocol

from functions.evaluate.figures import Row
from functions.evaluate.rows import parsed_row
from shared.domain.errors import InvalidFacts

PlainFact = tuple[str, str, str, str, str]
"""Rep, period, quota as JSON, credited, and a tail such as ``USD","leave_days":"0"``."""


class FactColumn(Protocol):
    """Where one period's facts are put; a later one supersedes."""

    def add(self, facts: Iterable[PlainFact]) -> None:
        """Take facts of this period, one at least; ValueError where a quota or a tail is not in its form."""

    def add_row(self, rep: str, row: Row) -> None:
        """Take a fact that was in some other form."""


_NUMBER: Final = r"[0-9]{1,18}(?:\.[0-9]{1,6})?"
_IS_QUOTA: Final = re.compile(f'"{_NUMBER}"|null')
_IS_TAIL: Final = re.compile(r'[A-Z]{3}", ?"leave_days": ?(?:"[0-9]{1,2}"|null)')

# Quotas and tails are taken by their letters alone, which is quick: their forms are looked at once for all
# that are the same.
_FIELDS: Final = (
    r'"rep_id":"([^"\\\x00-\x1f]+)","period":"([0-9Q-]+)","quota":([0-9."nul]+),'
    rf'"credited":"(-?{_NUMBER})","currency":"([A-Z]{{3}}","leave_days":[0-9"nul]+)'
)
_USUAL: Final = re.compile(r'^\{"line":[0-9]+,' + _FIELDS + r"\}\n", re.MULTILINE)
_SPACED: Final = re.compile(
    r'^\{(?:"line": ?[0-9]+, ?)?'
    + _FIELDS.replace('":', '": ?').replace(',"', ', ?"')
    + r'(?:, ?"line": ?[0-9]+)?\}\n',
    re.MULTILINE,
)
_period_of = itemgetter(1)


def quota_of(cell: str) -> str | None:
    """A quota's digits, None where it is null."""
    if _IS_QUOTA.fullmatch(cell) is None:
        raise ValueError(f"{cell} is not in the usual form")
    return None if cell == "null" else cell[1:-1]


def tail_of(currency_and_leave: str) -> tuple[str, int | None]:
    """A fact's tail taken apart: its currency, and its leave days or None."""
    if _IS_TAIL.fullmatch(currency_and_leave) is None:
        raise ValueError(f"{currency_and_leave} is not in the usual form")
    leave = None if currency_and_leave.endswith("null") else int(currency_and_leave[:-1].rpartition('"')[2])
    return currency_and_leave[:3], leave


def read_facts(columns: Mapping[str, FactColumn], files: Iterable[tuple[str, Iterable[bytes]]]) -> None:
    """Put the facts of these periods into their columns, from (name, chunks) of each file.

    A chunk ends where a line ends. Lines that bear on no period of these are not looked into.
    """
    # One search for the ends of all the periods' names, -09", is quicker than one for each; to look into a
    # chunk for nothing does no harm. A backslash could spell a period in another way.
    endings = re.compile(rf'-(?:{"|".join(sorted({name[5:] for name in columns}))})"'.encode())
    for name, chunks in files:
        for chunk in chunks:
            if b"\\" in chunk or endings.search(chunk) is not None:
                _read_chunk(chunk, columns, name)
            else:
                # What is skipped is at least no other kind of file, nor one that breaks off.
                head, tail = chunk[: chunk.find(b"\n") + 1] or chunk, chunk[chunk.rfind(b"\n", 0, -1) + 1 :]
                for _ in _rows([head, tail], name):
                    pass


def _read_chunk(chunk: bytes, columns: Mapping[str, FactColumn], name: str) -> None:
    try:
        text = chunk.decode()
    except UnicodeDecodeError:
        _read_lines(chunk.splitlines(), columns, name)
        return
    if not text.endswith("\n"):
        text += "\n"
    if _is_mostly_of_other_periods(text, columns):
        lines = [line for line in text.split("\n") if "\\" in line or any(each in line for each in columns)]
        text = "\n".join([*lines, ""])
    expected = text.count("\n")
    for form in (_USUAL, _SPACED):
        found: list[PlainFact] = form.findall(text)
        # Every line was taken, or none is: a stray line may not slip through between two good ones.
        if len(found) == expected:
            try:
                _add(found, columns)
            except ValueError:
                break
            return
    # Facts of the chunk that were put already are put again: the later is the same.
    _read_lines(text.encode().split(b"\n"), columns, name)


def _add(found: list[PlainFact], columns: Mapping[str, FactColumn]) -> None:
    periods = list(map(_period_of, found))
    mixed = set(periods)
    for period in mixed & columns.keys():
        columns[period].add(compress(found, map(period.__eq__, periods)) if len(mixed) > 1 else found)


def _is_mostly_of_other_periods(text: str, columns: Mapping[str, FactColumn]) -> bool:
    """Whether sorting lines out first is cheaper than taking all of them apart; it changes nothing else."""
    sample = text[:8192]
    return sum(sample.count(f'"{period}"') for period in columns) * 2 < sample.count("\n")


def _read_lines(lines: Iterable[bytes], columns: Mapping[str, FactColumn], name: str) -> None:
    for line, row in _rows(lines, name):
        rep, period = row.get("rep_id"), row.get("period")
        if not isinstance(rep, str) or not isinstance(period, str):
            raise InvalidFacts(f"{name}: a row has no rep_id or no period")
        if period in columns:
            usual = _SPACED.fullmatch(line.decode() + "\n")
            try:
                if usual is not None:
                    columns[period].add([(rep, period, usual[3], usual[4], usual[5])])
                    continue
            except ValueError:
                pass
            columns[period].add_row(rep, row)


def _rows(lines: Iterable[bytes], name: str) -> Iterator[tuple[bytes, Row]]:
    for line in lines:
        if line.strip():
            shown = line[:60].decode(errors="replace")
            yield line, parsed_row(line, f"{name}: the line {shown!r}", InvalidFacts)
