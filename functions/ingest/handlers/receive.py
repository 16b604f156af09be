"""Lambda: receive one dropped export, or read one of its ranges."""

from functools import cache
from typing import Any

import boto3

from functions.ingest.read_in_ranges import join_ranges, read_one_range
from functions.ingest.receive_export import receive_export
from functions.ingest.reception import LargeExports, Received, Receiving
from shared.aws import adapters
from shared.aws.arrivals import TableArrivals
from shared.aws.files import S3Exports
from shared.domain import paths
from shared.domain.identifiers import BatchId
from shared.runtime.configuration import bundled_profile
from shared.runtime.observability import logger
from shared.runtime.settings import IngestSettings


@cache
def _dependencies() -> tuple[Receiving, LargeExports, TableArrivals]:
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
    large = LargeExports(exports, settings.large_export_bytes, settings.code_version)
    return receiving, large, adapters.arrivals(settings)


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Receive ``{"bucket", "key", "object_version"?}``; returns ``{"batch", "status", "kind"}``.

    For a large export the status is ``cut``, and ``plan`` and ``ranges`` are the keys of two files. Then
    ``{"plan", "range"}`` reads one range, and ``{"plan", "join": true}`` joins all and returns as above.
    ``{"settled": batch}`` records that every evaluation of the batch is done.
    """
    receiving, large, arrivals = _dependencies()
    if "settled" in event:
        arrivals.settle(BatchId(event["settled"]))
        return {"batch": event["settled"], "status": "settled", "kind": None}
    if "range" in event:
        counts = read_one_range(event["plan"], event["range"], receiving.files, large.parts)
        logger.info("read a range", plan=event["plan"], range=event["range"], rows=counts.rows)
        return {"range": event["range"], "rows": counts.rows}
    if "join" in event:
        return _reply(join_ranges(event["plan"], receiving))
    if paths.is_manifest(event["key"]):
        return {"batch": None, "status": "ignored", "kind": None}
    result = receive_export(event["key"], event.get("object_version"), receiving, large)
    if isinstance(result, Received):
        return _reply(result)
    logger.info("planned ranges", key=result.key, batch=result.batch, ranges=len(result.parts))
    return {
        "batch": result.batch,
        "status": "cut",
        "kind": result.profile.kind,
        "plan": paths.reading_plan(result.batch, result.reading),
        "ranges": paths.reading_ranges(result.batch, result.reading),
    }


def _reply(received: Received) -> dict[str, Any]:
    batch = received.batch
    logger.info("received", key=batch.key, batch=batch.id, status=received.status, refused=batch.refused)
    return {"batch": batch.id, "status": received.status, "kind": batch.kind}
