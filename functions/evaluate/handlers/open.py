"""Lambda: open cases, or pass results to open cases, for one slice of an evaluation's list."""

from functools import cache
from typing import Any

from functions.evaluate.commit_step import Casework
from functions.evaluate.open_case import open_cases
from shared.aws import adapters
from shared.domain.identifiers import EvaluationId
from shared.runtime.observability import logger
from shared.runtime.settings import FilesSettings


@cache
def _dependencies() -> Casework:
    settings = FilesSettings.from_environment()
    return Casework(
        adapters.case_store(settings),
        adapters.files(settings),
        adapters.directories(settings),
        adapters.policies(settings),
        settings.clock,
    )


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> dict[str, int]:
    """Takes ``{"evaluation_id", "from", "to"}``; returns ``{"opened", "fed"}``."""
    evaluation = EvaluationId(event["evaluation_id"])
    done = open_cases(evaluation, int(event["from"]), int(event["to"]), _dependencies())
    logger.info("acted", evaluation=evaluation, done=done)
    return done
