"""Opens a bundle: a zip, or the folder into which a zip was unpacked."""

import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


class Files(Protocol):
    """The files of a bundle."""

    def names(self) -> list[str]: ...

    def read(self, name: str) -> bytes:
        """Raises ValueError if the file is damaged."""
        ...


@dataclass(frozen=True, slots=True)
class ZipFiles:
    archive: zipfile.ZipFile

    def names(self) -> list[str]:
        return [name for name in self.archive.namelist() if not name.endswith("/") and not _is_litter(name)]

    def read(self, name: str) -> bytes:
        try:
            return self.archive.read(name)
        except (
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            RuntimeError,
            EOFError,
            OSError,
        ) as error:
            raise ValueError(f"cannot be read from the archive: {error}") from error


@dataclass(frozen=True, slots=True)
class FolderFiles:
    folder: Path

    def names(self) -> list[str]:
        names = (
            path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file()
        )
        return [name for name in names if not _is_litter(name)]

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()


@dataclass(frozen=True, slots=True)
class DamagedArchive:
    """A file that begins like a zip and cannot be read as one."""

    why: str

    def names(self) -> list[str]:
        return ["manifest.json"]

    def read(self, name: str) -> bytes:
        raise ValueError(f"the archive is cut or damaged: {self.why}")


def _is_litter(name: str) -> bool:
    """Whether the file is one that file managers leave in folders and zips."""
    return name.startswith("__MACOSX/") or name.rsplit("/", 1)[-1] in (
        ".DS_Store",
        "Thumbs.db",
        "desktop.ini",
    )


def open_bundle(path: Path) -> Files:
    """The files of a zip or of an unpacked folder. Raises ValueError for anything else."""
    if path.is_dir():
        return FolderFiles(path)
    with path.open("rb") as start:
        magic = start.read(2)
    try:
        return ZipFiles(zipfile.ZipFile(path))
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        if magic == b"PK":
            return DamagedArchive(str(error))
        raise ValueError(f"{path} is not an evidence bundle: a bundle is a zip") from error
