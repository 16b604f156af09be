"""Zips that lie to programs, and damaged ones: both verifiers find them, in bounded memory."""

import io
import os
import random
import resource
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from functions.audit.verify import as_text, open_bundle, verify
from local.cli import main
from local.commands.verify import write_standalone
from tests.independent_verifier import exit_status_of_zip
from tests.unit.audit.bundles import bundle_of_case, bundle_of_ledger, unpacked
from tests.unit.audit.soak import share
from tests.unit.audit.workshop import lived_in

DAMAGED = share(2_000, 100_000)


@cache
def archives() -> list[bytes]:
    return [bundle_of_case(lived_in()), bundle_of_ledger(lived_in())]


def status_of(path: Path, archive: bytes) -> int:
    """What `plumbline verify` answers; an exception other than ValueError fails the test."""
    path.write_bytes(archive)
    try:
        report = verify(open_bundle(path))
    except ValueError:
        return 2
    text = as_text(report)
    assert text.replace("\n", "").isprintable()
    return report.exit_status


def packed_with(*extra: tuple[zipfile.ZipInfo, bytes]) -> bytes:
    """The bundle of a case with further entries, as a stranger packs it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in unpacked(archives()[0]).items():
            archive.writestr(name, data)
        for entry, data in extra:
            archive.writestr(entry, data)
    return buffer.getvalue()


def entry(name: str, mode: int = 0o100644) -> zipfile.ZipInfo:
    found = zipfile.ZipInfo(name)
    found.create_system, found.external_attr = 3, mode << 16
    return found


def two_in_one() -> bytes:
    one, other = archives()
    return one + other


def prefixed() -> bytes:
    return b"#!/bin/sh\necho the record is fine\n" + archives()[0]


def with_comment() -> bytes:
    data = archives()[0]
    return data[:-2] + struct.pack("<H", 7) + b"comment"


def with_tail() -> bytes:
    return archives()[0] + b"<html>"


def hidden_entry() -> bytes:
    """A local entry that the directory does not list, and that recovery tools would unpack."""
    data = archives()[0]
    start = data.rindex(b"PK\x05\x06")
    length, at = struct.unpack_from("<2L", data, start + 12)
    name, content = b"events/000000000001.json", b"{}"
    local = struct.pack("<4s5H3L2H", b"PK\x03\x04", 20, 0, 0, 0, 33, zlib.crc32(content), 2, 2, len(name), 0)
    hidden = local + name + content
    end = data[start : start + 16] + struct.pack("<LH", at + len(hidden), 0)
    return data[:at] + hidden + data[at : at + length] + end


def other_local_name() -> bytes:
    """A program that reads the local headers finds another file than one that reads the directory."""
    data = archives()[0]
    return data.replace(b"README.txt", b"README.exe", 1)


def other_local_length() -> bytes:
    data = bytearray(archives()[0])
    data[22] ^= 1
    return bytes(data)


def nul_in_name() -> bytes:
    return packed_with((entry("aXb.txt"), b"x")).replace(b"aXb.txt", b"a\0b.txt")


def overlapping() -> bytes:
    """All entries show the same bytes: a small archive that unpacks to much."""
    buffer = io.BytesIO()
    deflated = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = deflated.compress(bytes(2**20)) + deflated.flush()
    local = struct.pack(
        "<4s5H3L2H", b"PK\x03\x04", 20, 0, 8, 0, 33, zlib.crc32(bytes(2**20)), len(body), 2**20, 1, 0
    )
    buffer.write(local + b"a" + body)
    start = buffer.tell()
    for _ in range(4_000):
        head = (
            b"PK\x01\x02",
            20,
            20,
            0,
            8,
            0,
            33,
            zlib.crc32(bytes(2**20)),
            len(body),
            2**20,
            1,
            0,
            0,
            0,
            0,
            0,
            0,
        )
        buffer.write(struct.pack("<4s6H3L5H2L", *head) + b"a")
    end = (b"PK\x05\x06", 0, 0, 4_000, 4_000, buffer.tell() - start, start, 0)
    buffer.write(struct.pack("<4s4H2LH", *end))
    return buffer.getvalue()


@cache
def bomb() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for number in range(4):
            archive.writestr(f"events/{number:012d}.json", bytes(50 * 2**20))
    return buffer.getvalue()


LIES: dict[str, Callable[[], bytes]] = {
    "two in one": two_in_one,
    "a program in front": prefixed,
    "a comment": with_comment,
    "a tail": with_tail,
    "a hidden entry": hidden_entry,
    "another local name": other_local_name,
    "another local length": other_local_length,
    "a symbolic link": lambda: packed_with((entry("mails/link", 0o120777), b"/etc/passwd")),
    "a device": lambda: packed_with((entry("mails/null", 0o020666), b"")),
    "a folder with content": lambda: packed_with((entry("mails/", 0o040755), b"content")),
    "a folder that is a link": lambda: packed_with((entry("mails/", 0o120777), b"/etc")),
    "NUL in a name": nul_in_name,
    "a backslash": lambda: packed_with((entry("mails\\a.txt"), b"x")),
    "an absolute name": lambda: packed_with((entry("/etc/passwd"), b"x")),
    "a climbing name": lambda: packed_with((entry("mails/../../x"), b"x")),
    "a dot": lambda: packed_with((entry("./README.txt"), b"x")),
    "an empty part": lambda: packed_with((entry("mails//x"), b"x")),
    "an escape sequence": lambda: packed_with((entry("mails/\x1b[2J\x1b]0;x\x07"), b"x")),
    "a reversed name": lambda: packed_with((entry("mails/\u202etxt.exe"), b"x")),
    "other capitals": lambda: packed_with((entry("readme.TXT"), b"x")),
    "another normal form": lambda: packed_with((entry("mails/e\u0301"), b"x"), (entry("mails/\u00e9"), b"x")),
    "a name twice": lambda: packed_with((entry("README.txt"), b"x")),
    "content in litter": lambda: packed_with((entry("__MACOSX/evil.html"), b"x")),
    "overlapping entries": overlapping,
    "a bomb": bomb,
}


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("lie", LIES)
def test_a_zip_that_programs_read_differently_is_refused_by_both(lie: str, tmp_path: Path) -> None:
    archive = LIES[lie]()
    ours = status_of(tmp_path / "bundle.zip", archive)
    assert ours in (1, 2), lie
    assert exit_status_of_zip(archive) == ours


def test_bundles_and_what_honest_programs_make_of_them_are_accepted(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(Unseekable(buffer), "w", zipfile.ZIP_DEFLATED) as streamed:
        streamed.mkdir("events")
        for name, data in unpacked(archives()[0]).items():
            streamed.writestr(name, data)
    litter = packed_with((entry("__MACOSX/._README.txt"), b"x"), (entry(".DS_Store"), b"x"))
    for archive in (*archives(), buffer.getvalue(), packed_with(), litter):
        assert status_of(tmp_path / "bundle.zip", archive) == exit_status_of_zip(archive) == 0
    (tmp_path / "bundle.zip").write_bytes(litter)
    text = as_text(verify(open_bundle(tmp_path / "bundle.zip")))
    assert ".DS_Store: is not part of the bundle" in text


class Unseekable(io.RawIOBase):
    """What a program that packs into a pipe writes to: lengths stand behind the data."""

    def __init__(self, inner: io.BytesIO) -> None:
        self.inner = inner

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override] # any buffer
        return self.inner.write(data)


def test_a_zip_of_very_many_files_is_read(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(65_540):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
    (tmp_path / "many.zip").write_bytes(buffer.getvalue())
    files = open_bundle(tmp_path / "many.zip")
    assert (len(files.names()), files.faults()) == (65_540, [])
    assert exit_status_of_zip(buffer.getvalue()) != 2


def test_a_folder_with_links_is_refused(tmp_path: Path) -> None:
    for name, data in unpacked(archives()[0]).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert verify(open_bundle(tmp_path)).exit_status == 0
    for target in ("README.txt", "events", "nowhere"):
        (tmp_path / "names2").symlink_to(tmp_path / target)
        assert verify(open_bundle(tmp_path)).exit_status == 1
        (tmp_path / "names2").unlink()
    os.mkfifo(tmp_path / "pipe")
    assert verify(open_bundle(tmp_path)).exit_status == 1


def test_damaged_zips_end_in_a_verdict_and_both_agree(tmp_path: Path) -> None:
    chance = random.Random(11)
    signs = [b"PK\x01\x02", b"PK\x03\x04", b"PK\x05\x06", b"\xff\xff\xff\xff", bytes(4)]
    for number in range(DAMAGED):
        data = bytearray(chance.choice(archives()))
        near_the_end = chance.random() < 0.6
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(max(0, len(data) - 1500) if near_the_end else 0, len(data))
            how = chance.randrange(5)
            if how == 0:
                data[at] ^= 1 << chance.randrange(8)
            elif how == 1:
                data[at : at + 4] = chance.choice(signs)
            elif how == 2:
                del data[at : at + chance.randrange(1, 30)]
            elif how == 3:
                data[at:at] = chance.randbytes(chance.randrange(1, 30))
            else:
                data[at : at + 2] = struct.pack("<H", chance.choice([0, 1, 0xFFFF, len(data) & 0xFFFF]))
        ours = status_of(tmp_path / "bundle.zip", bytes(data))
        assert exit_status_of_zip(bytes(data)) == ours, number


HOSTILE = {
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "a long number": b"9" * 5_000,
    "no number": b"-" * 5_000,
    "half a character": b'"\\ud800"',
    "no text": b"\xff\xfe",
    "a member twice": b'{"a":1,"a":2}',
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize(
    "name", ["manifest.json", "names.json", "openings/000001.json", "decision/line.json"]
)
def test_hostile_json_ends_in_a_verdict(name: str, kind: str, tmp_path: Path) -> None:
    content, buffer = HOSTILE[kind], io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for each, data in {**unpacked(archives()[0]), name: content}.items():
            archive.writestr(each, data)
    assert status_of(tmp_path / "bundle.zip", buffer.getvalue()) == 1
    assert exit_status_of_zip(buffer.getvalue()) == 1


def test_a_small_zip_takes_no_memory(tmp_path: Path) -> None:
    """A file of brackets, as large as a bundle may have, in a process of bounded memory."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("manifest.json", b"[" + b"[]," * (20 * 2**20) + b"[]]")
    (tmp_path / "large.zip").write_bytes(buffer.getvalue())
    (tmp_path / "bomb.zip").write_bytes(bomb())
    write_standalone(tmp_path / "verify.pyz")
    for name in ("large.zip", "bomb.zip"):
        done = subprocess.run(
            [sys.executable, "-I", str(tmp_path / "verify.pyz"), str(tmp_path / name)],
            capture_output=True,
            text=True,
            check=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (700 * 2**20,) * 2),
        )
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr


def test_names_of_files_are_printed_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bundle\x1b[2J.zip"
    path.write_bytes(packed_with((entry("mails/\x1b[2J"), b"x")))
    assert main(["verify", str(path)]) == 1
    assert "\x1b" not in capsys.readouterr().out
    path.write_bytes(b"no zip")
    assert main(["verify", str(path)]) == 2
    assert "\x1b" not in capsys.readouterr().err
