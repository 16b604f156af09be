"""Lambda: take in one dropped export."""

from functools import cache
from typing import Any

import boto3

from functions.ingest.read_in_ranges import ReadingInRanges, join, read_one_range, take_in
from functions.ingest.reception import Received, Receiving
from shared.aws import adapters
from shared.aws.arrivals import TableArrivals
from shared.aws.files import S3Exports
from shared.domain import paths
from shared.domain.identifiers import BatchId
from shared.runtime.configuration import bundled_profile
from shared.runtime.observability import logger
from shared.runtime.settings import IngestSettings


@cache
def _dependencies() -> ReadingInRanges:
    settings = IngestSettings.from_environment()
    exports = S3Exports(settings.exports_bucket, boto3.client("s3", config=adapters.AWS))
    receiving = Receiving(
        store=adapters.case_store(settings),
        exports=exports,
        files=adapters.files(settings),
        clock=settings.clock,
        profile_text=bundled_profile,
        shards=settings.shards,
    )
    return ReadingInRanges(receiving, exports, settings.large_export_bytes, settings.code_version)


@cache
def _arrivals() -> TableArrivals:
    return adapters.arrivals(IngestSettings.from_environment())


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """``{"bucket", "key", "object_version"?}`` in; ``{"batch", "status", "kind"}`` out.

    A large export has the status ``cut`` and ``plan`` and ``ranges``, the keys of two files. Then
    ``{"plan", "range"}`` reads a range, and ``{"plan", "join": true}`` joins them, with a result as above.
    Or ``{"settled": batch}``: what the batch called for is done, and nobody need look after it any more.
    """
    if "settled" in event:
        _arrivals().settle(BatchId(event["settled"]))
        return {"batch": event["settled"], "status": "settled", "kind": None}
    if "range" in event:
        counts = read_one_range(event["plan"], event["range"], _dependencies())
        logger.info("read a range", plan=event["plan"], range=event["range"], rows=counts.rows)
        return {"range": event["range"], "rows": counts.rows}
    if "join" in event:
        return _told(join(event["plan"], _dependencies()))
    if paths.is_manifest(event["key"]):
        return {"batch": None, "status": "ignored", "kind": None}
    taken = take_in(event["key"], event.get("object_version"), _dependencies())
    if isinstance(taken, Received):
        return _told(taken)
    logger.info("cut", key=taken.key, batch=taken.batch, ranges=len(taken.parts))
    return {
        "batch": taken.batch,
        "status": "cut",
        "kind": taken.profile.kind,
        "plan": paths.reading_plan(taken.batch, taken.reading),
        "ranges": paths.reading_ranges(taken.batch, taken.reading),
    }


def _told(received: Received) -> dict[str, Any]:
    batch = received.batch
    logger.info("received", key=batch.key, batch=batch.id, status=received.status, refused=batch.refused)
    return {"batch": batch.id, "status": received.status, "kind": batch.kind}
