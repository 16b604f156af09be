"""Saves the local cloud's state while it serves: by itself the engine does so only at an orderly end.

Tables are what the product takes for the truth, so they are saved between two requests, whole: on the thread
that answers the requests, and without the copy that made the engine's own way slow and, under load, fail.
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
# However large the state: no more than this share of the time is spent on saving it.
SHARE_OF_TIME = 0.1

Services = dict[str, Callable[[], Any]]


def _module(name: str) -> Any:
    """One of the engine's modules, untyped: what is used of it is not its public face."""
    return importlib.import_module(name)


@contextmanager
def snapshots(seconds: float) -> Iterator[None]:
    """Save every few seconds for as long as the engine serves, when a request came since the last time."""
    app = _module("ministack.app")
    serve, save_all = app.app, app.save_all
    _write_json_at_once()
    _hand_tables_over_uncopied()
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
    """Encode a state in one go: the same text as piece by piece, many times as fast."""
    persistence = _module("ministack.core.persistence")

    def dump(state: Any, file: IO[str], default: Callable[[Any], Any]) -> None:
        file.write(json.dumps(state, default=default))

    persistence.json = SimpleNamespace(dump=dump, load=json.load, JSONDecodeError=json.JSONDecodeError)


def _hand_tables_over_uncopied() -> None:
    """Give the tables themselves to be saved: on the thread that does it nothing changes them meanwhile."""
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
