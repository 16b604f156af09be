"""Lambda: one turn of a case's workflow."""

from collections.abc import Callable
from functools import cache
from typing import Any

import boto3

from functions.evaluate.advance_case import advance_case, wait_for_case
from functions.evaluate.commit_step import Casework
from shared.aws import adapters
from shared.aws.workflow import StepFunctionsWorkflow
from shared.domain.errors import InvalidInput
from shared.domain.identifiers import CaseId
from shared.ports import TaskTokens
from shared.runtime.observability import logger
from shared.runtime.settings import FilesSettings


@cache
def _dependencies() -> tuple[Casework, TaskTokens, Callable[[str], bool]]:
    settings = FilesSettings.from_environment()
    work = Casework(
        adapters.case_store(settings),
        adapters.files(settings),
        adapters.directories(settings),
        adapters.policies(settings),
        settings.clock,
    )
    # Waking a task takes only its token, so no state machine is named here.
    workflow = StepFunctionsWorkflow(boto3.client("stepfunctions", config=adapters.AWS), state_machine_arn="")
    return work, adapters.task_tokens(settings), workflow.wake


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> dict[str, Any]:
    """Takes ``{"step", "case_id", "generation"}``; the step ``wait`` also ``version`` and ``token``.

    The step ``advance`` does what is due and says what to wait for; ``wait`` stores the task's token.
    """
    work, tokens, wake = _dependencies()
    case_id, generation = CaseId(event["case_id"]), int(event["generation"])
    match event["step"]:
        case "advance":
            told = advance_case(case_id, generation, int(event.get("turn", 0)), work)
            logger.info("advanced", told=told)
            return told
        case "wait":
            version = int(event["version"])
            asleep = wait_for_case(case_id, generation, version, str(event["token"]), work, tokens, wake)
            return {"case_id": case_id, "asleep": asleep}
        case step:
            raise InvalidInput(f"{step!r} is not a step of the case workflow")
