"""The patched engine, as the product uses it: on loopback, with persistent state."""

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError

import boto3
import pytest
from botocore.config import Config

from local.cloud.engine import ACCOUNT, CONCURRENT_LAMBDAS, DIRECT, REGION, Engine, EngineFailed
from shared.aws.handouts import S3Handouts
from shared.runtime.clock import ScaledClock
from tests.e2e import engine_trials as trials

ROOT = Path(__file__).parents[2]
# Saving takes two seconds on an idle machine; tests run on busy ones.
SAVED_SECONDS = 20


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine(tmp_path_factory.mktemp("engine"), origins=[trials.PAGE]) as running:
        yield running


def test_an_error_arrives_under_the_name_of_its_class(engine: Engine) -> None:
    function = trials.make_function(engine, "raises", "raise Boom('no')")
    assert trials.call(engine, "raises", {})["errorType"] == "Boom"
    task = {"Type": "Task", "Resource": function, "Catch": [{"ErrorEquals": ["Boom"], "Next": "Caught"}]}
    assert trials.outcome(engine, trials.start(engine, "catches", task, {}), 10)["status"] == "SUCCEEDED"


def test_a_range_of_a_version_is_served(engine: Engine) -> None:
    assert trials.part_of_a_version(engine) == b"ir"


