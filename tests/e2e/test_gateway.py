"""The gateway serves mailbox, console and API under one address."""

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
from local.cloud.gateway import Gateway

MAIL = {
    "MessageId": "m1@x", "Source": "a@example.com", "To": ["b@example.com"], "Subject": "Hello",
    "BodyText": "Text", "BodyHtml": "<p>Text</p>", "Timestamp": 0.0,
}  # fmt: skip


class EchoingApi(BaseHTTPRequestHandler):
    """An API that returns the request."""

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
def gateway() -> Iterator[Gateway]:
    with ThreadingHTTPServer(("127.0.0.1", 0), EchoingApi) as api:
        threading.Thread(target=api.serve_forever, daemon=True).start()
        with Gateway(0, lambda: [MAIL]) as running:
            running.api_url = f"http://127.0.0.1:{api.server_address[1]}/_aws/execute-api/id/$default"
            running.console = {"api_url": running.url, "client_id": "c"}
            yield running
        api.shutdown()


def ask(
    gateway: Gateway, path: str, method: str = "GET", **more: Any
) -> HTTPResponse | urllib.error.HTTPError:
    request = urllib.request.Request(gateway.url + path, method=method, **more)
    try:
        reply = DIRECT.open(request, timeout=10)
    except urllib.error.HTTPError as error:
        return error
    assert isinstance(reply, HTTPResponse)
    return reply


def test_the_mailbox_lists_mails_for_programs_and_shows_them_to_people(gateway: Gateway) -> None:
    with ask(gateway, "/mail/messages.json") as reply:
        assert [mail["id"] for mail in json.load(reply)] == ["m1"]
    with ask(gateway, "/mail/m1") as reply:
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert "Hello" in reply.read().decode()
    with ask(gateway, "/mail") as reply:
        assert reply.url == f"{gateway.url}/mail/"
    with ask(gateway, "/mail/none") as reply:
        assert reply.status == 404


def test_any_other_request_reaches_the_api_unchanged(gateway: Gateway) -> None:
    with ask(gateway, "/r/t%2Fk?x=1", "POST", data=b"choice=coach", headers={"Origin": gateway.url}) as reply:
        assert reply.status == 409
        assert reply.headers.get_all("Set-Cookie") == ["a=1", "b=2"]
        assert json.load(reply) == {
            "path": "/_aws/execute-api/id/$default/r/t%2Fk?x=1",
            "origin": gateway.url,
            "body": "choice=coach",
            "method": "POST",
        }


def test_a_head_request_is_forwarded_as_one(gateway: Gateway) -> None:
    with ask(gateway, "/r/t", "HEAD") as reply:
        assert int(reply.headers["Content-Length"]) > 0
        assert reply.read() == b""


def test_the_console_gets_its_configuration(gateway: Gateway) -> None:
    with ask(gateway, "/console/config.json") as reply:
        assert json.load(reply) == {"api_url": gateway.url, "client_id": "c"}


@pytest.mark.parametrize(
    "path", ["/console/../pyproject.toml", "/console/%2e%2e/pyproject.toml", "/console/none"]
)
def test_the_console_serves_nothing_from_outside_its_folder(gateway: Gateway, path: str) -> None:
    with ask(gateway, path) as reply:
        assert reply.status == 404


def test_a_foreign_host_name_is_refused(gateway: Gateway) -> None:
    with ask(gateway, "/mail/messages.json", headers={"Host": "attacker.example:80"}) as reply:
        assert reply.status == 421


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://attacker.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
    ],
)
def test_a_form_of_another_site_is_refused(gateway: Gateway, headers: dict[str, str]) -> None:
    with ask(gateway, "/r/t", "POST", data=b"choice=coach", headers=headers) as reply:
        assert reply.status == 403


def test_another_sites_page_reads_no_mail(gateway: Gateway) -> None:
    with ask(gateway, "/mail/messages.json", headers={"Origin": "https://attacker.example"}) as reply:
        assert reply.status == 403


def test_our_own_form_and_a_link_in_a_mail_are_let_in(gateway: Gateway) -> None:
    # Our pages send no referrer, so a browser names their origin "null".
    own = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    with ask(gateway, "/r/t", "POST", data=b"choice=coach", headers=own) as reply:
        assert reply.status == 409
    with ask(gateway, "/r/t", headers={"Sec-Fetch-Site": "cross-site"}) as reply:
        assert reply.status == 409


def test_a_starting_cloud_returns_503() -> None:
    with Gateway(0, list) as starting, ask(starting, "/r/t") as reply:
        assert reply.status == 503
