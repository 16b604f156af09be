"""The files around an evaluation: JSON lines as ``read`` wrote them, and results written whole or not."""

import errno
from collections.abc import Iterable, Iterator
from pathlib import Path

from shared.domain.errors import InvalidPolicy
from shared.domain.policy import Policy, parse_policy


def read_policy(path: Path) -> Policy:
    """The policy of a file; InvalidPolicy names the file and the YAML path of each fault."""
    try:
        return parse_policy(path.read_bytes().decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise InvalidPolicy(f"{path}: not UTF-8 text") from error


def read_chunks(path: Path) -> Iterator[bytes]:
    """The file in pieces that a processor's cache can hold, each of which ends where a line ends."""
    with path.open("rb") as file:
        while chunk := file.read(1 << 16):
            yield chunk + file.readline()


def write_whole(path: Path, lines: Iterable[bytes]) -> None:
    """Write a file by a neighbour that takes its place when it is complete; devices are written to."""
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
