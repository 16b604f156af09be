"""Differences of the unpatched engine from AWS.

A test that fails here is good news: its patch, or its line in docs/reference/local-engine.md, can go.
"""

import urllib.error
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.cloud.engine import ACCOUNT, CONCURRENT_LAMBDAS, REGION, Engine
from tests.e2e import engine_trials as trials


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine(tmp_path_factory.mktemp("plain"), patched=False) as running:
        yield running


def test_an_error_loses_the_name_of_its_class(plain: Engine) -> None:
    trials.make_function(plain, "raises", "raise Boom('no')")
    assert trials.call(plain, "raises", {})["errorType"] == "Runtime.HandlerError"


def test_a_callback_task_waits_on_when_its_function_failed(plain: Engine) -> None:
    function = trials.make_function(plain, "asks-in-vain", "raise Boom('no')")
    task = trials.ask(function, TimeoutSeconds=30)
    assert trials.outcome(plain, trials.start(plain, "in-vain", task, {}), 3)["status"] == "RUNNING"


def test_a_callback_task_ignores_the_timeout_in_its_input(plain: Engine) -> None:
    function = trials.make_function(plain, "asks", "return {}")
    task = trials.ask(function, TimeoutSecondsPath="$.seconds")
    execution = trials.start(plain, "times-out", task, {"seconds": 1})
    assert trials.outcome(plain, execution, 4)["status"] == "RUNNING"


def test_a_function_can_import_from_the_folder_of_the_project(plain: Engine) -> None:
    trials.make_function(plain, "borrows", "import shared.domain.errors\nreturn 'found'")
    assert trials.call(plain, "borrows", {}) == "found"


def test_a_function_can_do_what_its_role_does_not_allow(plain: Engine) -> None:
    trials.make_table(plain, "closed")
    trials.make_function(plain, "reads", trials.SCANS, may={**trials.ANYTHING, "Effect": "Deny"})
    assert trials.call(plain, "reads", "closed") == 0


def test_a_page_of_another_site_can_call_the_engine(plain: Engine) -> None:
    for headers in ({"Origin": "https://attacker.example"}, {"Host": "attacker.example"}):
        assert trials.status_for(plain, **headers) == 200


def test_results_too_large_for_aws_are_passed_on(plain: Engine) -> None:
    trials.make_function(plain, "says-much", "return 'x' * 7_000_000")
    assert len(trials.call(plain, "says-much", {})) == 7_000_000
    function = trials.make_function(plain, "says-a-lot", "return 'x' * 300_000")
    execution = trials.start(plain, "too-much", {"Type": "Task", "Resource": function}, {})
    assert trials.outcome(plain, execution, 10)["status"] == "SUCCEEDED"


def test_an_execution_with_a_long_name_and_a_large_input_is_started(plain: Engine) -> None:
    # Listed as a difference that remains: AWS refuses names over 80 characters and inputs over 256 KiB.
    flows = plain.client("stepfunctions")
    definition = '{"StartAt": "One", "States": {"One": {"Type": "Pass", "End": true}}}'
    machine = flows.create_state_machine(name="any-size", roleArn=trials.ROLE, definition=definition)
    started = flows.start_execution(
        stateMachineArn=machine["stateMachineArn"], name="n" * 81, input=f'"{300_000 * "x"}"'
    )
    assert started["executionArn"].endswith("n" * 81)


def test_a_call_with_a_wrong_secret_is_answered(plain: Engine) -> None:
    # Listed as a difference that remains.
    stranger = boto3.client(
        "dynamodb", endpoint_url=plain.endpoint, region_name=REGION, aws_access_key_id=ACCOUNT,
        aws_secret_access_key="wrong", config=Config(proxies={}),
    )  # fmt: skip
    assert "TableNames" in stranger.list_tables()


def test_calls_over_the_limit_are_refused(plain: Engine) -> None:
    trials.make_function(plain, "slow", "time.sleep(1)")
    assert trials.refusals(plain, "slow", 3 * CONCURRENT_LAMBDAS) > 0


def test_the_api_refuses_the_origins_in_its_template(plain: Engine) -> None:
    assert trials.make_stack(plain, "cors", trials.API_WITH_CORS) == "CREATE_COMPLETE"
    with pytest.raises(urllib.error.HTTPError, match="403"):
        trials.preflight(plain, trials.physical_id(plain, "cors", "Api"))


def test_a_bucket_is_made_without_the_object_lock_of_its_template(plain: Engine) -> None:
    assert trials.make_stack(plain, "bucket", trials.LOCKED_BUCKET) == "CREATE_COMPLETE"
    bucket = trials.physical_id(plain, "bucket", "Bucket")
    with pytest.raises(ClientError, match="ObjectLockConfigurationNotFoundError"):
        plain.client("s3").get_object_lock_configuration(Bucket=bucket)


def test_a_request_for_a_range_of_a_version_gets_the_whole_version(plain: Engine) -> None:
    assert trials.part_of_a_version(plain) == b"first"


def test_an_alarm_on_metric_mathematics_is_refused(plain: Engine) -> None:
    assert trials.make_stack(plain, "alarm", trials.ALARM_WITH_MATHEMATICS).startswith("ROLLBACK")


def test_a_workflow_ignores_heartbeats(plain: Engine) -> None:
    function = trials.make_function(plain, "silent", "return {}")
    task = trials.ask(function, HeartbeatSeconds=1, TimeoutSeconds=30)
    assert trials.outcome(plain, trials.start(plain, "no-heartbeat", task, {}), 4)["status"] == "RUNNING"


def test_mails_retention_and_positions_in_streams_are_lost_at_a_restart(tmp_path: Path) -> None:
    with Engine(tmp_path, patched=False) as engine:
        trials.send_mail(engine)
        trials.lock_an_object(engine, datetime.now(UTC) + timedelta(days=1))
        trials.echo_a_stream(engine)
        for n in range(5):
            trials.put(engine, "source", f"before-{n}")
        assert trials.soon(lambda: len(trials.keys(engine, "echo")) == 5)
    with Engine(tmp_path, engine.port, patched=False) as again:
        assert again.mails() == []
        assert "ObjectLockMode" not in again.client("s3").head_object(Bucket="locked", Key="kept")
        trials.put(again, "source", "after")
        assert not trials.soon(lambda: "after" in trials.keys(again, "echo"), 4)


def test_stopping_waits_for_running_functions(tmp_path: Path) -> None:
    engine = Engine(tmp_path, patched=False)
    engine.start()
    assert trials.seconds_to_end(engine) > 12
