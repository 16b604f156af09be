"""Lambda: plan the evaluations that a batch calls for."""

from functools import cache
from typing import Any

from functions.evaluate.plan_evaluation import Planning, plan_evaluation
from shared.aws import adapters
from shared.domain import paths
from shared.domain.identifiers import BatchId
from shared.runtime.observability import logger
from shared.runtime.settings import PlanSettings


@cache
def _dependencies() -> Planning:
    settings = PlanSettings.from_environment()
    return Planning(
        store=adapters.case_store(settings),
        files=adapters.files(settings),
        policies=adapters.policies(settings),
        clock=settings.clock,
        shards=settings.shards,
        code_version=settings.code_version,
    )


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes ``{"batch"}``; returns ``{"batch", "evaluations": [{"evaluation_id", "shards_key"}]}``."""
    plans = plan_evaluation(BatchId(event["batch"]), _dependencies())
    logger.info("planned", batch=event["batch"], evaluations=[plan.id for plan in plans])
    return {
        "batch": event["batch"],
        "evaluations": [{"evaluation_id": plan.id, "shards_key": paths.shards(plan.id)} for plan in plans],
    }
