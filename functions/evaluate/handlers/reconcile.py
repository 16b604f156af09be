"""Lambda, every five minutes: repair open cases whose workflow or timer was lost."""

from functools import cache
from typing import Any

import boto3

from functions.evaluate.commit_step import Casework
from functions.evaluate.reconcile_cases import reconcile_cases
from shared.aws import adapters
from shared.aws.workflow import StepFunctionsWorkflow
from shared.ports import Outbox, Workflow
from shared.runtime.observability import logger
from shared.runtime.settings import ReconcileSettings


@cache
def _dependencies() -> tuple[Casework, Outbox, Workflow]:
    settings = ReconcileSettings.from_environment()
    work = Casework(
        adapters.case_store(settings),
        adapters.files(settings),
        adapters.directories(settings),
        adapters.policies(settings),
        settings.clock,
    )
    sfn = boto3.client("stepfunctions", config=adapters.AWS)
    workflow = StepFunctionsWorkflow(sfn, settings.case_state_machine_arn)
    return work, adapters.outbox(settings), workflow


@logger.inject_lambda_context
def handle(event: dict[str, Any], context: object) -> dict[str, int]:
    """Takes any event; returns ``{"open", "moved", "restarted"}``."""
    done = reconcile_cases(*_dependencies())
    counts = {"open": done.open, "moved": done.moved, "restarted": done.restarted}
    logger.info("reconciled", counts=counts)
    return counts
