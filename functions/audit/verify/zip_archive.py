"""Reads a zip strictly (R68): one archive, in which every program finds the same files.

Python's own `zipfile` accepts archives that other programs read differently: two in one file, local headers
that name another file, entries that overlap. It also has no bound on what an entry unpacks to.
"""

import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO, Final

LARGEST_FILE: Final = 64 * 2**20
MOST_ENTRIES: Final = 1_000_000
_LARGEST_ARCHIVE: Final = 2**32 - 1
_RATIO, _FREE = 200, 2**20
"""Text and hashes shrink to a tenth. A file that shrinks far more is made to fill the memory."""
_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR: Final = struct.Struct("<4sLQL")
_CENTRAL: Final = struct.Struct("<4s6H3L5H2L")
_LOCAL: Final = struct.Struct("<4s5H3L2H")
_DESCRIBED, _ENCRYPTED, _UTF8 = 0x8, 0x1, 0x800
_HARMLESS_FLAGS: Final = _DESCRIBED | _UTF8 | 0x6  # 0x6: how hard the packer tried
_REGULAR, _FOLDER = 0o100000, 0o040000


@dataclass(frozen=True, slots=True)
class Entry:
    name: str
    raw: bytes
    flags: int
    method: int
    crc: int
    packed: int
    size: int
    mode: int
    at: int


@dataclass(slots=True)
class ZipArchive:
    """The entries of an archive, and what is wrong with it: where, and what."""

    opened: Callable[[], BinaryIO]
    entries: dict[str, Entry] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    """The names of all files in the order of the archive, also those that stand twice."""
    faults: list[tuple[str, str]] = field(default_factory=list)
    _data_at: dict[int, int] = field(default_factory=dict)

    @classmethod
    def read_by(cls, opened: Callable[[], BinaryIO]) -> "ZipArchive":
        """``opened`` opens the archive's file. Raises ValueError if no directory stands at its end."""
        archive = cls(opened)
        with opened() as file:
            size = file.seek(0, 2)
            if size > _LARGEST_ARCHIVE:
                raise ValueError("it is larger than 4 GiB")
            count, start, length, end = _directory_of(file, size)
            if count > MOST_ENTRIES or length > 200 * count + 2**20:
                raise ValueError(f"it says that it has {count} entries")
            if start + length != end:
                raise ValueError("something stands between its directory and its end")
            file.seek(start)
            found = list(_entries(file.read(length), count))
            archive._check_places(file, found, start)
        for entry in found:
            archive._add(entry)
        return archive

    def read(self, name: str) -> bytes:
        """The bytes of the file. Raises ValueError if they are damaged, or more than the archive says."""
        entry = self.entries[name]
        at = self._data_at.get(entry.at)
        if at is None or entry.size > LARGEST_FILE:
            raise ValueError("cannot be read from the archive")
        with self.opened() as file:
            file.seek(at)
            packed = file.read(entry.packed)
        data = packed if entry.method == 0 else _inflated(packed, entry.size)
        if len(data) != entry.size or zlib.crc32(data) != entry.crc:
            raise ValueError("cannot be read from the archive: it is damaged")
        return data

    def _check_places(self, file: BinaryIO, entries: list[Entry], start: int) -> None:
        """The local entries follow one another from the first byte to the directory."""
        reached = 0
        for entry in entries:
            if entry.at != reached:
                self.faults.append((entry.name, "does not follow the entry before it in the archive"))
                return
            file.seek(entry.at)
            header = file.read(_LOCAL.size)
            what = "" if len(header) == _LOCAL.size else "has no header in the archive"
            if not what:
                fields = _LOCAL.unpack(header)
                raw = file.read(fields[9])
                what = _difference(entry, fields, raw)
            if what:
                self.faults.append((entry.name, what))
                return
            self._data_at[entry.at] = entry.at + _LOCAL.size + fields[9] + fields[10]
            reached = self._data_at[entry.at] + entry.packed
            if entry.flags & _DESCRIBED:
                reached = self._after_descriptor(file, entry, reached)
        if reached != start:
            self.faults.append(("manifest.json", "something hidden stands before the archive's directory"))

    def _after_descriptor(self, file: BinaryIO, entry: Entry, at: int) -> int:
        file.seek(at)
        data, told = file.read(16), struct.pack("<3L", entry.crc, entry.packed, entry.size)
        if data == b"PK\x07\x08" + told:
            return at + 16
        if data[:12] != told:
            self.faults.append((entry.name, "has another length or checksum behind it in the archive"))
        return at + 12

    def _add(self, entry: Entry) -> None:
        folder = entry.name.endswith("/")
        kind = entry.mode & 0o170000
        if kind not in (0, _FOLDER if folder else _REGULAR):
            self.faults.append((entry.name, "is a link or a device, not a file"))
        elif folder and (entry.size or entry.packed > 2):
            self.faults.append((entry.name, "is a folder with content of its own"))
        elif entry.method not in (0, 8) or entry.flags & ~_HARMLESS_FLAGS:
            self.faults.append((entry.name, "is packed or encrypted in a way that no bundle is"))
        elif entry.size > LARGEST_FILE or entry.size > _RATIO * entry.packed + _FREE:
            self.faults.append((entry.name, f"would unpack to {entry.size} bytes: no bundle has such a file"))
        elif entry.method == 0 and entry.size != entry.packed:
            self.faults.append((entry.name, "has two lengths in the archive"))
        if not folder:
            self.names.append(entry.name)
            self.entries.setdefault(entry.name, entry)


