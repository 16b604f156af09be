"""Accepted rows on their way into files: by shard and period for facts, by shard for people."""

from collections.abc import Iterable
from typing import Final

import orjson

from functions.ingest.columns import Kind
from functions.ingest.outcome import AcceptedRows
from shared.domain import paths
from shared.domain.identifiers import BatchId, shard_of
from shared.domain.line_file import LineFile
from shared.ports import Files

SHOWN_FIRST: Final = 20
"""How many rejected rows are filed once more by themselves."""


class FiledRows:
    """The sink of a batch. Nothing is written before `file`, since a file may be refused at its last byte."""

    def __init__(self, kind: Kind, shards: int) -> None:
        self._kind = kind
        self._shards = shards
        self._parts: dict[tuple[str, int], LineFile] = {}
        self._whole = LineFile()
        self._rejected = LineFile()
        self._first: list[bytes] = []
        # Every shard of a directory has a file, also one in which nobody is.
        if kind == "people":
            self._parts = {("", shard): LineFile() for shard in range(shards)}

    def accepted(self, rows: AcceptedRows) -> None:
        lines = rows.jsonl.splitlines(keepends=True)
        for row_id, line in zip(rows.ids, lines, strict=True):
            period = orjson.loads(line)["period"] if self._kind == "attainment" else ""
            self._part(period, shard_of(row_id, self._shards)).add(line)
        if self._kind == "people":
            self._whole.add(rows.jsonl)

    def rejected(self, jsonl: bytes) -> None:
        self._rejected.add(jsonl)
        if len(self._first) < SHOWN_FIRST:
            self._first += jsonl.splitlines(keepends=True)[: SHOWN_FIRST - len(self._first)]

    def file(self, batch: BatchId, files: Files) -> dict[str, dict[str, str]]:
        """Write everything under the batch's own names; the digest of each part by period and shard."""
        digests: dict[str, dict[str, str]] = {}
        for (period, shard), part in sorted(self._parts.items()):
            body, digest = part.finish()
            key = paths.facts(shard, period, batch) if period else paths.people_shard(batch, shard)
            files.write(key, body)
            digests.setdefault(period, {})[f"{shard:04d}"] = digest
        if self._kind == "people":
            files.write(paths.people(batch), self._whole.finish()[0])
        self.file_rejected(batch, files)
        return digests

    def file_rejected(self, batch: BatchId, files: Files) -> None:
        """Write the rejected rows alone, as for a file that was refused for their number."""
        files.write(paths.rejected(batch), self._rejected.finish()[0])
        files.write_lines(paths.first_rejected(batch), self._first)

    @property
    def periods(self) -> Iterable[str]:
        return sorted({period for period, _ in self._parts if period})

    def _part(self, period: str, shard: int) -> LineFile:
        part = self._parts.get((period, shard))
        if part is None:
            part = self._parts[period, shard] = LineFile()
        return part
