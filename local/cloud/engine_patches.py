"""What the local cloud's engine does differently from AWS, and the smallest change that mends each.

Written for exactly one version of MiniStack, by text and names of its source: a change there stops the
launcher at once, and `docs/reference/local-engine.md` says what to look at. No mending adds a feature of our
own.
"""

import asyncio
import copy
import importlib
import json
import threading
import time
from importlib.metadata import version
from typing import Any

MENDED_VERSION = "1.5.33"
LONGEST_WAIT_FOR_A_SLOT_SECONDS = 60.0
ROLE = "PLUMBLINE_LOCAL_ROLE"
"""Hands a function's process what its role allows; see `local.cloud.permissions.heed`."""


class EngineChanged(RuntimeError):
    """The engine is not the one that the mendings were written for."""


def apply(project_root: str) -> None:
    """Mend the engine in this process, before it serves anything."""
    found = version("ministack")
    if found != MENDED_VERSION:
        raise EngineChanged(
            f"MiniStack {found} is installed; local/cloud/engine_patches.py was written for {MENDED_VERSION}"
        )
    _name_the_error_class(project_root)
    _wait_for_a_slot()
    _heed_failed_and_late_callbacks()
    _keep_mails()
    _keep_retention_of_objects()
    _begin_streams_anew_after_a_restart()
    _heed_cors_of_the_template()
    _heed_roles()
    _heed_ranges_of_versions()


def _module(name: str) -> Any:
    """One of the engine's modules, untyped: what is changed in it is not its public face."""
    return importlib.import_module(name)


def _replace_once(text: str, old: str, new: str) -> str:
    if text.count(old) != 1:
        raise EngineChanged(f"expected once in the engine's source: {old!r}")
    return text.replace(old, new)


def _name_the_error_class(project_root: str) -> None:
    """A handler's exception arrives under its class, as on AWS: Retry and Catch can tell errors apart.

    And the worker heeds its function's role, and forgets the project's own folder, so that a file that the
    bundle lacks is missed here, too; and an import that fails shows its traceback.
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
        "    from local.cloud.permissions import heed\n"
        f"    heed(os.environ.pop({ROLE!r}))\n"
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
        return result

    runtime.Worker.invoke = invoke_and_note
    service._execute_function_warm = execute_and_name


def _wait_for_a_slot() -> None:
    """At the limit of concurrent Lambdas a call waits its turn, where the engine would refuse it at once.

    The limit here is a laptop's (a few), AWS's a thousand: what never meets it there must not fail here.
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


def _heed_failed_and_late_callbacks() -> None:
    """A callback task fails when the call that hands out its token fails, and heeds `TimeoutSecondsPath`."""
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
            return call(function, event)
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
    """Mails that were sent outlive a restart, as they do in the inboxes of people."""
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
    """An object's retention and legal hold outlive a restart; the engine keeps the bucket's settings only."""
    s3 = _module("ministack.services.s3")
    s3._PERSISTED_BUCKET_DICTS["object_retention"] = s3._object_retention
    s3._PERSISTED_BUCKET_DICTS["object_legal_hold"] = s3._object_legal_hold


def _heed_ranges_of_versions() -> None:
    """A part of an object is served of a named version, too, and not the whole in its place."""
    s3 = _module("ministack.services.s3")
    get = s3._get_object

    def get_part(bucket: str, key: str, headers: Any, query: Any = None) -> Any:
        wanted = headers.get("range", "")
        if not wanted or not s3._qp(query or {}, "versionId", ""):
            return get(bucket, key, headers, query)
        # A checksum of the whole would be taken for that of the part.
        plain = {name: value for name, value in headers.items() if name != "x-amz-checksum-mode"}
        status, told, body = get(bucket, key, plain, query)
        place = s3._parse_range(wanted, len(body)) if status == 200 else None
        if place is None:
            return status, told, body
        part = body[place[0] : place[1] + 1]
        where = f"bytes {place[0]}-{place[1]}/{len(body)}"
        return 206, {**told, "Content-Length": str(len(part)), "Content-Range": where}, part

    s3._get_object = get_part


def _begin_streams_anew_after_a_restart() -> None:
    """After a restart a table's stream is read from its first new record.

    The engine restores how far a function had read but not the records, so that it would wait, deaf, until
    as many new ones had come. Records that nobody had read are lost, as they are without this.
    """
    service = _module("ministack.services.lambda_svc")
    restore = service._restore_state

    def restore_without_positions(data: dict[str, Any]) -> None:
        restore({name: value for name, value in (data or {}).items() if name != "dynamodb_stream_positions"})

    service._restore_state = restore_without_positions


def _heed_cors_of_the_template() -> None:
    """The API's CORS settings hold as the template spells them; the engine looks for `allowOrigins` only."""
    gateway = _module("ministack.services.apigateway")
    of_response, of_preflight = gateway._cors_response_headers, gateway._cors_preflight_response

    def lowered(settings: dict[str, Any] | None) -> dict[str, Any]:
        return {name[:1].lower() + name[1:]: value for name, value in (settings or {}).items()}

    gateway._cors_response_headers = lambda settings, origin: of_response(lowered(settings), origin)
    gateway._cors_preflight_response = lambda settings, origin: of_preflight(lowered(settings), origin)


def _heed_roles() -> None:
    """A function can do what its role's inline policies allow; the engine keeps those and asks nobody.

    What a function's process is given at its start holds for its life, as a deployment replaces functions.
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
        self.config = {**self.config, "Environment": {"Variables": {**variables, **told}}}
        spawn(self)

    runtime.Worker._spawn = spawn_with_role
