"""The one address for people: mailbox, console, and the API behind everything else."""

import json
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from local.cloud.engine import DIRECT
from local.cloud.gateway import Front

MAIL = {
    "MessageId": "m1@x", "Source": "a@example.com", "To": ["b@example.com"], "Subject": "Hello",
    "BodyText": "Text", "BodyHtml": "<p>Text</p>", "Timestamp": 0.0,
}  # fmt: skip


class Gateway(BaseHTTPRequestHandler):
    """An API that answers with what it was asked."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        seen = {
            "path": self.path,
            "origin": self.headers["Origin"],
            "body": body.decode(),
            "method": self.command,
        }
        answer = json.dumps(seen).encode()
        self.send_response(409)
        self.send_header("Set-Cookie", "a=1")
        self.send_header("Set-Cookie", "b=2")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer)

    do_HEAD = do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def front() -> Iterator[Front]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Gateway) as gateway:
        threading.Thread(target=gateway.serve_forever, daemon=True).start()
        with Front(0, lambda: [MAIL]) as running:
            running.api_url = f"http://127.0.0.1:{gateway.server_address[1]}/_aws/execute-api/id/$default"
            running.console = {"api_url": running.url, "client_id": "c"}
            yield running
        gateway.shutdown()


def ask(front: Front, path: str, method: str = "GET", **more: Any) -> HTTPResponse | urllib.error.HTTPError:
    request = urllib.request.Request(front.url + path, method=method, **more)
    try:
        reply = DIRECT.open(request, timeout=10)
    except urllib.error.HTTPError as error:
        return error
    assert isinstance(reply, HTTPResponse)
    return reply


def test_the_mailbox_lists_mails_for_programs_and_shows_them_to_people(front: Front) -> None:
    with ask(front, "/mail/messages.json") as reply:
        assert [mail["id"] for mail in json.load(reply)] == ["m1"]
    with ask(front, "/mail/m1") as reply:
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "Hello" in reply.read().decode()
    with ask(front, "/mail") as reply:
        assert reply.url == f"{front.url}/mail/"
    with ask(front, "/mail/none") as reply:
        assert reply.status == 404


def test_any_other_path_is_the_apis_as_it_was_asked(front: Front) -> None:
    with ask(front, "/r/t%2Fk?x=1", "POST", data=b"choice=coach", headers={"Origin": front.url}) as reply:
        assert reply.status == 409
        assert reply.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
        assert json.load(reply) == {
            "path": "/_aws/execute-api/id/$default/r/t%2Fk?x=1",
            "origin": front.url,
            "body": "choice=coach",
            "method": "POST",
        }


def test_a_head_request_stays_one(front: Front) -> None:
    with ask(front, "/r/t", "HEAD") as reply:
        assert int(reply.headers["Content-Length"]) > 0
        assert reply.read() == b""


def test_the_console_is_told_where_to_ask(front: Front) -> None:
    with ask(front, "/console/config.json") as reply:
        assert json.load(reply) == {"api_url": front.url, "client_id": "c"}


@pytest.mark.parametrize(
    "path", ["/console/../pyproject.toml", "/console/%2e%2e/pyproject.toml", "/console/none"]
)
def test_the_console_serves_nothing_from_outside_its_folder(front: Front, path: str) -> None:
    with ask(front, path) as reply:
        assert reply.status == 404


def test_a_foreign_name_that_leads_here_is_turned_away(front: Front) -> None:
    with ask(front, "/mail/messages.json", headers={"Host": "attacker.example:80"}) as reply:
        assert reply.status == 421


def test_a_cloud_that_is_starting_says_so() -> None:
    with Front(0, list) as starting, ask(starting, "/r/t") as reply:
        assert reply.status == 503
