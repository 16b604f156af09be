"""Lambda: once an hour, send the day's checkpoint to each outside holder who has not received it."""

from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.audit.ledger.anchor_checkpoint import (
    Anchoring,
    Authority,
    Channel,
    OtherAccount,
    anchor_checkpoint,
)
from shared.aws import adapters
from shared.aws.reasons import reason
from shared.aws.time_stamps import HttpTimeStamps
from shared.runtime.observability import logger
from shared.runtime.settings import AnchorSettings

metrics = Metrics(namespace="Plumbline", service="anchor")


@cache
def _dependencies() -> Anchoring:
    settings = AnchorSettings.from_environment()
    bucket, url = settings.anchor_bucket, settings.timestamp_url
    return Anchoring(
        head=adapters.ledger_head(settings),
        archive=adapters.archive(settings.ledger_bucket),
        store=adapters.case_store(settings),
        clock=settings.clock,
        retention=timedelta(days=settings.retention_days),
        addresses=settings.anchor_emails,
        other_account=None if bucket is None else OtherAccount(bucket, adapters.archive(bucket)),
        authority=None if url is None else Authority(str(urlsplit(url).hostname), HttpTimeStamps(url)),
    )


@logger.inject_lambda_context
@metrics.log_metrics
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Ignores the event. Returns ``{"done": […], "failed": […]}``, the channels of this run."""
    failed: list[Channel] = []

    def tell(channel: Channel, error: Exception) -> None:
        failed.append(channel)
        logger.error("a checkpoint could not be sent", channel=channel, because=reason(error))

    done = anchor_checkpoint(_dependencies(), tell)
    metrics.add_metric("AnchorsMade", MetricUnit.Count, len(done))
    metrics.add_metric("AnchorsFailed", MetricUnit.Count, len(failed))
    return {"done": done, "failed": failed}