def _directory_of(file: BinaryIO, size: int) -> tuple[int, int, int, int]:
    """The number of entries; where the directory starts; its length; where it must end."""
    at = size - _END.size
    file.seek(max(at, 0))
    sign, disk, first, here, count, length, start, comment = _unpack(_END, file.read(_END.size))
    if sign != b"PK\x05\x06" or disk or first or here != count or comment:
        raise ValueError("its directory does not stand at its end")
    if count != 0xFFFF and start != 0xFFFFFFFF and length != 0xFFFFFFFF:
        return count, start, length, at
    file.seek(max(at - _LOCATOR.size, 0))
    sign, disk, place, disks = _unpack(_LOCATOR, file.read(_LOCATOR.size))
    if sign != b"PK\x06\x07" or disk or disks != 1 or place != at - _LOCATOR.size - _END_64.size:
        if count == 0xFFFF and start != 0xFFFFFFFF:
            return count, start, length, at  # exactly 65,535 entries need no longer form
        raise ValueError("its directory does not stand at its end")
    file.seek(place)
    sign, rest, _, _, disk, first, here, count, length, start = _unpack(_END_64, file.read(_END_64.size))
    if sign != b"PK\x06\x06" or rest != _END_64.size - 12 or disk or first or here != count:
        raise ValueError("its directory does not stand at its end")
    return count, start, length, place


def _entries(directory: bytes, count: int) -> Iterator[Entry]:
    at = 0
    for _ in range(count):
        fields = _unpack(_CENTRAL, directory[at : at + _CENTRAL.size])
        sign, _, _, flags, method, _, _, crc, packed, size, named, extra, comment, disk = fields[:14]
        mode, local = fields[15] >> 16, fields[16]
        at += _CENTRAL.size
        raw = directory[at : at + named]
        at += named + extra + comment
        if sign != b"PK\x01\x02" or disk or comment or at > len(directory):
            raise ValueError("its directory is damaged")
        yield Entry(raw.decode("latin-1"), raw, flags, method, crc, packed, size, mode, local)
    if at != len(directory):
        raise ValueError("its directory has more entries than its end says")


def _difference(entry: Entry, local: tuple[Any, ...], raw: bytes) -> str:
    """How the header before the data differs from the entry in the directory."""
    sign, _, flags, method, _, _, crc, packed, size = local[:9]
    if sign != b"PK\x03\x04" or raw != entry.raw:
        return f"is called {raw.decode('latin-1')} in another place of the archive"
    told = (crc, packed, size)
    described = bool(entry.flags & _DESCRIBED) and told == (0, 0, 0)
    if (flags, method) != (entry.flags, entry.method) or (
        not described and told != (entry.crc, entry.packed, entry.size)
    ):
        return "has another length, checksum or form in another place of the archive"
    return ""


def _inflated(packed: bytes, size: int) -> bytes:
    inflate = zlib.decompressobj(-15)
    try:
        data = inflate.decompress(packed, size + 1)
    except zlib.error as error:
        raise ValueError(f"cannot be read from the archive: {error}") from error
    if not inflate.eof or inflate.unused_data or inflate.unconsumed_tail:
        raise ValueError("cannot be read from the archive: it has another length")
    return data


def _unpack(form: struct.Struct, data: bytes) -> tuple[Any, ...]:
    if len(data) != form.size:
        raise ValueError("it is cut")
    return form.unpack(data)
