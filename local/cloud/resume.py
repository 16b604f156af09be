"""Restarts, at a start of the local cloud, the workflows that its last stop interrupted."""

import hashlib
import json
from typing import Any, Final

from local.cloud.engine import Engine

_INTERRUPTED: Final = "States.ServiceRestart"
"""The engine's error for an execution that was running when the engine stopped."""


def resume(engine: Engine, evaluation_machine: str) -> int:
    """Restart the interrupted evaluations, and let the reconciler restart the case workflows at once.

    Otherwise the reconciler would run only in five minutes. Returns the number of evaluations started. Their
    steps find what was done before.
    """
    functions = _functions_by_service(engine)
    # The relay first: its outbox may contain workflows that are still to be started.
    for service in ("relay", "reconcile"):
        engine.client("lambda").invoke(FunctionName=functions[service], InvocationType="Event", Payload=b"{}")
    return sum(_restart(engine, evaluation_machine, arn) for arn in _failed(engine, evaluation_machine))


def _functions_by_service(engine: Engine) -> dict[str, str]:
    """Each function's physical name by its service name, as in its logs."""
    pages = engine.client("lambda").get_paginator("list_functions").paginate()
    found: dict[str, str] = {}
    for function in (each for page in pages for each in page["Functions"]):
        service = function.get("Environment", {}).get("Variables", {}).get("POWERTOOLS_SERVICE_NAME")
        if service is not None:
            found[str(service)] = str(function["FunctionName"])
    return found


def _failed(engine: Engine, machine: str) -> list[str]:
    pages = engine.client("stepfunctions").get_paginator("list_executions")
    listed = pages.paginate(stateMachineArn=machine, statusFilter="FAILED")
    return [str(each["executionArn"]) for page in listed for each in page["executions"]]


def _restart(engine: Engine, machine: str, execution: str) -> bool:
    """True if the execution was interrupted, is no child of another one, and was not restarted before."""
    sfn = engine.client("stepfunctions")
    found: dict[str, Any] = sfn.describe_execution(executionArn=execution)
    if found.get("error") != _INTERRUPTED or "detail" not in json.loads(found["input"]):
        return False
    name = "again-" + hashlib.sha256(found["name"].encode()).hexdigest()[:32]
    try:
        sfn.start_execution(stateMachineArn=machine, name=name, input=found["input"])
    except sfn.exceptions.ExecutionAlreadyExists:
        return False
    return True
