"""The ledger's bucket. Each object is written once; COMPLIANCE retention prevents change and deletion."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from shared.domain.errors import Conflict, NotFound, Throttled

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_CONTENT_TYPES: Final = {
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".tsr": "application/timestamp-reply",
}
_MISSING: Final = {"NoSuchKey", "404", "NotFound"}
_TAKEN: Final = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
_THROTTLED: Final = {"SlowDown", "503", "InternalError", "RequestTimeout"}


class S3Archive:
    """See ``shared.ledger_ports.Archive``."""

    def __init__(self, bucket: str, s3: "S3Client") -> None:
        self._bucket = bucket
        self._s3 = s3

    def put(self, name: str, data: bytes, retain_until: datetime) -> None:
        with _translated(name):
            # Set the retention on each object, because the bucket's default can be removed.
            self._s3.put_object(
                Bucket=self._bucket,
                Key=name,
                Body=data,
                IfNoneMatch="*",
                ChecksumAlgorithm="SHA256",
                ChecksumSHA256=base64.b64encode(sha256(data).digest()).decode(),
                ObjectLockMode="COMPLIANCE",
                ObjectLockRetainUntilDate=retain_until,
                ContentType=_CONTENT_TYPES[PurePosixPath(name).suffix],
            )

    def get(self, name: str) -> bytes:
        with _translated(name):
            return self._s3.get_object(Bucket=self._bucket, Key=name)["Body"].read()

    def names(self, prefix: str) -> Iterator[str]:
        """Every name with the prefix, in order."""
        with _translated(prefix):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                yield from (entry["Key"] for entry in page.get("Contents", []))


@contextmanager
def _translated(name: str) -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in _MISSING:
            raise NotFound(f"the ledger has no {name}") from error
        if code in _TAKEN:
            raise Conflict(f"{name} exists already") from error
        if code in _THROTTLED:
            raise Throttled(f"the ledger's bucket returned {code}") from error
        raise
