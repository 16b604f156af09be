"""Lambda: give new events their place in the ledger. The stream and the schedule only start it."""

from datetime import timedelta
from functools import cache
from typing import Any

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from functions.audit.ledger.seal_ledger import Sealing, SealReport, seal_ledger
from shared.aws import adapters
from shared.domain.errors import Conflict
from shared.ports import Clock
from shared.runtime.observability import logger
from shared.runtime.settings import LedgerSettings

metrics = Metrics(namespace="Plumbline", service="seal")


@cache
def _dependencies() -> tuple[Sealing, Clock]:
    settings = LedgerSettings.from_environment()
    sealing = Sealing(
        head=adapters.ledger_head(settings),
        events=adapters.event_log(settings),
        archive=adapters.archive(settings.ledger_bucket),
        keyring=adapters.keyring(settings.signing_key_id),
        retention=timedelta(days=settings.retention_days),
    )
    return sealing, settings.clock


@logger.inject_lambda_context
@metrics.log_metrics
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Ignores the event and seals everything that is new. Returns ``{"sealed", "size", "waiting"}``."""
    sealing, clock = _dependencies()
    try:
        report = seal_ledger(sealing, clock.now())
    except Conflict:
        # Another run moved the head first. It or the next run seals these events.
        metrics.add_metric("SealConflicts", MetricUnit.Count, 1)
        return {"sealed": 0, "size": None, "waiting": None}
    _measure(report)
    size = None if report.checkpoint is None else report.checkpoint.size
    return {"sealed": report.sealed, "size": size, "waiting": report.waiting}


def _measure(report: SealReport) -> None:
    metrics.add_metric("SealLagSeconds", MetricUnit.Seconds, report.lag_seconds)
    metrics.add_metric("SealedEvents", MetricUnit.Count, report.sealed)
    metrics.add_metric("SealWaiting", MetricUnit.Count, report.waiting)
    metrics.add_metric("SealBroken", MetricUnit.Count, len(report.broken))
    for place in report.broken:
        logger.error("an event cannot be sealed", subject=place.subject, sequence=place.sequence)
    if report.sealed:
        logger.info("sealed", events=report.sealed, lag_seconds=report.lag_seconds)
