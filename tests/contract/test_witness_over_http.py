"""A witness that fetches the ledger from the API itself: its token goes to the API, and to nobody else."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from local.cli import main
from shared.domain.event import EventTag
from tests.unit.audit.bundles import bundle_of_ledger
from tests.unit.audit.workshop import START, World


@dataclass
class Api:
    """``replies``: status, media type and body, by path; ``asked``: path and token of each request."""

    url: str = ""
    replies: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@pytest.fixture
def api() -> Iterator[Api]:
    found = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers["Authorization"]))
            status, kind, body = found.replies[self.path]
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status == 302:
                self.send_header("Location", f"{found.url}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what matters is in ``asked``."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def ledger(*names: str) -> bytes:
    world = World()
    for minute, name in enumerate(names):
        world.happened("batch/b", EventTag.NOTICE_QUEUED, START + timedelta(minutes=minute), notice=name)
        world.seal(START + timedelta(minutes=minute, seconds=30))
    return bundle_of_ledger(world)


def look(folder: Path, url: str) -> int:
    token = folder / "token"
    token.write_text("secret\n")
    return main(
        ["witness", "--state", str(folder / "seen.json"), "--source", url, "--token-file", str(token)]
    )


def test_what_the_api_shows_must_have_grown(api: Api, tmp_path: Path) -> None:
    statuses = []
    for names in (("a",), ("a", "b"), ("a",), ("a", "B", "c")):
        api.replies["/ledger/evidence"] = (200, "application/zip", ledger(*names))
        statuses.append(look(tmp_path, f"{api.url}/"))
    assert statuses == [0, 0, 1, 1]
    assert set(api.asked) == {("/ledger/evidence", "Bearer secret")}


def test_a_large_ledger_is_fetched_by_its_link_without_the_token(api: Api, tmp_path: Path) -> None:
    link = json.dumps({"url": f"{api.url}/large?signed=1"}).encode()
    api.replies["/ledger/evidence"] = (200, "application/vnd.plumbline.link+json", link)
    api.replies["/large?signed=1"] = (200, "application/zip", ledger("a"))
    assert look(tmp_path, api.url) == 0
    assert api.asked[1] == ("/large?signed=1", None)


def test_a_token_follows_no_redirection(api: Api, tmp_path: Path) -> None:
    api.replies["/ledger/evidence"] = (302, "text/plain", b"")
    assert look(tmp_path, api.url) == 2
    assert [path for path, _ in api.asked] == ["/ledger/evidence"]


def test_a_token_goes_over_no_open_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert look(tmp_path, "http://ledger.example") == 2
    assert "https alone" in capsys.readouterr().err


def test_a_refusal_is_told_and_changes_nothing(
    api: Api, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    api.replies["/ledger/evidence"] = (403, "application/problem+json", b"{}")
    assert look(tmp_path, api.url) == 2
    assert "answered 403" in capsys.readouterr().err
    assert not (tmp_path / "seen.json").exists()


def test_without_a_token_nobody_is_asked(
    api: Api, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("PLUMBLINE_TOKEN", raising=False)
    assert main(["witness", "--state", str(tmp_path / "seen.json"), "--source", api.url]) == 2
    assert "PLUMBLINE_TOKEN" in capsys.readouterr().err
    assert api.asked == []
