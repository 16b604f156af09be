"""Take up, at a start, what the last stop cut short: on AWS nothing ever stops all at once, a laptop does."""

import hashlib
import json
from typing import Any, Final

from local.cloud.engine import Engine

_CUT_SHORT: Final = "States.ServiceRestart"
"""What the engine says of an execution that was running when it was stopped."""


def resume(engine: Engine, evaluation_machine: str) -> int:
    """Start the evaluations that were cut short once more, and have lost deadlines mended at once.

    The reconciler would do the second by itself, five minutes from now. Returns how many evaluations
    were started; each step of theirs finds what was done before.
    """
    functions = _functions_by_service(engine)
    # The outbox first: a case whose workflow is still to be started there is not lost.
    for service in ("relay", "reconcile"):
        engine.client("lambda").invoke(FunctionName=functions[service], InvocationType="Event", Payload=b"{}")
    return sum(_start_again(engine, evaluation_machine, arn) for arn in _failed(engine, evaluation_machine))


def _functions_by_service(engine: Engine) -> dict[str, str]:
    """Each function's name by what it calls itself in its logs."""
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


def _start_again(engine: Engine, machine: str, execution: str) -> bool:
    """Whether it was cut short, is no part of another one, and was not started again before."""
    sfn = engine.client("stepfunctions")
    found: dict[str, Any] = sfn.describe_execution(executionArn=execution)
    if found.get("error") != _CUT_SHORT or "detail" not in json.loads(found["input"]):
        return False
    name = "again-" + hashlib.sha256(found["name"].encode()).hexdigest()[:32]
    try:
        sfn.start_execution(stateMachineArn=machine, name=name, input=found["input"])
    except sfn.exceptions.ExecutionAlreadyExists:
        return False
    return True
