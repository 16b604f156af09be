"""Reads and writes the files of the evaluation commands: policies, JSON lines and results."""

import errno
from collections.abc import Iterable, Iterator
from pathlib import Path

from shared.domain.errors import InvalidPolicy
from shared.domain.policy import Policy, parse_policy


def read_policy(path: Path) -> Policy:
    """The policy in a file; InvalidPolicy names the file and the YAML path of each fault."""
    try:
        return parse_policy(path.read_bytes().decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise InvalidPolicy(f"{path}: not UTF-8 text") from error


def read_chunks(path: Path) -> Iterator[bytes]:
    """The file in chunks of whole lines, small enough for the processor's cache."""
    with path.open("rb") as file:
        while chunk := file.read(1 << 16):
            yield chunk + file.readline()


def write_whole(path: Path, lines: Iterable[bytes]) -> None:
    """Write a file whole or not at all, by renaming a temporary file. Devices are written directly."""
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            device.writelines(lines)
        return
    if not path.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, "no such folder to write to", str(path.parent))
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            file.writelines(lines)
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
