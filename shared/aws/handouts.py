"""Hands out files too large for an API response by presigned links to S3, which expire."""

import secrets
from typing import TYPE_CHECKING, Final

from shared.domain import paths

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

SECONDS: Final = 300
"""How long a link is valid."""


class S3Handouts:
    """See ``shared.ports.Handouts``."""

    def __init__(self, bucket: str, s3: "S3Client") -> None:
        self._bucket = bucket
        self._s3 = s3

    def hand_out(self, name: str, body: bytes, content_type: str) -> str:
        # A random name: it cannot be guessed, and two requests never write the same object.
        key = f"{paths.HANDOUTS}{secrets.token_hex(16)}/{name}"
        self._s3.put_object(
            Bucket=self._bucket, Key=key, Body=body, ContentType=content_type, ChecksumAlgorithm="SHA256"
        )
        asked = {
            "Bucket": self._bucket,
            "Key": key,
            "ResponseContentDisposition": f'attachment; filename="{name}"',
            "ResponseCacheControl": "no-store",
        }
        return self._s3.generate_presigned_url("get_object", Params=asked, ExpiresIn=SECONDS)
