"""Starts, wakes and lists case workflows in Step Functions."""

from typing import TYPE_CHECKING, Final

from botocore.exceptions import ClientError

from shared.domain.canonical import canonical_bytes
from shared.domain.errors import Throttled
from shared.domain.identifiers import CaseId

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

PAGE: Final = 1000
"""The service's limit of executions in one response."""
_GONE: Final = {"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"}
_THROTTLED: Final = {"ThrottlingException", "ExecutionLimitExceeded", "TooManyRequestsException"}


class StepFunctionsWorkflow:
    """See ``shared.ports.Workflow``."""

    def __init__(self, sfn: "SFNClient", state_machine_arn: str) -> None:
        self._sfn = sfn
        self._arn = state_machine_arn

    def start(self, case_id: CaseId, generation: int) -> None:
        try:
            self._sfn.start_execution(
                stateMachineArn=self._arn,
                name=execution_name(case_id, generation),
                input=canonical_bytes({"case_id": case_id, "generation": generation}).decode(),
            )
        except ClientError as error:
            if _code(error) != "ExecutionAlreadyExists":
                raise _translate(error) from error

    def wake(self, token: str) -> bool:
        try:
            self._sfn.send_task_success(taskToken=token, output="{}")
        except ClientError as error:
            if _code(error) not in _GONE:
                raise _translate(error) from error
            return False
        return True

    def running(self, case_id: CaseId, generation: int) -> bool:
        arn = self._arn.replace(":stateMachine:", ":execution:") + f":{execution_name(case_id, generation)}"
        try:
            return self._sfn.describe_execution(executionArn=arn)["status"] == "RUNNING"
        except ClientError as error:
            if _code(error) != "ExecutionDoesNotExist":
                raise _translate(error) from error
            return False

    def all_running(self) -> frozenset[tuple[CaseId, int]]:
        pages = self._sfn.get_paginator("list_executions")
        try:
            found = pages.paginate(
                stateMachineArn=self._arn, statusFilter="RUNNING", PaginationConfig={"PageSize": PAGE}
            )
            names = [execution["name"] for page in found for execution in page["executions"]]
        except ClientError as error:
            raise _translate(error) from error
        # Ignore executions that somebody started by hand under another name.
        named = [name.rpartition("-") for name in names]
        return frozenset(
            (CaseId(case), int(number)) for case, _, number in named if case and number.isdecimal()
        )


def execution_name(case_id: CaseId, generation: int) -> str:
    return f"{case_id}-{generation}"


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _translate(error: ClientError) -> Exception:
    return Throttled(f"the workflow service returned {_code(error)}") if _code(error) in _THROTTLED else error
