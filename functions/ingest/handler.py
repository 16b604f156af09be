"""Lambda: take in one dropped export."""

from functools import cache
from typing import Any

import boto3

from functions.ingest.receive_export import receive_export
from functions.ingest.receiving import Receiving
from shared.aws import adapters
from shared.aws.arrivals import TableArrivals
from shared.aws.files import S3Exports
from shared.domain import paths
from shared.domain.identifiers import BatchId
from shared.runtime.configuration import bundled_profile
from shared.runtime.observability import logger
from shared.runtime.settings import IngestSettings


@cache
def _dependencies() -> Receiving:
    settings = IngestSettings.from_environment()
    return Receiving(
        store=adapters.case_store(settings),
        exports=S3Exports(settings.exports_bucket, boto3.client("s3", config=adapters.AWS)),
        files=adapters.files(settings),
        clock=settings.clock,
        profile_text=bundled_profile,
        shards=settings.shards,
    )


@cache
def _arrivals() -> TableArrivals:
    return adapters.arrivals(IngestSettings.from_environment())


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """``{"bucket", "key", "object_version"?}`` in; ``{"batch", "status", "kind"}`` out.

    Or ``{"settled": batch}``: what the batch called for is done, and nobody need look after it any more.
    """
    if "settled" in event:
        _arrivals().settle(BatchId(event["settled"]))
        return {"batch": event["settled"], "status": "settled", "kind": None}
    if paths.is_manifest(event["key"]):
        return {"batch": None, "status": "ignored", "kind": None}
    received = receive_export(event["key"], event.get("object_version"), _dependencies())
    batch = received.batch
    logger.info("received", key=batch.key, batch=batch.id, status=received.status, refused=batch.refused)
    return {"batch": batch.id, "status": received.status, "kind": batch.kind}
