"""Lambda, every five minutes: find exports whose event was lost."""

from functools import cache
from typing import Any

import boto3
from aws_lambda_powertools.metrics import MetricUnit

from functions.ingest.sweep_exports import Sweeping, sweep_exports
from shared.aws import adapters
from shared.aws.arrivals import StepFunctionsExportFlow
from shared.aws.files import S3Exports
from shared.runtime.clock import ScaledClock
from shared.runtime.observability import logger, metrics
from shared.runtime.settings import SweepSettings


@cache
def _dependencies() -> Sweeping:
    settings = SweepSettings.from_environment()
    sfn = boto3.client("stepfunctions", config=adapters.AWS)
    return Sweeping(
        exports=S3Exports(settings.exports_bucket, boto3.client("s3", config=adapters.AWS)),
        arrivals=adapters.arrivals(settings),
        flow=StepFunctionsExportFlow(sfn, settings.evaluation_state_machine_arn, settings.exports_bucket),
        # Real time even if the product's clock runs faster, because S3 stamps objects with real time.
        clock=ScaledClock(),
    )


@logger.inject_lambda_context
@metrics.log_metrics
def handle(event: dict[str, Any], context: object) -> dict[str, int]:
    """Ignore the event; return ``{"listed", "found", "resumed"}``."""
    swept = sweep_exports(_dependencies())
    counts = {"listed": swept.listed, "found": swept.found, "resumed": swept.resumed}
    metrics.add_metric("ExportsFound", MetricUnit.Count, swept.found)
    metrics.add_metric("EvaluationsResumed", MetricUnit.Count, swept.resumed)
    logger.info("swept", counts=counts)
    return counts
