"""Opens a bundle: a zip, or the folder into which a zip was unpacked."""

import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol, Self

from .zip_archive import LARGEST_FILE, ZipArchive


class Files(Protocol):
    """The files of a bundle."""

    def names(self) -> list[str]: ...

    def read(self, name: str) -> bytes:
        """Raises ValueError if the file is damaged."""
        ...

    def faults(self) -> list[tuple[str, str]]:
        """What is wrong with the container itself (R68): where, and what."""
        ...


@dataclass(frozen=True, slots=True)
class ZipFiles:
    archive: ZipArchive

    @classmethod
    def read_by(cls, opened: Callable[[], BinaryIO]) -> Self:
        """``opened`` opens the zip. Raises ValueError if it is none, or a damaged one."""
        return cls(ZipArchive.read_by(opened))

    def names(self) -> list[str]:
        return self.archive.names

    def read(self, name: str) -> bytes:
        return self.archive.read(name)

    def faults(self) -> list[tuple[str, str]]:
        return self.archive.faults


@dataclass(frozen=True, slots=True)
class FolderFiles:
    folder: Path
    _names: list[str] = field(default_factory=list)
    _faults: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of(cls, folder: Path) -> Self:
        """The regular files at any depth. Links are not followed."""
        files, pending = cls(folder), [folder]
        while pending:
            for path in pending.pop().iterdir():
                mode, inner = path.lstat().st_mode, path.relative_to(folder).as_posix()
                if stat.S_ISDIR(mode):
                    pending.append(path)
                elif stat.S_ISREG(mode):
                    files._names.append(inner)
                else:
                    files._faults.append((inner, "is a link or a device, not a file"))
        return files

    def names(self) -> list[str]:
        return self._names

    def read(self, name: str) -> bytes:
        with (self.folder / name).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
        if len(data) > LARGEST_FILE:
            raise ValueError("is larger than any file of a bundle")
        return data

    def faults(self) -> list[tuple[str, str]]:
        return self._faults


@dataclass(frozen=True, slots=True)
class DamagedArchive:
    """A file that begins like a zip and cannot be read as one."""

    why: str

    def names(self) -> list[str]:
        return ["manifest.json"]

    def read(self, name: str) -> bytes:
        raise ValueError(f"the archive is cut or damaged: {self.why}")

    def faults(self) -> list[tuple[str, str]]:
        return []


def open_bundle(path: Path) -> Files:
    """The files of a zip or of an unpacked folder. Raises ValueError for anything else."""
    if path.is_dir():
        return FolderFiles.of(path)
    with path.open("rb") as start:
        magic = start.read(2)
    try:
        return ZipFiles.read_by(lambda: path.open("rb"))
    except ValueError as error:
        if magic == b"PK":
            return DamagedArchive(str(error))
        raise ValueError(f"{path} is not an evidence bundle: a bundle is a zip") from error
