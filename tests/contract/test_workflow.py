"""What workflows promise: one execution a case and generation, found alone and in the list of all."""

import json
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.stub import Stubber

from shared.aws.workflow import StepFunctionsWorkflow
from shared.domain.errors import Throttled
from shared.domain.identifiers import CaseId
from shared.ports import Workflow
from tests.contract.conftest import REGION
from tests.fakes.world import FakeWorkflow

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions.client import SFNClient

CASE = CaseId("case-0f3a")
OTHER = CaseId("case-77-b")
WAITING = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 1000, "End": True}}}


def machine(sfn: "SFNClient") -> str:
    role = "arn:aws:iam::123456789012:role/case"
    return sfn.create_state_machine(name="case", definition=json.dumps(WAITING), roleArn=role)[
        "stateMachineArn"
    ]


@pytest.fixture(params=["fake", "aws"])
def workflow(request: pytest.FixtureRequest) -> Workflow:
    if request.param == "fake":
        return FakeWorkflow()
    request.getfixturevalue("aws")
    sfn = boto3.client("stepfunctions", region_name=REGION)
    return StepFunctionsWorkflow(sfn, machine(sfn))


def test_what_was_started_runs_and_nothing_else_does(workflow: Workflow) -> None:
    workflow.start(CASE, 1)
    workflow.start(OTHER, 12)
    assert workflow.running(CASE, 1)
    assert not workflow.running(CASE, 2)
    assert set(workflow.all_running()) == {(CASE, 1), (OTHER, 12)}


def test_started_twice_it_runs_once(workflow: Workflow) -> None:
    workflow.start(CASE, 1)
    workflow.start(CASE, 1)
    assert sorted(workflow.all_running()) == [(CASE, 1)]


def test_before_anything_was_started_nothing_runs(workflow: Workflow) -> None:
    assert list(workflow.all_running()) == []


def test_what_was_stopped_and_what_carries_no_case_is_not_listed(aws: None) -> None:
    sfn = boto3.client("stepfunctions", region_name=REGION)
    arn = machine(sfn)
    cases = StepFunctionsWorkflow(sfn, arn)
    for number in range(1, 4):
        cases.start(CASE, number)
    sfn.start_execution(stateMachineArn=arn, name="a-trial-by-hand", input="{}")
    sfn.stop_execution(executionArn=arn.replace(":stateMachine:", ":execution:") + f":{CASE}-2")
    assert sorted(cases.all_running()) == [(CASE, 1), (CASE, 3)]


def test_a_list_of_several_pages_is_read_to_its_end(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    sfn = boto3.client("stepfunctions", region_name=REGION)
    cases = StepFunctionsWorkflow(sfn, machine(sfn))
    for number in range(1, 8):
        cases.start(CASE, number)
    monkeypatch.setattr("shared.aws.workflow.PAGE", 3)
    assert len(cases.all_running()) == 7


@pytest.mark.parametrize("gone", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"])
def test_a_task_that_waits_no_longer_cannot_be_woken_and_that_is_no_error(aws: None, gone: str) -> None:
    sfn = boto3.client("stepfunctions", region_name=REGION)
    cases = StepFunctionsWorkflow(sfn, machine(sfn))
    with Stubber(sfn) as stub:
        stub.add_client_error("send_task_success", gone)
        stub.add_response("send_task_success", {}, {"taskToken": "token", "output": "{}"})
        assert not cases.wake("token")
        assert cases.wake("token")


def test_a_service_that_cannot_wake_now_is_asked_again_later(aws: None) -> None:
    sfn = boto3.client("stepfunctions", region_name=REGION)
    cases = StepFunctionsWorkflow(sfn, machine(sfn))
    with Stubber(sfn) as stub:
        stub.add_client_error("send_task_success", "ThrottlingException")
        with pytest.raises(Throttled):
            cases.wake("token")
