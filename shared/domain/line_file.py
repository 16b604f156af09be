"""Writes and reads gzip files of lines in little memory. The same lines always give the same bytes."""

import hashlib
import zlib
from collections.abc import Iterator
from typing import Final

_GZIP: Final = 31
"""zlib's ``wbits`` for a gzip wrapper. Its header contains no name and no time."""

_PIECE: Final = 64 * 1024
_UNPACKED_AT_ONCE: Final = 1024 * 1024


class LineFile:
    """``level`` is zlib's; use a low level for temporary files, which are read once."""

    def __init__(self, level: int = 6) -> None:
        self._compressor = zlib.compressobj(level, wbits=_GZIP)
        self._digest = hashlib.sha256()
        self._pieces: list[bytes] = []
        self._pending: list[bytes] = []
        self._pending_size = 0

    def add(self, lines: bytes) -> None:
        """Append one or more whole lines, each with its line feed."""
        self._pending.append(lines)
        self._pending_size += len(lines)
        # One large piece compresses faster than many lines. All pieces have the same size, so the bytes do
        # not depend on how the caller split the lines.
        if self._pending_size >= _PIECE:
            text = b"".join(self._pending)
            whole = len(text) - len(text) % _PIECE
            for start in range(0, whole, _PIECE):
                self._compress(text[start : start + _PIECE])
            self._pending = [text[whole:]]
            self._pending_size = len(text) - whole

    def finish(self) -> tuple[bytes, str]:
        """The file's bytes, and the SHA-256 of its text. Call it once, at the end."""
        self._compress(b"".join(self._pending))
        self._pieces.append(self._compressor.flush())
        return b"".join(self._pieces), self._digest.hexdigest()

    def _compress(self, text: bytes) -> None:
        self._digest.update(text)
        self._pieces.append(self._compressor.compress(text))


def unpacked_lines(body: bytes) -> Iterator[bytes]:
    """The text of such a file in chunks of whole lines; EOFError where the file is truncated."""
    inflater = zlib.decompressobj(_GZIP)
    begun, packed = b"", body
    while not inflater.eof:
        text = inflater.decompress(packed, _UNPACKED_AT_ONCE)
        packed = inflater.unconsumed_tail
        if not text and not packed and not inflater.eof:
            raise EOFError("a file of lines is truncated")
        end = text.rfind(b"\n") + 1
        if end:
            yield begun + text[:end]
            begun = text[end:]
        else:
            begun += text
    if begun:
        yield begun
