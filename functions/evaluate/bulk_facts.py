"""Facts of many reps, read fast: only those of the window's periods, and only what deciding takes.

Lines in the very form in which ``read`` writes them are taken apart by one pattern. Every other line that may
bear on the window is parsed as JSON and kept as it is, for the plain rules to judge.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from functions.evaluate.figures import Row
from functions.evaluate.rows import parsed_row
from shared.domain.errors import InvalidFacts

PlainFact = tuple[str, str, str, str, str]
"""Rep, period, quota (``""`` where unknown), credited, and a tail: ``USD","leave_days":"0"``."""

FactTable = dict[str, PlainFact | Row]
"""One period's facts by rep id; a Row where the line was in another form than ``read``'s."""

_NUMBER: Final = r"[0-9]{1,18}(?:\.[0-9]{1,6})?"
_FIELDS: Final = (
    r'"rep_id":"([^"\\\x00-\x1f]+)","period":"([0-9Q-]+)","quota":(?:"(' + _NUMBER + r')"|null),"credited":"'
    r"(-?" + _NUMBER + r')","currency":"([A-Z]{3}","leave_days":(?:"[0-9]{1,2}"|null))'
)
_USUAL: Final = re.compile(r'^\{"line":[0-9]+,' + _FIELDS + r"\}\n", re.MULTILINE)
_SPACED: Final = re.compile(
    r'^\{(?:"line": ?[0-9]+, ?)?'
    + _FIELDS.replace('":', '": ?').replace(',"', ', ?"')
    + r'(?:, ?"line": ?[0-9]+)?\}\n',
    re.MULTILINE,
)


def tail_of(currency_and_leave: str) -> tuple[str, int | None]:
    """A fact's tail taken apart: its currency, and its leave days or None."""
    leave = None if currency_and_leave.endswith("null") else int(currency_and_leave[:-1].rpartition('"')[2])
    return currency_and_leave[:3], leave


def as_row(fact: PlainFact) -> Row:
    """The fact as the row that it was read from."""
    currency, leave = tail_of(fact[4])
    return {
        "rep_id": fact[0],
        "period": fact[1],
        "quota": fact[2] or None,
        "credited": fact[3],
        "currency": currency,
        "leave_days": None if leave is None else str(leave),
    }


def read_window(window: Sequence[str], files: Iterable[tuple[str, Iterable[bytes]]]) -> list[FactTable]:
    """The window's facts, a table a period, from (name, chunks) of each file; a later line supersedes.

    A chunk ends where a line ends. Lines that bear on no period of the window are not looked into.
    """
    tables: dict[str, FactTable] = {period: {} for period in window}
    marks = [f'"{period}"'.encode() for period in window]
    for name, chunks in files:
        for chunk in chunks:
            # A backslash could spell a period in another way: such a chunk is looked into, whatever it says.
            if b"\\" in chunk or any(mark in chunk for mark in marks):
                _read_chunk(chunk, tables, name)
            else:
                # What is skipped is at least no other kind of file, nor one that breaks off.
                head, tail = chunk[: chunk.find(b"\n") + 1] or chunk, chunk[chunk.rfind(b"\n", 0, -1) + 1 :]
                for _ in _rows([head, tail], name):
                    pass
    return list(tables.values())


def _read_chunk(chunk: bytes, tables: dict[str, FactTable], name: str) -> None:
    try:
        text = chunk.decode()
    except UnicodeDecodeError:
        _read_lines(chunk.splitlines(), tables, name)
        return
    if not text.endswith("\n"):
        text += "\n"
    if _is_mostly_of_other_periods(text, tables):
        lines = [line for line in text.split("\n") if "\\" in line or any(each in line for each in tables)]
        text = "\n".join([*lines, ""])
    expected = text.count("\n")
    for form in (_USUAL, _SPACED):
        found = form.findall(text)
        # Every line was taken, or none is: a stray line may not slip through between two good ones.
        if len(found) == expected:
            for fact in found:
                if fact[1] in tables:
                    tables[fact[1]][fact[0]] = fact
            return
    _read_lines(text.encode().split(b"\n"), tables, name)


def _is_mostly_of_other_periods(text: str, tables: dict[str, FactTable]) -> bool:
    """Whether sorting lines out first is cheaper than taking all of them apart; it changes nothing else."""
    sample = text[:8192]
    return sum(sample.count(f'"{period}"') for period in tables) * 2 < sample.count("\n")


def _read_lines(lines: Iterable[bytes], tables: dict[str, FactTable], name: str) -> None:
    for line, row in _rows(lines, name):
        rep, period = row.get("rep_id"), row.get("period")
        if not isinstance(rep, str) or not isinstance(period, str):
            raise InvalidFacts(f"{name}: a row has no rep_id or no period")
        if period in tables:
            usual = _SPACED.fullmatch(line.decode() + "\n")
            tables[period][rep] = (rep, period, usual[3] or "", usual[4], usual[5]) if usual else row


def _rows(lines: Iterable[bytes], name: str) -> Iterator[tuple[bytes, Row]]:
    for line in lines:
        if line.strip():
            shown = line[:60].decode(errors="replace")
            yield line, parsed_row(line, f"{name}: the line {shown!r}", InvalidFacts)
