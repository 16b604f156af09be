"""The zip of a bundle, read byte by byte as the page describes it."""

import re
import struct
import zlib
from collections.abc import Iterable

LITTER = re.compile(r"([^/]+/)*([.]_[^/]*|[.]DS_Store|Thumbs[.]db|desktop[.]ini)", re.DOTALL)
NAME = re.compile("[A-Za-z0-9@._-]+(/[A-Za-z0-9@._-]+)*")
LARGEST = 64 * 2**20


class NoZip(Exception):
    """Nothing at the end of the file says that it is a zip."""


def read_zip(data: bytes) -> tuple[dict[str, bytes], list[str]]:
    """The files, and what is wrong with the archive. NoZip if it cannot be read at all."""
    faults: list[str] = []
    files: dict[str, bytes] = {}
    count, start, length = _end(data)
    at, reached = start, 0
    sound = True
    for _ in range(count):
        if data[at : at + 4] != b"PK\x01\x02" or at + 46 > start + length:
            raise NoZip
        flags, method = struct.unpack_from("<2H", data, at + 8)
        crc, packed, size, n, extra, comment, disk = struct.unpack_from("<3L4H", data, at + 16)
        outer, place = struct.unpack_from("<2L", data, at + 38)
        raw = data[at + 46 : at + 46 + n]
        at += 46 + n + extra + comment
        if comment or disk or at > start + length:
            raise NoZip
        name, folder = raw.decode("latin-1"), raw.endswith(b"/")
        kind = outer >> 28
        if kind not in (0, 4 if folder else 8):
            faults.append(f"{name} is no file")
        elif folder and (size or packed > 2):
            faults.append(f"{name} is a folder with content")
        elif method not in (0, 8) or flags & ~0x80E:
            faults.append(f"{name} is packed otherwise")
        elif size > LARGEST or size > 200 * packed + 2**20 or (method == 0 and size != packed):
            faults.append(f"{name} has an impossible length")
        content = None
        if sound:
            content, reached, what = _local(data, place, reached, (raw, flags, method, crc, packed, size))
            sound = not what
            faults += [f"{name} {what}"] if what else []
        if folder:
            continue
        if name in files:
            faults.append(f"{name} stands twice")
        elif content is None:
            faults.append(f"{name} cannot be read")
            files[name] = b""
        else:
            files[name] = content
    if at != start + length:
        raise NoZip
    if sound and reached != start:
        faults.append("something is hidden")
    return files, faults


def _local(
    data: bytes, place: int, reached: int, told: tuple[bytes, int, int, int, int, int]
) -> tuple[bytes | None, int, str]:
    """The unpacked content, where the entry ends, and what is wrong with the place."""
    raw, flags, method, crc, packed, size = told
    header = data[place : place + 30]
    if place != reached or len(header) < 30 or header[:4] != b"PK\x03\x04":
        return None, reached, "does not follow the one before"
    same = struct.unpack_from("<2H", header, 6) == (flags, method)
    numbers = struct.unpack_from("<3L", header, 14)
    n, extra = struct.unpack_from("<2H", header, 26)
    same = same and data[place + 30 : place + 30 + n] == raw
    if not same or not (numbers == (crc, packed, size) or (flags & 8 and numbers == (0, 0, 0))):
        return None, reached, "is another file in another place"
    begin = place + 30 + n + extra
    end = begin + packed
    content, what = _unpacked(data[begin:end], method, size), ""
    if content is not None and (len(content) != size or zlib.crc32(content) != crc):
        content = None
    if flags & 8:
        descriptor = struct.pack("<3L", crc, packed, size)
        if data[end : end + 16] == b"PK\x07\x08" + descriptor:
            end += 16
        else:
            what = "" if data[end : end + 12] == descriptor else "has another descriptor"
            end += 12
    return content, end, what


def _unpacked(packed: bytes, method: int, size: int) -> bytes | None:
    if size > LARGEST or method not in (0, 8):
        return None
    if method == 0:
        return packed
    inflate = zlib.decompressobj(-15)
    try:
        content = inflate.decompress(packed, size + 1)
    except zlib.error:
        return None
    return content if inflate.eof and not inflate.unused_data else None


def _end(data: bytes) -> tuple[int, int, int]:
    """How many entries, where the directory begins, its length."""
    if len(data) < 22 or len(data) >= 2**32:
        raise NoZip
    at = len(data) - 22
    sign, disk, first, here, count, length, start, comment = struct.unpack_from("<4s4H2LH", data, at)
    if sign != b"PK\x05\x06" or disk or first or here != count or comment:
        raise NoZip
    long = at >= 76 and data[at - 20 : at - 16] == b"PK\x06\x07" and data[at - 76 : at - 72] == b"PK\x06\x06"
    if count == 0xFFFF or start == 0xFFFFFFFF or length == 0xFFFFFFFF:
        locator = struct.unpack_from("<LQL", data, at - 16) if long else None
        if locator != (0, at - 76, 1):
            if count != 0xFFFF or start == 0xFFFFFFFF or length == 0xFFFFFFFF:
                raise NoZip
        else:
            at -= 76
            rest, _, _, disk, first, here, count, length, start = struct.unpack_from("<Q2H2L4Q", data, at + 4)
            if rest != 44 or disk or first or here != count:
                raise NoZip
    if start + length != at or count > 1_000_000 or length > 200 * count + 2**20:
        raise NoZip
    return count, start, length


def strange_names(names: Iterable[str]) -> list[str]:
    found, folded = [], set()
    for name in sorted(names):
        if NAME.fullmatch(name) is None or any(part in (".", "..") for part in name.split("/")):
            found.append(f"{name!r} is no name")
        if name.lower() in folded:
            found.append(f"{name} stands twice, but for capital letters")
        folded.add(name.lower())
    return found
