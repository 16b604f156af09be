"""The dependencies of the use cases that receive an export, and their result."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Literal

from shared.arrival_ports import ExportParts
from shared.domain.record import Batch
from shared.ports import CaseStore, Clock, Exports, Files

CHUNK_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Receiving:
    """``profile_text`` returns a profile's YAML by its id, or None."""

    store: CaseStore
    exports: Exports
    files: Files
    clock: Clock
    profile_text: Callable[[str], str | None]
    shards: int


@dataclass(frozen=True, slots=True)
class LargeExports:
    """``limit_bytes``: a larger export is read in ranges of half as many bytes.

    ``code_version`` names the code that reads them: ranges read by two versions are never joined.
    """

    parts: ExportParts
    limit_bytes: int
    code_version: str

    @property
    def range_bytes(self) -> int:
        return max(1, self.limit_bytes // 2)


@dataclass(frozen=True, slots=True)
class Received:
    status: Literal["accepted", "refused", "repeated"]
    batch: Batch


def chunks(body: BinaryIO, size: int = CHUNK_BYTES) -> Iterator[bytes]:
    """The rest of a stream, in pieces of at most ``size`` bytes."""
    while chunk := body.read(size):
        yield chunk
