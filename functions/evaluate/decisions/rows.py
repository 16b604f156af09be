"""Reads the JSON lines of people and facts that ``plumbline read`` wrote."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from functions.evaluate.decisions.period_figures import Row
from shared.domain.errors import InvalidDirectory, InvalidFacts, InvalidInput


def people_rows(chunks: Iterable[bytes], name: str, lines_before: int = 0) -> Iterator[Row]:
    """The rows of the directory. ``name`` is the file's name in error messages.

    Chunks are pieces of the file of any size that end at the end of a line.
    """
    return _rows(chunks, name, InvalidDirectory, lines_before)


def facts_by_rep(files: Iterable[tuple[str, Iterable[bytes]]]) -> dict[str, dict[str, Row]]:
    """Facts by rep and period, from the (name, chunks) of each file. A later line supersedes."""
    facts: dict[str, dict[str, Row]] = {}
    for name, chunks in files:
        for row in _rows(chunks, name, InvalidFacts):
            rep, period = row.get("rep_id"), row.get("period")
            if not isinstance(rep, str) or not isinstance(period, str):
                raise InvalidFacts(f"{name}: a row has no rep_id or no period")
            facts.setdefault(rep, {})[period] = row
    return facts


def _rows(
    chunks: Iterable[bytes], name: str, fault: type[InvalidInput], lines_before: int = 0
) -> Iterator[dict[str, Any]]:
    number = lines_before
    for chunk in chunks:
        for line in chunk.splitlines():
            number += 1
            try:
                row = orjson.loads(line)
            except orjson.JSONDecodeError:
                row = None
            if isinstance(row, dict):
                yield row
            elif line.strip():
                parsed_row(line, f"{name}: line {number}", fault)  # raises the error that says what is wrong


def parsed_row(line: bytes, where: str, fault: type[InvalidInput]) -> dict[str, Any]:
    """Parse one line. Raises ``fault``, with ``where`` in its message, for a line that is not a row."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise fault(f"{where} is not JSON: {error}") from error
    if not isinstance(row, dict):
        raise fault(f"{where} is not a row of named columns")
    return row
