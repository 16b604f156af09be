"""Only this laptop's own pages and programs reach the engine."""

import asyncio
import json
from typing import Any

import pytest

from local.cloud.engine import ORIGINS
from local.cloud.own_origins import only_own_origins

ENGINE, CONSOLE = "http://127.0.0.1:4566", "http://127.0.0.1:8000"
ELSEWHERE = "https://attacker.example"


def status(monkeypatch: pytest.MonkeyPatch, query: str = "", **headers: str) -> int:
    """The status of a request with these headers; 200 if it reaches the engine."""
    monkeypatch.setenv(ORIGINS, json.dumps([ENGINE, CONSOLE]))
    sent: list[dict[str, Any]] = []

    async def engine(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> None:
        return None

    named = {"host": "127.0.0.1:4566"} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": "http",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }
    asyncio.run(only_own_origins(engine)(scope, receive, send))
    return int(sent[0]["status"])


def test_programs_and_the_console_reach_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(monkeypatch) == 200
    assert status(monkeypatch, host="localhost:4566") == 200
    assert status(monkeypatch, origin=CONSOLE, sec_fetch_site="same-site") == 200


@pytest.mark.parametrize("host", ["attacker.example:4566", "", "127.0.0.1.attacker.example"])
def test_another_name_for_this_machine_is_refused(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    assert status(monkeypatch, host=host) == 403


@pytest.mark.parametrize("origin", [ELSEWHERE, "null", "http://127.0.0.1:8001", "http://127.0.0.1"])
def test_another_sites_page_is_refused(monkeypatch: pytest.MonkeyPatch, origin: str) -> None:
    assert status(monkeypatch, origin=origin) == 403


def test_an_address_in_another_sites_picture_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(monkeypatch, query="Action=DeleteQueue", sec_fetch_site="cross-site") == 403
    assert status(monkeypatch, query="Action=DeleteQueue", sec_fetch_site="same-site") == 403


def test_the_console_opens_a_presigned_link(monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(monkeypatch, query="X-Amz-Signature=abc", sec_fetch_site="same-site") == 200
    assert status(monkeypatch, query="X-Amz-Signature=abc", sec_fetch_site="cross-site") == 403