def test_a_handout_opens_by_its_own_link_only(engine: Engine) -> None:
    # A function signs with the engine's own secret, unlike the laptop's other clients.
    s3 = boto3.client(
        "s3",
        endpoint_url=engine.endpoint,
        region_name=REGION,
        aws_access_key_id=ACCOUNT,
        aws_secret_access_key="test",
        config=Config(signature_version="s3v4", proxies={}),
    )
    engine.client("s3").create_bucket(
        Bucket="handed-out", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    link = S3Handouts("handed-out", s3).hand_out("evidence-2026-09.zip", b"PK" * 3_000_000, "application/zip")
    with DIRECT.open(link, timeout=30) as answer:
        assert answer.read() == b"PK" * 3_000_000
        assert answer.headers["Content-Disposition"] == 'attachment; filename="evidence-2026-09.zip"'
    for changed in ("evidence-2025", "Expires=3000"):
        forged = link.replace(changed.replace("2025", "2026").replace("3000", "300"), changed)
        assert forged != link
        with pytest.raises(HTTPError):
            DIRECT.open(forged, timeout=30)


def test_a_callback_task_fails_as_soon_as_its_function_does(engine: Engine) -> None:
    function = trials.make_function(engine, "asks-in-vain", "raise Boom('no')")
    ended = trials.outcome(engine, trials.start(engine, "in-vain", trials.ask(function), {}), 10)
    assert ended["status"] == "SUCCEEDED"
    assert '"Error": "Boom"' in ended["output"]


def test_a_callback_task_times_out_as_its_input_says(engine: Engine) -> None:
    function = trials.make_function(engine, "asks", "return {}")
    task = trials.ask(function, TimeoutSecondsPath="$.seconds")
    ended = trials.outcome(engine, trials.start(engine, "times-out", task, {"seconds": 1}), 10)
    assert "States.Timeout" in ended["output"]


def test_calls_over_the_limit_of_concurrency_wait(engine: Engine) -> None:
    trials.make_function(engine, "slow", "time.sleep(0.3)\nreturn event")
    with ThreadPoolExecutor(2 * CONCURRENT_LAMBDAS) as callers:
        replies = list(callers.map(lambda n: trials.call(engine, "slow", n), range(2 * CONCURRENT_LAMBDAS)))
    assert replies == list(range(2 * CONCURRENT_LAMBDAS))


def test_a_function_cannot_import_what_its_bundle_lacks(engine: Engine) -> None:
    trials.make_function(engine, "borrows", "import shared.domain.errors")
    assert trials.call(engine, "borrows", {})["errorType"] == "ModuleNotFoundError"


def test_a_function_can_do_what_its_role_allows_and_no_more(engine: Engine) -> None:
    trials.make_table(engine, "open")
    trials.make_table(engine, "closed")
    only_reads_one = {
        "Effect": "Allow",
        "Action": "dynamodb:Scan",
        "Resource": "arn:aws:dynamodb:*:table/open",
    }
    trials.make_function(engine, "reads", trials.SCANS, may=only_reads_one)
    assert trials.call(engine, "reads", "open") == 0
    refused = trials.call(engine, "reads", "closed")
    assert "AccessDeniedException" in refused["errorMessage"]
    assert (
        "dynamodb:Scan on arn:aws:dynamodb:eu-central-1:000000000000:table/closed" in refused["errorMessage"]
    )


def test_a_function_reaches_the_partitions_of_its_role_and_no_others(engine: Engine) -> None:
    trials.make_table(engine, "partitions")
    only_cases = {
        "Effect": "Allow",
        "Action": "dynamodb:GetItem",
        "Resource": "arn:aws:dynamodb:*:table/partitions",
        "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["CASE#*"]}},
    }
    trials.make_function(engine, "looks-up", trials.GETS, may=only_cases)
    assert trials.call(engine, "looks-up", "CASE#1") == "nothing"
    refused = trials.call(engine, "looks-up", "KEY#1")
    assert "dynamodb:LeadingKeys KEY#1" in refused["errorMessage"]


def test_a_response_too_large_for_aws_fails(engine: Engine) -> None:
    trials.make_function(engine, "says-much", "return 'x' * 7_000_000")
    assert trials.call(engine, "says-much", {})["errorType"] == "Function.ResponseSizeTooLarge"


def test_a_task_result_too_large_for_aws_fails(engine: Engine) -> None:
    function = trials.make_function(engine, "says-a-lot", "return 'x' * 300_000")
    task = {"Type": "Task", "Resource": function}
    ended = trials.outcome(engine, trials.start(engine, "too-much", task, {}), 10)
    assert (ended["status"], ended["error"]) == ("FAILED", "States.DataLimitExceeded")


def test_a_page_of_another_site_cannot_call_the_engine(engine: Engine) -> None:
    assert trials.status_for(engine) == 200
    for headers in ({"Origin": "https://attacker.example"}, {"Host": "attacker.example"}):
        assert trials.status_for(engine, **headers) == 403


def test_schedules_and_functions_follow_the_products_clock(tmp_path: Path) -> None:
    clock = ScaledClock(20_000, datetime.now(UTC))
    with Engine(tmp_path, clock=clock) as engine:
        trials.make_table(engine, "rung")
        trials.ring_every_hour(engine, "rings", "rung", {"CLOCK_ORIGIN": "2020-01-01T00:00:00Z"})
        # An hour of the product passes in 0.18 s; the engine looks at its schedules every ten seconds.
        assert trials.soon(lambda: trials.keys(engine, "rung") != set(), 40)
        assert clock.origin is not None
        assert trials.keys(engine, "rung") == {clock.origin.isoformat()}


def test_the_api_accepts_the_origins_in_its_template(engine: Engine) -> None:
    assert trials.make_stack(engine, "cors", trials.API_WITH_CORS) == "CREATE_COMPLETE"
    assert trials.preflight(engine, trials.physical_id(engine, "cors", "Api")) == 204


def test_written_items_survive_a_power_cut(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.start()
    trials.make_table(engine, "cut")
    trials.put(engine, "cut", "written")
    assert trials.soon(lambda: is_saved(engine, "written"), SAVED_SECONDS)
    engine.kill()
    with Engine(tmp_path, engine.port) as again:
        assert trials.keys(again, "cut") == {"written"}


def test_tables_are_saved_while_they_are_being_written_to(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.start()
    trials.make_table(engine, "busy")
    deadline = time.monotonic() + SAVED_SECONDS
    for n in itertools.count():
        trials.put(engine, "busy", f"key-{n}")
        if is_saved(engine, "key-0") or time.monotonic() > deadline:
            break
    engine.kill()
    with Engine(tmp_path, engine.port) as again:
        assert "key-0" in trials.keys(again, "busy")


def test_mails_retention_and_streams_survive_a_restart_and_waiting_workflows_do_not(tmp_path: Path) -> None:
    with Engine(tmp_path) as engine:
        trials.send_mail(engine)
        trials.lock_an_object(engine, datetime.now(UTC) + timedelta(days=1))
        trials.echo_a_stream(engine)
        trials.put(engine, "source", "before")
        assert trials.soon(lambda: "before" in trials.keys(engine, "echo"))
        waiting = trials.start(engine, "waits", {"Type": "Wait", "Seconds": 600}, {})
    with Engine(tmp_path, engine.port) as again:
        assert [mail["Subject"] for mail in again.mails()] == ["A question"]
        assert again.client("s3").head_object(Bucket="locked", Key="kept")["ObjectLockMode"] == "COMPLIANCE"
        trials.put(again, "source", "after")
        assert trials.soon(lambda: "after" in trials.keys(again, "echo"))
        # The reconciler relies on this: a lost execution must not seem to be running.
        assert trials.outcome(again, waiting, 1)["error"] == "States.ServiceRestart"


def test_stopping_does_not_wait_for_running_functions(tmp_path: Path) -> None:
    engine = Engine(tmp_path)
    engine.start()
    trials.make_table(engine, "kept")
    trials.put(engine, "kept", "last")
    assert trials.seconds_to_end(engine) < 12
    with Engine(tmp_path, engine.port) as again:
        assert trials.keys(again, "kept") == {"last"}


def test_the_engine_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from local.cloud.engine import Engine;"
        "e = Engine(Path(sys.argv[1])); e.start(); print(e.endpoint, flush=True); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    endpoint = parent.stdout.readline().strip()
    parent.stdout.close()
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert trials.soon(lambda: not _answers(endpoint))


def test_a_port_in_use_is_reported(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(EngineFailed, match=f"another program listens on port {engine.port}"):
        Engine(tmp_path, engine.port).start()


def is_saved(engine: Engine, key: str) -> bool:
    state = engine.folder / "state" / "dynamodb.json"
    return state.exists() and f'"{key}"' in state.read_text()


def _answers(endpoint: str) -> bool:
    try:
        with DIRECT.open(f"{endpoint}/_ministack/health", timeout=2):
            return True
    except OSError:
        return False
