"""``plumbline read``: reads an export by its profile; writes accepted rows, rejected rows and a summary."""

import argparse
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NamedTuple

from functions.ingest.reading.export_reader import read_export
from functions.ingest.reading.outcome import AcceptedRows, Summary
from functions.ingest.reading.profile import Profile, parse_profile
from functions.ingest.reading.revisions import Revisions
from shared.domain.errors import InvalidProfile

CHUNK = 256 * 1024
REFUSED = 3

_EPILOG = """\
Writes accepted.jsonl, rejected.jsonl (line, column, code and value of every fault) and summary.json into DIR.
If EXPORT.manifest.json is beside the export, its totals must hold. Rows of one key that differ are rejected,
or added up if the profile has same_key: sum. Exit status: 0 read, 2 usage, 3 file refused.

examples:
  plumbline read config/profiles/varicent-attainment.yaml \\
      examples/varicent/varicent-attainment-2026-09.csv --out /tmp/september
"""


def configure(parser: argparse.ArgumentParser) -> None:
    parser.epilog = _EPILOG
    parser.add_argument("profile", type=Path, metavar="PROFILE.yaml", help="how the file maps to our columns")
    parser.add_argument("export", type=Path, metavar="EXPORT", help="the file to read")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the results go")


def run(args: argparse.Namespace) -> int:
    profile = load_profile(args.profile)
    with ExitStack() as stack:
        export = stack.enter_context(args.export.open("rb"))
        args.out.mkdir(parents=True, exist_ok=True)
        summary = _read(profile, args.export, export, args.out)
    if summary.refused is not None:
        print(f"plumbline: {args.export}: refused: {summary.refused}", file=sys.stderr)
        return REFUSED
    return 0


def load_profile(path: Path) -> Profile:
    """The profile in a file. Raises InvalidProfile."""
    try:
        return parse_profile(path.read_text("utf-8-sig"), str(path))
    except UnicodeDecodeError:
        raise InvalidProfile(f"{path}: is not UTF-8 text") from None


class _Block(NamedTuple):
    """Accepted rows that were written at once: their size in bytes, their least and their greatest id."""

    size: int
    first_id: str
    last_id: str


class _Files:
    """Writes rows into files, which get their names only when the whole export was read."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self._directory = directory
        self._parts = {name: directory / f".{name}.part" for name in ("accepted.jsonl", "rejected.jsonl")}
        stack.callback(self._drop_parts)
        self._accepted = stack.enter_context(self._parts["accepted.jsonl"].open("w+b"))
        self._rejected = stack.enter_context(self._parts["rejected.jsonl"].open("w+b"))
        self._blocks: list[_Block] = []
        self._more: list[Path] = []

    def accepted(self, rows: AcceptedRows) -> None:
        ids = sorted(rows.ids)
        self._blocks.append(_Block(len(rows.jsonl), ids[0], ids[-1]))
        self._accepted.write(rows.jsonl)

    def rejected(self, jsonl: bytes) -> None:
        self._rejected.write(jsonl)

    def accepted_again(self, keys: Iterable[tuple[str, str]]) -> Iterator[bytes]:
        """The blocks that may hold one of the keys: few, if the export is sorted."""
        ids = sorted({row_id for row_id, _ in keys})
        start = 0
        for block in self._blocks:
            place = bisect_left(ids, block.first_id)
            if place < len(ids) and ids[place] <= block.last_id:
                self._accepted.seek(start)
                yield self._accepted.read(block.size)
            start += block.size

    def revise(self, revisions: Revisions) -> None:
        if revisions.changes_accepted:
            self._accepted.seek(0)
            blocks = (self._accepted.read(block.size) for block in self._blocks)
            self._replace("accepted.jsonl", map(revisions.accepted, blocks))
        self._rejected.seek(0)
        self._replace("rejected.jsonl", revisions.rejected(self._rejected))

    def _replace(self, name: str, chunks: Iterable[bytes]) -> None:
        """Write a part again."""
        revised = self._directory / f".{name}.revised"
        self._more.append(revised)
        with revised.open("wb") as file:
            file.writelines(chunks)
        revised.replace(self._parts[name])

    def publish(self, summary: Summary) -> None:
        """Remove the earlier summary first and write the new one last: none may describe other rows."""
        self._accepted.close()
        self._rejected.close()
        (self._directory / "summary.json").unlink(missing_ok=True)
        for name, part in self._parts.items():
            if summary.refused is None:
                part.replace(self._directory / name)
            else:
                (self._directory / name).unlink(missing_ok=True)
        part = self._directory / ".summary.json.part"
        part.write_bytes(summary.as_json())
        part.replace(self._directory / "summary.json")

    def _drop_parts(self) -> None:
        for part in (*self._parts.values(), *self._more):
            part.unlink(missing_ok=True)


def _read(profile: Profile, path: Path, export: BinaryIO, directory: Path) -> Summary:
    size = path.stat().st_size if path.is_file() else None
    beside = path.with_name(f"{path.name}.manifest.json")
    manifest = beside.read_bytes() if beside.exists() else None
    with ExitStack() as stack:
        files = _Files(directory, stack)
        chunks = _watched(export, size) if sys.stderr.isatty() else _chunks(export)
        summary = read_export(chunks, profile, files, manifest=manifest, size=size)
        files.publish(summary)
    return summary


def _chunks(export: BinaryIO) -> Iterator[bytes]:
    while chunk := export.read(CHUNK):
        yield chunk


def _watched(export: BinaryIO, size: int | None) -> Iterator[bytes]:
    """The chunks, with a progress bar on the terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=size)
        for chunk in _chunks(export):
            yield chunk
            bar.advance(task, len(chunk))
