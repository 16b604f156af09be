"""Decodes bytes to text. Bytes that cannot be decoded cost only their own row."""

import codecs
import re

BAD_CHARACTER = "\0"
"""Replaces bytes that cannot be decoded. A file that has a NUL itself is refused as ``not_text``."""

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_UNDEFINED_IN_CP1252 = bytes.maketrans(b"\x81\x8d\x8f\x90\x9d", bytes(5))
_FAULTS_ONE_BY_ONE = 200


class TextDecoder:
    """Decodes one file piece by piece. ``nul_seen`` says whether a utf-16 text had a character U+0000.

    Pass ``big_endian`` if decoding begins within the file, behind its byte order mark.
    """

    def __init__(self, encoding: str, *, big_endian: bool | None = None) -> None:
        self._encoding = encoding
        self._big_endian = big_endian
        self._at_start = big_endian is None and encoding in ("utf-8", "utf-16")
        self._held = b""
        self.nul_seen = False

    def decode(self, piece: bytes) -> str:
        if self._encoding == "iso-8859-1":
            return piece.decode("iso-8859-1")
        if self._encoding == "cp1252":
            return piece.translate(_UNDEFINED_IN_CP1252).decode("cp1252")
        data = self._held + piece if self._held else piece
        text, self._held = self._utf8(data) if self._encoding == "utf-8" else self._utf16(data)
        return self._without_mark(text)

    def finish(self) -> str:
        """The end of the text: a bad character if the file ends within a character."""
        text = BAD_CHARACTER if self._held else ""
        self._held = b""
        return text

    def _without_mark(self, text: str) -> str:
        if self._at_start and text:
            self._at_start = False
            return text.removeprefix("\ufeff")
        return text

    def _utf8(self, data: bytes) -> tuple[str, bytes]:
        """The text, and the bytes of a character that is not complete yet.

        Strict decoding around each fault keeps text that is mostly ASCII stored as ASCII, which speeds up all
        later steps. A piece with many faults is decoded in one go.
        """
        parts: list[str] = []
        view = memoryview(data)
        at = 0
        for _ in range(_FAULTS_ONE_BY_ONE):
            try:
                text, used = codecs.utf_8_decode(view[at:], "strict", False)
            except UnicodeDecodeError as fault:
                parts += [str(view[at : at + fault.start], "utf-8"), BAD_CHARACTER]
                at += fault.end
            else:
                return "".join([*parts, text]), data[at + used :]
        text, used = codecs.utf_8_decode(view[at:], "surrogateescape", False)
        return "".join([*parts, _LONE_SURROGATE.sub(BAD_CHARACTER, text)]), data[at + used :]

    def _utf16(self, data: bytes) -> tuple[str, bytes]:
        """Little-endian without a mark. Half a character, or half a surrogate pair, waits for more bytes."""
        if len(data) < 2:
            return "", data
        if self._big_endian is None:
            self._big_endian = data.startswith(codecs.BOM_UTF16_BE)
        decode = codecs.utf_16_be_decode if self._big_endian else codecs.utf_16_le_decode
        even = len(data) - len(data) % 2
        last = data[even - 2] if self._big_endian else data[even - 1]
        end = even - 2 if 0xD8 <= last <= 0xDB else even
        text, _ = decode(data[:end], "surrogatepass", True)
        self.nul_seen = self.nul_seen or "\0" in text
        if not text.isascii():
            text = _LONE_SURROGATE.sub(BAD_CHARACTER, text)
        return text, data[end:]
