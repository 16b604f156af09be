"""Saves the local cloud's state while it serves. The engine by itself saves only at an orderly end.

The product relies on its table, so tables are saved consistently: between two requests, on the thread that
serves them. They are not copied first; the engine's own copying is slow and fails under load.
"""

import asyncio
import copy
import importlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import IO, Any

TABLES = "dynamodb"
# At most this share of the time is spent on saving, however large the state is.
SHARE_OF_TIME = 0.1

Services = dict[str, Callable[[], Any]]


def _module(name: str) -> Any:
    """A module of the engine, untyped, because private parts of it are used."""
    return importlib.import_module(name)


@contextmanager
def snapshots(seconds: float) -> Iterator[None]:
    """Save at this interval while the engine serves, if there was a request since the last time."""
    app = _module("ministack.app")
    serve, save_all = app.app, app.save_all
    _write_json_at_once()
    _save_tables_without_copying()
    one_at_a_time = threading.Lock()
    requests = 0
    stopped = threading.Event()

    async def counting(scope: Any, receive: Any, send: Any) -> None:
        nonlocal requests
        if scope["type"] == "http" and scope.get("method") not in ("GET", "HEAD"):
            requests += 1
        await serve(scope, receive, send)

    def save_in_turn(services: Services) -> None:
        with one_at_a_time:
            save_all(services)

    async def save_between_requests(services: Services) -> None:
        save_all(services)

    def save_often() -> None:
        saved, pause = 0, seconds
        while not stopped.wait(pause):
            if requests == saved:
                continue
            saved, began = requests, time.monotonic()
            services: Services = app._build_persistence_save_dict()
            tables = {name: services.pop(name) for name in list(services) if name == TABLES}
            asyncio.run_coroutine_threadsafe(save_between_requests(tables), app._MAIN_LOOP).result()
            save_in_turn(services)
            pause = max(seconds, (time.monotonic() - began) / SHARE_OF_TIME)

    app.app, app.save_all = counting, save_in_turn
    threading.Thread(target=save_often, name="snapshots", daemon=True).start()
    try:
        yield
    finally:
        stopped.set()


def _write_json_at_once() -> None:
    """Encode the state in one call: the same text as piece by piece, many times as fast."""
    persistence = _module("ministack.core.persistence")

    def dump(state: Any, file: IO[str], default: Callable[[Any], Any]) -> None:
        file.write(json.dumps(state, default=default))

    persistence.json = SimpleNamespace(dump=dump, load=json.load, JSONDecodeError=json.JSONDecodeError)


def _save_tables_without_copying() -> None:
    """Pass the tables themselves to the encoder. Nothing changes them meanwhile on the same thread."""
    dynamodb = _module("ministack.services.dynamodb")
    scoped = _module("ministack.core.responses").AccountRegionScopedDict

    def state() -> dict[str, Any]:
        tables = scoped()
        for (account, region, name), table in dynamodb._tables.all_items():
            kept = {key: value for key, value in table.items() if key != dynamodb._INDEX_MEMBERS}
            tables.set_scoped(account, region, name, kept)
        small = (
            "tags", "ttl_settings", "pitr_settings", "kinesis_destinations", "contributor_insights",
            "backups", "resource_policies", "exports", "imports",
        )  # fmt: skip
        return {"tables": tables} | {name: copy.deepcopy(getattr(dynamodb, f"_{name}")) for name in small}

    dynamodb.get_state = state
