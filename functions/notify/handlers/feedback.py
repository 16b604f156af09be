"""Lambda: what SES says of mails after they were sent, by SNS."""

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


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> None:
    """An SNS event; one that cannot be recorded yet raises, and Lambda tries it again."""
    for record in event["Records"]:
        said = feedback(json.loads(record["Sns"]["Message"]))
        if said is not None:
            record_feedback(said, *_dependencies())
            logger.info("recorded", notice=said.notice_id, feedback=said.kind, detail=said.detail)
