"""Patches of the local cloud's engine, MiniStack, where it differs from AWS. Each is as small as possible.

The patches rewrite names and text in the source of exactly one version. With another version the launcher
stops; `docs/reference/local-engine.md` says what to check. No patch adds a feature of our own.
"""

import asyncio
import copy
import importlib
import json
import os
import threading
import time
from datetime import datetime
from importlib.metadata import version
from typing import Any

from local.cloud.engine import CLOCK
from shared.runtime.clock import ScaledClock

PATCHED_VERSION = "1.5.33"
LONGEST_WAIT_FOR_A_SLOT_SECONDS = 60.0
LARGEST_RESPONSE = 6_291_556
"""Lambda's limit of a synchronous response, in bytes."""
LARGEST_STATE = 262_144
"""Step Functions' limit of a task's result, in bytes."""
ROLE = "PLUMBLINE_LOCAL_ROLE"
"""The variable with a function's role; see `local.cloud.permissions.enforce_role`."""


class EngineChanged(RuntimeError):
    """The engine is not the version that the patches were written for."""


def apply(project_root: str) -> None:
    """Patch the engine in this process, before it serves requests."""
    found = version("ministack")
    if found != PATCHED_VERSION:
        raise EngineChanged(
            f"MiniStack {found} is installed; local/cloud/engine_patches.py was written for {PATCHED_VERSION}"
        )
    _name_the_error_class(project_root)
    _wait_for_a_slot()
    _fail_and_time_out_callbacks()
    _keep_mails()
    _keep_retention_of_objects()
    _read_streams_again_after_a_restart()
    _apply_cors_of_the_template()
    _enforce_roles()
    _serve_ranges_of_versions()
    _follow_the_products_clock()


def _size(body: Any) -> int:
    return len(json.dumps(body, default=str))


def _module(name: str) -> Any:
    """A module of the engine, untyped, because the patches change its private parts."""
    return importlib.import_module(name)


