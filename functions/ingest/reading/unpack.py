"""Takes in the bytes of an export chunk by chunk: digest, decompression and limits."""

import hashlib
import zlib
from collections.abc import Iterable, Iterator

from functions.ingest.reading.codes import FileCode

CHUNK = 256 * 1024
"""In bytes, decompressed at once."""

MAX_BYTES = 2 * 1024**3
"""After decompression."""

MAX_RATIO = 200

_GIVE_UP = 4 * MAX_BYTES
"""In bytes. Beyond this the rest is not decompressed, not even to see whether it is intact."""

_SIGNATURES = (
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"%PDF-",
    b"\xd0\xcf\x11\xe0",
    b"\x89PNG",
    b"PAR1",
    b"SQLite format 3",
)
_LONGEST_SIGNATURE = 15
_GZIP_START = b"\x1f\x8b\x08"
_GZIP_RESERVED_FLAGS = 0xE0


class ExportBytes:
    """The bytes of one export: their digest, sizes and faults so far.

    ``size`` is the whole size as dropped, if known. A file that unpacks to too much is then given up at once.
    """

    def __init__(
        self, chunks: Iterable[bytes], *, gzip: bool, has_nul_bytes: bool, size: int | None = None
    ) -> None:
        self._chunks = chunks
        self._gzip = gzip
        self._has_nul_bytes = has_nul_bytes
        self._size = size
        self._digest = hashlib.sha256()
        self._start = b""
        self.bytes = 0
        self.unpacked_bytes = 0
        self.faults: set[FileCode] = set()

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def unpacked(self) -> Iterator[bytes]:
        """The decompressed bytes that can be parsed. Reads the input to its end."""
        for piece in self._gunzipped() if self._gzip else self._read():
            self.unpacked_bytes += len(piece)
            if self.unpacked_bytes > MAX_BYTES:
                self.faults.add(FileCode.TOO_LARGE)
            self._look_at(piece)
            if FileCode.TOO_LARGE not in self.faults:
                yield piece
        if self.unpacked_bytes == 0 and not self.faults:
            self.faults.add(FileCode.EMPTY)
        if self._gzip and self.unpacked_bytes > MAX_RATIO * self.bytes:
            self.faults.add(FileCode.TOO_COMPRESSED)

    def _look_at(self, piece: bytes) -> None:
        if len(self._start) < _LONGEST_SIGNATURE:
            self._start += piece[:_LONGEST_SIGNATURE]
            if self._start.startswith(_SIGNATURES):
                self.faults.add(FileCode.NOT_TEXT)
        if not self._has_nul_bytes and b"\0" in piece:
            self.faults.add(FileCode.NOT_TEXT)

    def _read(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.bytes += len(chunk)
            self._digest.update(chunk)
            for start in range(0, len(chunk), CHUNK):
                yield chunk[start : start + CHUNK]

    def _too_dense(self) -> bool:
        return self._size is not None and self.unpacked_bytes > MAX_RATIO * self._size

    def _gunzipped(self) -> Iterator[bytes]:
        """Decompressed pieces. After giving up, only takes the digest of the bytes."""
        members = _GzipMembers()
        gave_up = False
        for chunk in self._read():
            if gave_up:
                continue
            for piece in members.feed(chunk):
                yield piece
                if self._too_dense() or self.unpacked_bytes > _GIVE_UP:
                    gave_up = True
                    break
        if self.bytes and not gave_up:
            self.faults |= members.ending()


class _GzipMembers:
    """Decompresses the members of a gzip file as one stream."""

    def __init__(self) -> None:
        self._inflater: zlib._Decompress | None = None
        self._waiting = b""
        self._whole_members = 0
        self._fault: FileCode | None = None

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        data = self._waiting + chunk
        self._waiting = b""
        while data and self._fault is None:
            if self._inflater is None:
                if self._whole_members:
                    data = data.lstrip(b"\0")  # zeros may pad a member
                if not self._begins_member(data):
                    return
                self._inflater = zlib.decompressobj(31)
            yield from self._inflate(self._inflater, data)
            data, self._waiting = self._waiting, b""

    def _begins_member(self, data: bytes) -> bool:
        reserved = len(data) > 3 and data[3] & _GZIP_RESERVED_FLAGS
        if not data.startswith(_GZIP_START[: len(data)]) or reserved:
            self._fault = FileCode.NOT_TEXT
            return False
        if len(data) < 4:
            self._waiting = data
            return False
        return True

    def _inflate(self, inflater: "zlib._Decompress", data: bytes) -> Iterator[bytes]:
        while True:
            try:
                piece = inflater.decompress(data, CHUNK)
            except zlib.error:
                self._fault = FileCode.TRUNCATED_GZIP
                return
            if piece:
                yield piece
            data = inflater.unconsumed_tail
            if inflater.eof:
                self._inflater = None
                self._whole_members += 1
                self._waiting = inflater.unused_data
                return
            if not data and len(piece) < CHUNK:
                return

    def ending(self) -> set[FileCode]:
        """The faults that the end of the input shows."""
        if self._fault is not None:
            return {self._fault}
        return {FileCode.TRUNCATED_GZIP} if self._inflater is not None or self._waiting else set()
