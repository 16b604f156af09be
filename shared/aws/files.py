"""Files in S3: exports, and files derived from them (facts, directories, decisions)."""

import gzip
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from botocore.exceptions import ClientError

from shared.arrival_ports import Dropped, Page
from shared.domain import paths
from shared.domain.errors import IntegrityError, NotFound, Throttled
from shared.domain.identifiers import BatchId
from shared.domain.line_file import LineFile
from shared.domain.person import Directory
from shared.ports import CaseStore, Export, Files

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_MISSING: Final = {"NoSuchKey", "NoSuchVersion", "404", "NotFound"}
_EXISTS: Final = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_THROTTLED: Final = {"SlowDown", "503", "InternalError", "RequestTimeout"}


class S3Files:
    """See ``shared.ports.Files``."""

    def __init__(self, bucket: str, s3: "S3Client") -> None:
        self._bucket = bucket
        self._s3 = s3

    def read(self, key: str) -> bytes:
        with _translated(key):
            return self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()

    def write(self, key: str, body: bytes) -> None:
        try:
            self._s3.put_object(
                Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*", ChecksumAlgorithm="SHA256"
            )
        except ClientError as error:
            if _code(error) not in _EXISTS:
                raise _translate(error, key) from error
            if self.read(key) != body:
                raise IntegrityError(f"{key} exists with other bytes") from error

    def read_lines(self, key: str) -> Iterable[bytes]:
        return [gzip.decompress(self.read(key))]

    def write_lines(self, key: str, lines: Iterable[bytes]) -> str:
        file = LineFile()
        for line in lines:
            file.add(line)
        body, digest = file.finish()
        self.write(key, body)
        return digest


class S3Exports:
    """See ``shared.ports.Exports``, and ``ExportList`` and ``ExportParts`` of ``shared.arrival_ports``."""

    def __init__(self, bucket: str, s3: "S3Client") -> None:
        self._bucket = bucket
        self._s3 = s3

    def open(self, key: str, object_version: str | None) -> Export:
        which: dict[str, Any] = {"VersionId": object_version} if object_version else {}
        with _translated(key):
            found = self._s3.get_object(Bucket=self._bucket, Key=key, **which)
        return Export(
            key=key,
            object_version=found.get("VersionId"),
            dropped_at=found["LastModified"],
            size=found["ContentLength"],
            body=cast(BinaryIO, found["Body"]),
            manifest=self._manifest(key),
        )

    def part(self, key: str, object_version: str | None, start: int, stop: int) -> BinaryIO:
        which: dict[str, Any] = {"VersionId": object_version} if object_version else {}
        with _translated(key):
            found = self._s3.get_object(
                Bucket=self._bucket, Key=key, Range=f"bytes={start}-{stop - 1}", **which
            )
        return cast(BinaryIO, found["Body"])

    def page(self, after: str | None) -> Page:
        where: dict[str, Any] = {}
        if after is not None:
            where["KeyMarker"], where["VersionIdMarker"] = json.loads(after)
        with _translated(paths.INCOMING):
            found = self._s3.list_object_versions(Bucket=self._bucket, Prefix=paths.INCOMING, **where)
        goes_on = [found.get("NextKeyMarker", ""), found.get("NextVersionIdMarker", "")]
        return Page(
            tuple(
                Dropped(
                    each["Key"],
                    # A bucket without versioning reports this version id.
                    None if each["VersionId"] == "null" else each["VersionId"],
                    each["LastModified"],
                )
                for each in found.get("Versions", [])
                if not paths.is_manifest(each["Key"])
            ),
            json.dumps(goes_on) if found["IsTruncated"] else None,
        )

    def _manifest(self, key: str) -> bytes | None:
        manifest = key + paths.MANIFEST_SUFFIX
        try:
            with _translated(manifest):
                return self._s3.get_object(Bucket=self._bucket, Key=manifest)["Body"].read()
        except NotFound:
            return None


class FiledDirectories:
    """See ``shared.ports.Directories``. Caches the last directory, because most calls need the same one."""

    def __init__(self, store: CaseStore, files: Files) -> None:
        self._store = store
        self._files = files
        self._last: Directory | None = None

    def current(self) -> Directory:
        batch = self._store.directory_batch()
        if batch is None:
            raise NotFound("no directory of people has been accepted yet")
        return self.version(batch)

    def version(self, batch: BatchId) -> Directory:
        if self._last is None or self._last.version != batch:
            text = b"".join(self._files.read_lines(paths.people(batch)))
            rows = map(json.loads, text.splitlines())
            self._last = Directory.from_rows(batch, rows)
        return self._last


@contextmanager
def _translated(key: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        raise _translate(error, key) from error


def _translate(error: ClientError, key: str) -> Exception:
    if _code(error) in _MISSING:
        return NotFound(f"there is no object {key}")
    if _code(error) in _THROTTLED:
        return Throttled(f"the bucket returned {_code(error)}")
    return error


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