def _replace_once(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise EngineChanged(f"expected once in the engine's source: {old!r}")
    return text.replace(old, new)


def _name_the_error_class(project_root: str) -> None:
    """Report a handler's exception by its class, as AWS does, so that Retry and Catch can match it.

    A response above Lambda's limit fails, too. The worker also enforces its function's role, removes the
    project's folder from its path, so that a file missing in the bundle is missing here, too, and shows the
    traceback of a failed import.
    """
    runtime = _module("ministack.core.lambda_runtime")
    service = _module("ministack.services.lambda_svc")
    script = runtime._PYTHON_WORKER_SCRIPT
    script = _replace_once(
        script,
        '"error": str(e), "trace": traceback.format_exc()}',
        '"error": str(e), "error_type": type(e).__name__, "trace": traceback.format_exc()}',
    )
    script = _replace_once(
        script, '{"status": "error", "error": str(e)}', '{"status": "error", "error": traceback.format_exc()}'
    )
    script = _replace_once(
        script,
        "    sys.path.insert(0, code_dir)\n",
        "    from local.cloud.permissions import enforce_role\n"
        f"    enforce_role(os.environ.pop({ROLE!r}))\n"
        f"    sys.path[:] = [code_dir, *(p for p in sys.path if p != {project_root!r})]\n",
    )
    runtime._PYTHON_WORKER_SCRIPT = script

    last_error = threading.local()
    invoke, execute = runtime.Worker.invoke, service._execute_function_warm

    def invoke_and_note(self: Any, *args: Any, **named: Any) -> Any:
        reply = invoke(self, *args, **named)
        last_error.name = reply.get("error_type")
        return reply

    def execute_and_name(*args: Any, **named: Any) -> Any:
        last_error.name = None
        result = execute(*args, **named)
        if result.get("error") and last_error.name:
            result["body"]["errorType"] = last_error.name
        if not result.get("error") and _size(result.get("body")) > LARGEST_RESPONSE:
            too_large = {"errorType": "Function.ResponseSizeTooLarge", "errorMessage": "more than 6 MB"}
            return {**result, "body": too_large, "error": True}
        return result

    runtime.Worker.invoke = invoke_and_note
    service._execute_function_warm = execute_and_name


def _wait_for_a_slot() -> None:
    """Let a call wait at the limit of concurrent Lambdas. The engine would refuse it at once.

    A laptop runs only a few Lambdas at once, AWS a thousand. A load far below AWS's limit must not fail here.
    """
    service = _module("ministack.services.lambda_svc")
    acquire = service._acquire_execution_slot

    def acquire_or_wait(function: Any, configuration: Any) -> Any:
        deadline = time.monotonic() + LONGEST_WAIT_FOR_A_SLOT_SECONDS
        while True:
            slot, limit = acquire(function, configuration)
            if slot is not None or limit != "account" or time.monotonic() > deadline or _on_event_loop():
                return slot, limit
            time.sleep(0.02)

    service._acquire_execution_slot = acquire_or_wait


def _on_event_loop() -> bool:
    return asyncio._get_running_loop() is not None


def _fail_and_time_out_callbacks() -> None:
    """Fail a callback task when its function fails, apply `TimeoutSecondsPath`, and limit task results."""
    engine = _module("ministack.services.stepfunctions")
    execute, with_callback, call = engine._execute_task, engine._invoke_with_callback, engine._call_lambda
    waiting = threading.local()

    def execute_with_timeout(state: Any, raw_input: Any, execution: Any, context: Any) -> Any:
        timeout = state.get("TimeoutSeconds")
        if "TimeoutSecondsPath" in state:
            timeout = engine._resolve_path_or_ctx(state["TimeoutSecondsPath"], raw_input, context)
        elif isinstance(timeout, str):
            timeout = engine._evaluate_jsonata(timeout.strip()[2:-2].strip(), raw_input, context)
        if timeout is not None:
            state = {**state, "TimeoutSeconds": timeout}
        return execute(state, raw_input, execution, context)

    def callback(resource: Any, payload: Any, token: str, state: Any) -> Any:
        waiting.token = token
        try:
            return with_callback(resource, payload, token, state)
        finally:
            waiting.token = None

    def call_and_report(function: Any, event: Any) -> Any:
        try:
            answer = call(function, event)
            if _size(answer) > LARGEST_STATE:
                raise engine._ExecutionError("States.DataLimitExceeded", "more than 256 KiB")
            return answer
        except engine._ExecutionError as error:
            pending = engine._task_tokens.get(getattr(waiting, "token", None))
            if pending is not None:
                pending["error"] = {"Error": error.error, "Cause": error.cause}
                pending["event"].set()
            raise

    engine._execute_task = execute_with_timeout
    engine._invoke_with_callback = callback
    engine._call_lambda = call_and_report


def _keep_mails() -> None:
    """Keep sent mails over a restart, as people's inboxes do."""
    ses = _module("ministack.services.ses")
    get_state, restore = ses.get_state, ses._restore_state

    def state_with_mails() -> dict[str, Any]:
        return {**get_state(), "_sent_emails": copy.deepcopy(ses._sent_emails)}

    def restore_with_mails(data: dict[str, Any]) -> None:
        restore(data)
        ses._restore_regional_store(ses._sent_emails, data.get("_sent_emails", {}))

    ses.get_state = state_with_mails
    ses._restore_state = restore_with_mails


def _keep_retention_of_objects() -> None:
    """Keep objects' retention and legal hold over a restart. The engine keeps only the bucket's settings."""
    s3 = _module("ministack.services.s3")
    s3._PERSISTED_BUCKET_DICTS["object_retention"] = s3._object_retention
    s3._PERSISTED_BUCKET_DICTS["object_legal_hold"] = s3._object_legal_hold


def _serve_ranges_of_versions() -> None:
    """Serve a byte range of a named version. The engine would serve the whole version."""
    s3 = _module("ministack.services.s3")
    get = s3._get_object

    def get_part(bucket: str, key: str, headers: Any, query: Any = None) -> Any:
        wanted = headers.get("range", "")
        if not wanted or not s3._qp(query or {}, "versionId", ""):
            return get(bucket, key, headers, query)
        # The SDK would compare the checksum of the whole object with the part.
        plain = {name: value for name, value in headers.items() if name != "x-amz-checksum-mode"}
        status, told, body = get(bucket, key, plain, query)
        place = s3._parse_range(wanted, len(body)) if status == 200 else None
        if place is None:
            return status, told, body
        part = body[place[0] : place[1] + 1]
        where = f"bytes {place[0]}-{place[1]}/{len(body)}"
        return 206, {**told, "Content-Length": str(len(part)), "Content-Range": where}, part

    s3._get_object = get_part


def _read_streams_again_after_a_restart() -> None:
    """After a restart, read a table's stream from its first new record.

    The engine restores a function's position in the stream but not the records, so it would skip that many
    new records. Unread records are lost with or without this patch.
    """
    service = _module("ministack.services.lambda_svc")
    restore = service._restore_state

    def restore_without_positions(data: dict[str, Any]) -> None:
        restore({name: value for name, value in (data or {}).items() if name != "dynamodb_stream_positions"})

    service._restore_state = restore_without_positions


def _apply_cors_of_the_template() -> None:
    """Apply the API's CORS settings as the template spells them. The engine expects `allowOrigins`."""
    gateway = _module("ministack.services.apigateway")
    of_response, of_preflight = gateway._cors_response_headers, gateway._cors_preflight_response

    def lowered(settings: dict[str, Any] | None) -> dict[str, Any]:
        return {name[:1].lower() + name[1:]: value for name, value in (settings or {}).items()}

    gateway._cors_response_headers = lambda settings, origin: of_response(lowered(settings), origin)
    gateway._cors_preflight_response = lambda settings, origin: of_preflight(lowered(settings), origin)


def _enforce_roles() -> None:
    """Enforce the inline policies of functions' roles. The engine stores them without enforcing them.

    A function's process gets its policies at its start. A deployment replaces the process.
    """
    runtime, iam = _module("ministack.core.lambda_runtime"), _module("ministack.services.iam")
    spawn = runtime.Worker._spawn

    def spawn_with_role(self: Any) -> None:
        account, name = self.config["Role"].split(":")[4], self.config["Role"].rpartition("/")[2]
        role = iam._roles.get(name) or {"InlinePolicies": {}}
        documents = [
            json.loads(each) if isinstance(each, str) else each for each in role["InlinePolicies"].values()
        ]
        variables = self.config.get("Environment", {}).get("Variables", {})
        told = {ROLE: json.dumps({"account": account, "policies": documents})}
        origin = json.loads(os.environ[CLOCK])["origin"]
        if variables.get("CLOCK_ORIGIN") and origin:
            told["CLOCK_ORIGIN"] = origin  # the template has the folder's first origin
        self.config = {**self.config, "Environment": {"Variables": {**variables, **told}}}
        spawn(self)

    runtime.Worker._spawn = spawn_with_role


def _follow_the_products_clock() -> None:
    """Call scheduled functions by the product's time. The engine looks every ten seconds, so at most then."""
    events = _module("ministack.services.eventbridge")
    tick, now = events._tick_scheduled_rules, events._now_ts
    clock, ticking = _product_clock(), threading.local()

    def tick_by_the_product() -> None:
        ticking.here = True
        tick()

    def product_time() -> Any:
        return clock.now().timestamp() if getattr(ticking, "here", False) else now()

    events._tick_scheduled_rules, events._now_ts = tick_by_the_product, product_time


def _product_clock() -> ScaledClock:
    told = json.loads(os.environ[CLOCK])
    return ScaledClock(told["rate"], datetime.fromisoformat(told["origin"]) if told["origin"] else None)
