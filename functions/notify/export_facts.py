"""What a mail says about an export that was refused or has rejected rows. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from shared.domain.labels import label
from shared.domain.record import Batch

FIRST_ROWS: Final = 20


@dataclass(frozen=True, slots=True)
class FaultLine:
    line: int
    column: str
    value: str
    expected: str


@dataclass(frozen=True, slots=True)
class CodeCount:
    fault: str
    count: int
    expected: str


@dataclass(frozen=True, slots=True)
class ExportFacts:
    id: str
    file: str
    profile: str
    rows: int
    accepted: int
    rejected: int
    refused: str | None
    codes: tuple[CodeCount, ...]
    first_faults: tuple[FaultLine, ...]
    """Every fault of the first twenty rejected rows."""
    page: str | None
    """The export's page in the console, with the whole list to download; None where it is not known."""


def export_facts(batch: Batch, rejected_lines: Sequence[bytes], console_url: str | None) -> ExportFacts:
    """``rejected_lines``: the first lines of ``rejected.jsonl``, as the reader wrote them."""
    counted = sorted(batch.codes.items(), key=lambda item: (-item[1], item[0]))
    return ExportFacts(
        id=batch.id,
        file=PurePosixPath(batch.key).name,
        profile=batch.profile,
        rows=batch.rows,
        accepted=batch.accepted,
        rejected=batch.rejected,
        refused=None if batch.refused is None else label("refusal", batch.refused),
        codes=tuple(
            CodeCount(label("fault", code), count, label("fault_expected", code)) for code, count in counted
        ),
        first_faults=tuple(_fault_lines(rejected_lines[:FIRST_ROWS])),
        page=None if console_url is None else f"{console_url.rstrip('/')}/#/exports/{batch.id}",
    )


def _fault_lines(lines: Sequence[bytes]) -> list[FaultLine]:
    found = []
    for row in map(json.loads, lines):
        for fault in row["faults"]:
            value = fault["value"]
            shown = "" if value is None else _visible(value) if value else "(empty)"
            column = fault["column"] or "the whole row"
            expected = label("fault_expected", fault["code"])
            found.append(FaultLine(row["line"], column, shown, expected))
    return found


def _visible(value: str) -> str:
    """The value with each control character replaced, so that it cannot break a line of the mail."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in value)
