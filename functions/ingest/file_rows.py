"""Write accepted rows to files: facts by period and shard, people by shard."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any, Final

from functions.ingest.reading.columns import Kind
from functions.ingest.reading.outcome import AcceptedRows
from functions.ingest.reading.revisions import Revisions
from shared.domain import paths
from shared.domain.canonical import canonical_bytes
from shared.domain.identifiers import BatchId, shard_of
from shared.domain.line_file import LineFile, unpacked_lines
from shared.domain.merkle import Frontier, leaf_hash
from shared.ports import Files

FIRST_REJECTED: Final = 20
"""How many rejected rows get a small file of their own, for a page that shows only the first."""

_LEAVES_AT_ONCE: Final = 256
_PERIOD: Final = b'"period":"'


@dataclass(slots=True)
class ProvableFile:
    """A file of lines with a Merkle root, so that a single line can be proven."""

    file: LineFile = field(default_factory=LineFile)
    tree: Frontier = field(default_factory=Frontier)
    leaves: list[bytes] = field(default_factory=list)

    def add(self, lines: list[bytes]) -> None:
        """Append lines, each with its line feed."""
        self.file.add(b"".join(lines))
        self.leaves += [sha256(b"\x00" + line[:-1]).digest() for line in lines]
        if len(self.leaves) >= _LEAVES_AT_ONCE:
            self._grow()

    def root(self) -> tuple[int, str]:
        """The number of lines, and the root over the lines without their line feeds."""
        self._grow()
        return self.tree.size, self.tree.root().hex()

    def _grow(self) -> None:
        self.tree = self.tree.extended(self.leaves)
        self.leaves.clear()


@dataclass(frozen=True, slots=True)
class Filed:
    """The files written for a batch, by period ("" for people).

    ``digests``: the SHA-256 of each file by shard. ``roots``: ``{"root", "shards"}``, the root of a tree over
    the entries of `paths.line_roots`. Each entry has the root over the lines of one shard.
    """

    digests: dict[str, dict[str, str]]
    roots: dict[str, dict[str, Any]]


class FiledRows:
    """Collects the rows of a batch. Only `file` writes, because an export may be refused at its last byte."""

    def __init__(self, kind: Kind, shards: int) -> None:
        self._kind = kind
        self._shards = shards
        self._parts: dict[tuple[str, int], ProvableFile] = {}
        self._unpacked: dict[tuple[str, int], bytes] = {}
        self._whole = LineFile()
        self._rejected = LineFile()
        self._first: list[bytes] = []
        # Every shard of a directory has a file, even an empty one.
        if kind == "people":
            self._parts = {("", shard): ProvableFile() for shard in range(shards)}

    def accepted(self, rows: AcceptedRows) -> None:
        parts: dict[tuple[str, int], list[bytes]] = {}
        lines = rows.jsonl.splitlines(keepends=True)
        for row_id, line in zip(rows.ids, lines, strict=True):
            period = _period(line) if self._kind == "attainment" else ""
            parts.setdefault((period, shard_of(row_id, self._shards)), []).append(line)
        for at, theirs in parts.items():
            self._part(*at).add(theirs)
        if self._kind == "people":
            self._whole.add(rows.jsonl)

    def rejected(self, jsonl: bytes) -> None:
        self._rejected.add(jsonl)
        if len(self._first) < FIRST_REJECTED:
            self._first += jsonl.splitlines(keepends=True)[: FIRST_REJECTED - len(self._first)]

    def accepted_again(self, keys: Iterable[tuple[str, str]]) -> Iterator[bytes]:
        """The rows of the parts in which these keys are. Adds each part anew in `revise`."""
        for place in sorted({(period, shard_of(row_id, self._shards)) for row_id, period in keys}):
            self._unpacked[place] = self._parts[place].file.finish()[0]
            yield from unpacked_lines(self._unpacked[place])

    def revise(self, revisions: Revisions) -> None:
        for place, body in self._unpacked.items():
            part = ProvableFile()
            for chunk in unpacked_lines(body):
                part.add(revisions.accepted(chunk).splitlines(keepends=True))
            self._parts[place] = part
            if self._kind == "attainment" and part.root()[0] == 0:
                del self._parts[place]
        if self._kind == "people" and revisions.changes_accepted:
            whole, self._whole = self._whole, LineFile()
            for chunk in unpacked_lines(whole.finish()[0]):
                self._whole.add(revisions.accepted(chunk))
        rejected, self._rejected, self._first = self._rejected, LineFile(), []
        for chunk in revisions.rejected(unpacked_lines(rejected.finish()[0])):
            self.rejected(chunk)

    def file(self, batch: BatchId, known_at: datetime, files: Files) -> Filed:
        """Write every file of the batch. ``known_at`` is the time at which it was read."""
        digests: dict[str, dict[str, str]] = {}
        shards: dict[str, list[dict[str, Any]]] = {}
        for (period, shard), part in sorted(self._parts.items()):
            size, root = part.root()
            body, digest = part.file.finish()
            key = paths.facts(shard, period, batch) if period else paths.people_shard(batch, shard)
            files.write(key, body)
            digests.setdefault(period, {})[f"{shard:04d}"] = digest
            shards.setdefault(period, []).append({"root": root, "shard": f"{shard:04d}", "size": size})
        files.write(paths.line_roots(batch), canonical_bytes(shards))
        if self._kind == "people":
            files.write(paths.people(batch), self._whole.finish()[0])
        self.file_rejected(batch, known_at, files)
        return Filed(digests, {period: _root_over(entries) for period, entries in shards.items()})

    def file_rejected(self, batch: BatchId, known_at: datetime, files: Files) -> None:
        """Write only the rejected rows, for example of an export with too many of them."""
        files.write(paths.rejected(batch, known_at), self._rejected.finish()[0])
        files.write_lines(paths.first_rejected(batch, known_at), self._first)

    @property
    def periods(self) -> Iterable[str]:
        return sorted({period for period, _ in self._parts if period})

    def _part(self, period: str, shard: int) -> ProvableFile:
        part = self._parts.get((period, shard))
        if part is None:
            part = self._parts[period, shard] = ProvableFile()
        return part


def _period(line: bytes) -> str:
    """The row's period, without parsing. A quote inside a JSON string is escaped, so this is the key."""
    start = line.index(_PERIOD) + len(_PERIOD)
    return line[start : line.index(b'"', start)].decode()


def _root_over(entries: list[dict[str, Any]]) -> dict[str, Any]:
    tree = Frontier().extended(leaf_hash(canonical_bytes(entry)) for entry in entries)
    return {"root": tree.root().hex(), "shards": tree.size}
