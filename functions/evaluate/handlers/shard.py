"""Lambda: one step of a planned evaluation."""

from functools import cache
from typing import Any

from functions.evaluate import run_evaluation
from shared.aws import adapters
from shared.domain.errors import InvalidInput
from shared.domain.identifiers import EvaluationId
from shared.ports import CaseStore, Clock, Files
from shared.runtime.observability import logger
from shared.runtime.settings import FilesSettings


@cache
def _dependencies() -> tuple[CaseStore, Files, Clock]:
    settings = FilesSettings.from_environment()
    return adapters.case_store(settings), adapters.files(settings), settings.clock


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes ``{"step", "evaluation_id", "shard"}``; ``collect`` returns the slices of people to act on."""
    store, files, clock = _dependencies()
    evaluation = EvaluationId(event["evaluation_id"])
    match event["step"]:
        case "assess":
            run_evaluation.assess(evaluation, int(event["shard"]), store, files)
        case "summarise":
            run_evaluation.summarise(evaluation, store, files)
        case "decide":
            run_evaluation.decide(evaluation, int(event["shard"]), store, files)
        case "collect":
            return {"slices": run_evaluation.collect(evaluation, store, files)}
        case "complete":
            record = run_evaluation.complete(evaluation, store, files, clock)
            logger.info("completed", evaluation=evaluation, outcomes=record.outcomes)
            return {"evaluation_id": evaluation, "outcomes": record.outcomes}
        case step:
            raise InvalidInput(f"{step!r} is not a step of an evaluation")
    return {"evaluation_id": evaluation}
