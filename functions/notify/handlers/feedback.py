"""Lambda: records what SES reports about sent mails. SNS brings the reports."""

import json
from functools import cache
from typing import Any

from functions.notify.record_feedback import feedback, record_feedback
from shared.aws import adapters
from shared.ports import CaseStore, Clock
from shared.runtime.observability import logger
from shared.runtime.settings import Settings


@cache
def _dependencies() -> tuple[CaseStore, Clock]:
    settings = Settings.from_environment()
    return adapters.case_store(settings), settings.clock


def _read(message: str) -> object:
    """The message's JSON; None for other text, such as the line that SES sends to a new destination."""
    try:
        return json.loads(message)
    except ValueError:
        return None


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> None:
    """An SNS event. A report that cannot be recorded yet raises, and Lambda tries again."""
    for record in event["Records"]:
        said = feedback(_read(record["Sns"]["Message"]))
        if said is None:
            logger.info("left a message that reports nothing about a notice")
        else:
            record_feedback(said, *_dependencies())
            logger.info(
                "recorded a report of SES", notice=said.notice_id, feedback=said.kind, detail=said.detail
            )
