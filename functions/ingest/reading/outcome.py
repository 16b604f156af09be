"""The results of reading an export: rows, which go into a sink, and a summary."""

import builtins
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Protocol

import orjson

from functions.ingest.reading.codes import Fault, FileCode
from shared.domain.identifiers import BatchId


@dataclass(frozen=True, slots=True)
class AcceptedRows:
    """Accepted rows in the file's order: the id of each (rep or person), and the JSON line of each."""

    ids: list[str]
    jsonl: bytes


class RowSink(Protocol):
    """Receives rows. They are provisional until the whole export was read."""

    def accepted(self, rows: AcceptedRows) -> None: ...

    def rejected(self, jsonl: bytes) -> None:
        """Rejected rows as JSON lines, ``{"line": 17, "faults": [...]}``."""


def rejected_row(line: int, faults: Iterable[Fault]) -> bytes:
    """A rejected row as JSON, without a line feed."""
    return orjson.dumps({"line": line, "faults": [fault._asdict() for fault in faults]})


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of one export; ``refused`` is None where its rows count.

    ``accepted`` counts rows, so ``rows`` is always ``accepted`` + ``rejected``. Where the profile adds up
    rows of one key, ``summed`` of the accepted rows were added to an earlier one and have no line of their
    own; elsewhere it is None.
    """

    profile: str
    batch: BatchId
    sha256: str
    bytes: int
    rows: int
    accepted: int
    rejected: int
    blank_lines: int
    codes: Mapping[str, int]
    refused: FileCode | None
    summed: int | None = None

    def as_json(self) -> "builtins.bytes":
        told = {key: value for key, value in asdict(self).items() if key != "summed" or value is not None}
        return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


@dataclass(slots=True)
class Counts:
    """The counts of one export so far; ``summed`` of the accepted rows were added to an earlier one."""

    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    blank_lines: int = 0
    summed: int = 0
    codes: Counter[str] = field(default_factory=Counter)
