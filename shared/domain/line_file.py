"""A gzip file of lines, made piece by piece in little memory; the same lines give the same bytes."""

import hashlib
import zlib
from typing import Final

_GZIP: Final = 31
"""zlib's window size for a gzip wrapper, whose header then has neither name nor time."""


class LineFile:
    def __init__(self) -> None:
        self._compressor = zlib.compressobj(6, wbits=_GZIP)
        self._digest = hashlib.sha256()
        self._pieces: list[bytes] = []
        self._pending: list[bytes] = []
        self._pending_size = 0

    def add(self, lines: bytes) -> None:
        """Append one or more whole lines, each with its line feed."""
        self._pending.append(lines)
        self._pending_size += len(lines)
        # Compressing by the piece, whatever the caller's pieces are, costs less than by the line.
        if self._pending_size >= 65536:
            self._compress()

    def finish(self) -> tuple[bytes, str]:
        """The file's bytes, and the SHA-256 of its text. The last call on this object."""
        self._compress()
        self._pieces.append(self._compressor.flush())
        return b"".join(self._pieces), self._digest.hexdigest()

    def _compress(self) -> None:
        text = b"".join(self._pending)
        self._digest.update(text)
        self._pieces.append(self._compressor.compress(text))
        self._pending.clear()
        self._pending_size = 0
