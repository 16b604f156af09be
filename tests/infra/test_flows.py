"""The workflows: every wait ends, every retry states its total time, and every failure is reported."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shared.aws.workflow import execution_name
from shared.domain.case import Waiting
from shared.domain.identifiers import CaseId
from tests.infra.conftest import Template

INFRA = Path(__file__).parents[2] / "infra"
FLOWS = ("evaluation", "case")


def definition(flow: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((INFRA / f"{flow}.asl.json").read_text())
    return loaded


def states(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state, including those inside maps."""
    for name, state in machine["States"].items():
        yield name, state
        if "ItemProcessor" in state:
            yield from states(state["ItemProcessor"])


def tasks(flow: str) -> list[tuple[str, dict[str, Any]]]:
    return [(name, state) for name, state in states(definition(flow)) if state["Type"] == "Task"]


def longest_total(retry: dict[str, Any]) -> float:
    delays = (retry["IntervalSeconds"] * retry["BackoffRate"] ** n for n in range(retry["MaxAttempts"]))
    return float(sum(min(delay, retry["MaxDelaySeconds"]) for delay in delays))


@pytest.mark.parametrize("flow", FLOWS)
def test_every_retry_states_its_total_time_and_keeps_to_it(flow: str) -> None:
    for name, task in tasks(flow):
        assert task["Retry"], name
        for retry in task["Retry"]:
            stated = re.search(r"at most (\d+) s in all", retry["Comment"])
            assert stated is not None, name
            assert longest_total(retry) == int(stated[1]), name


@pytest.mark.parametrize("flow", FLOWS)
def test_every_retry_names_its_errors(flow: str) -> None:
    for name, task in tasks(flow):
        for retry in task["Retry"]:
            assert not {"States.ALL", "States.TaskFailed"} & set(retry["ErrorEquals"]), name


@pytest.mark.parametrize("flow", FLOWS)
def test_every_call_of_a_function_has_a_timeout(flow: str) -> None:
    for name, task in tasks(flow):
        if "lambda:invoke" in task["Resource"]:
            assert "TimeoutSeconds" in task or "TimeoutSecondsPath" in task, name


def test_a_step_waits_longer_than_its_function_may_run(template: Template) -> None:
    for flow in FLOWS:
        for name, task in tasks(flow):
            token = re.fullmatch(r"\$\{(\w+)Function\}", str(task["Parameters"].get("FunctionName")))
            if token and "TimeoutSeconds" in task:
                assert task["TimeoutSeconds"] > template.function(token[1])["Timeout"], name


def test_every_kind_of_wait_has_a_state_with_a_deadline() -> None:
    machine = definition("case")["States"]
    choices = {
        choice["StringEquals"]: choice["Next"] for choice in machine["What does it wait for?"]["Choices"]
    }
    assert set(choices) == {*Waiting, "continue", "closed"}
    for waiting in Waiting:
        state = machine[choices[waiting]]
        assert state["Resource"].endswith(".waitForTaskToken")
        assert state["TimeoutSecondsPath"] == "$.advance.result.wait_seconds"
        assert state["Catch"][0] == {
            "ErrorEquals": ["States.Timeout"], "ResultPath": None, "Next": "Count the turn"
        }  # fmt: skip
        assert not any("States.Timeout" in retry["ErrorEquals"] for retry in state["Retry"])


def test_every_failure_of_a_case_workflow_is_reported() -> None:
    machine = definition("case")["States"]
    for name, task in tasks("case"):
        assert task["Catch"][-1] == {
            "ErrorEquals": ["States.ALL"], "ResultPath": "$.failure", "Next": "Report the failure"
        }, name  # fmt: skip
    assert machine["Report the failure"]["Type"] == "Fail"


def test_a_successor_is_named_after_the_case_and_its_generation() -> None:
    start = definition("case")["States"]["Go on in a successor"]["Parameters"]
    assert start["Name.$"] == "States.Format('{}-{}', $.case_id, $.advance.result.generation)"
    assert execution_name(CaseId("case-0f3a"), 2) == "case-0f3a-2"
    assert start["Input"]["generation.$"] == "$.advance.result.generation"


def test_the_task_that_waits_stores_its_token_and_says_which_case_it_saw() -> None:
    for _, task in tasks("case"):
        if task["Resource"].endswith(".waitForTaskToken"):
            payload = task["Parameters"]["Payload"]
            assert payload["step"] == "wait"
            assert payload["token.$"] == "$$.Task.Token"
            assert payload["version.$"] == "$.advance.result.version"


def test_one_failed_range_or_shard_fails_the_evaluation() -> None:
    maps = [
        state
        for _, state in states(definition("evaluation"))
        if state["Type"] == "Map" and state["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    ]
    assert len(maps) == 4
    for state in maps:
        assert state["ToleratedFailurePercentage"] == 0
        assert 1 <= state["MaxConcurrency"] <= 40


def test_a_large_export_is_read_in_ranges_joined_and_then_evaluated_like_any_other() -> None:
    machine = definition("evaluation")["States"]
    [cut] = [each for each in machine["Was it taken?"]["Choices"] if each.get("Variable") == "$.status"]
    assert (cut["StringEquals"], cut["Next"]) == ("cut", "Read every range")
    ranges, joined = machine["Read every range"], machine["Join the ranges"]
    assert ranges["ItemReader"]["Parameters"]["Key.$"] == "$.ranges"
    assert ranges["ItemSelector"] == {"plan.$": "$.plan", "range.$": "$$.Map.Item.Value.range"}
    [reads] = ranges["ItemProcessor"]["States"].values()
    assert reads["Parameters"]["Payload"] == {"plan.$": "$.plan", "range.$": "$.range"}
    assert (ranges["Next"], joined["Next"]) == ("Join the ranges", "Was it taken?")
    assert joined["Parameters"]["Payload"] == {"plan.$": "$.plan", "join": True}


def test_every_token_in_a_flow_is_filled_in(template: Template, laptop: Template) -> None:
    for each in (template, laptop):
        for flow in FLOWS:
            machine = each.only("StepFunctions::StateMachine", flow.capitalize())
            tokens = set(re.findall(r"\$\{(\w+)\}", (INFRA / f"{flow}.asl.json").read_text()))
            assert set(machine["DefinitionSubstitutions"]) == tokens


def test_the_workflows_logs_contain_no_execution_data(template: Template) -> None:
    for machine in template.properties("StepFunctions::StateMachine"):
        assert machine["LoggingConfiguration"]["Level"] == "ALL"
        assert machine["LoggingConfiguration"]["IncludeExecutionData"] is False
        assert machine["TracingConfiguration"] == {"Enabled": True}


def test_a_dropped_export_starts_the_evaluation_with_retries(template: Template) -> None:
    rule = template.only("Events::Rule", "ExportArrived")
    assert rule["EventPattern"]["detail"]["object"] == {"key": [{"prefix": "incoming/"}]}
    [target] = rule["Targets"]
    assert "DeadLetterConfig" in target
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}


def test_a_batch_is_settled_only_after_each_of_its_evaluations() -> None:
    machine = definition("evaluation")["States"]
    assert machine["Each evaluation"]["Next"] == "Settle the batch"
    before = [name for name, state in machine.items() if state.get("Next") == "Settle the batch"]
    assert before == ["Each evaluation"]
    assert machine["Settle the batch"]["Parameters"]["Payload"] == {"settled.$": "$.batch"}
