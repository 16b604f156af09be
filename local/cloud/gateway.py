"""One address for people: the mailbox, HR's console and, for every other path, the API behind its gateway.

On AWS these are three addresses; here one port serves them, so that links in mails and the console need no
name server, and a page's forms go back to where the page came from.
"""

import contextlib
import http.client
import json
import mimetypes
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from local.cloud.mailbox import list_page, mail_page, read_mails

CONSOLE = Path(__file__).parents[2] / "console"
# These describe one connection, not the message: each side has its own.
HOP_BY_HOP = {
    "connection",
    "keep-alive",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "content-length",
    "host",
}
GATEWAY_SECONDS = 60
# A mail is somebody else's HTML: it may load nothing and run nothing. Its frame inherits this.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"


class Front:
    """Serves until closed, in a thread. ``api_url`` and ``console`` may be set after the port is known."""

    def __init__(self, port: int, mails: Callable[[], list[dict[str, Any]]]) -> None:
        self.mails = mails
        self.api_url = ""
        self.console: Mapping[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="front", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        front = self

        class Handler(_Handler):
            owner = front

        return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Front

    def do_any(self) -> None:
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        if host not in ("127.0.0.1", "localhost"):
            # Another site's name that was made to lead here must not read what is meant for this machine.
            self._text(HTTPStatus.MISDIRECTED_REQUEST, "this server answers to 127.0.0.1 only\n")
            return
        path = urlsplit(self.path).path
        first = path.split("/")[1] if path.startswith("/") else ""
        if self.command in ("GET", "HEAD") and first in ("", "mail", "console"):
            {"": self._home, "mail": self._mail, "console": self._console}[first](path)
        else:
            self._forward()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_any

    def log_message(self, format: str, *args: object) -> None:
        """Links are secrets: no request line is written anywhere."""

    def _home(self, path: str) -> None:
        self._moved("/mail/")

    def _mail(self, path: str) -> None:
        wanted = path.removeprefix("/mail").removeprefix("/")
        if path == "/mail":
            self._moved("/mail/")
            return
        mails = read_mails(self.owner.mails())
        if wanted == "messages.json":
            body = json.dumps([mail.as_json() for mail in mails], ensure_ascii=False)
            self._reply(HTTPStatus.OK, body.encode(), "application/json")
        elif not wanted:
            self._page(list_page(mails))
        else:
            found = [mail for mail in mails if mail.id == wanted]
            if found:
                self._page(mail_page(found[0]))
            else:
                self._text(HTTPStatus.NOT_FOUND, "no such mail\n")

    def _console(self, path: str) -> None:
        if path == "/console":
            self._moved("/console/")
            return
        wanted = path.removeprefix("/console/") or "index.html"
        if wanted == "config.json":
            self._reply(HTTPStatus.OK, json.dumps(self.owner.console).encode(), "application/json")
            return
        file = (CONSOLE / wanted).resolve()
        if not file.is_relative_to(CONSOLE) or not file.is_file():
            self._text(HTTPStatus.NOT_FOUND, "no such page\n")
            return
        kind = mimetypes.guess_type(file.name)[0] or "text/plain"
        self._reply(HTTPStatus.OK, file.read_bytes(), kind, self._console_policy())

    def _console_policy(self) -> str:
        """What the console is served with on AWS, too: its own files, and the two services it calls."""
        calls = " ".join(
            ["'self'", *(self.owner.console.get(key, "") for key in ("api_url", "cognito_endpoint"))]
        )
        return (
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
            f" connect-src {calls};"
            " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )

    def _forward(self) -> None:
        """Hand the request to the API as it came, and its answer back as it is."""
        if not self.owner.api_url:
            self._text(HTTPStatus.SERVICE_UNAVAILABLE, "the local cloud is starting\n")
            return
        target = urlsplit(self.owner.api_url)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        gateway = http.client.HTTPConnection(target.hostname or "", target.port, timeout=GATEWAY_SECONDS)
        try:
            gateway.request(self.command, target.path + self.path, body or None, headers)
            answer = gateway.getresponse()
            content = answer.read()
        except OSError:
            self._text(HTTPStatus.BAD_GATEWAY, "the local cloud does not answer\n")
            return
        finally:
            gateway.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP | {"date", "server"}:
                self.send_header(name, value)
        # The answer to HEAD has the length of what GET would have brought, and no content.
        self._end(content, answer.headers.get("Content-Length"))

    def _moved(self, where: str) -> None:
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", where)
        self._end(b"")

    def _text(self, status: HTTPStatus, text: str) -> None:
        self._reply(status, text.encode(), "text/plain")

    def _page(self, html: str) -> None:
        self._reply(HTTPStatus.OK, html.encode(), "text/html", MAIL_POLICY)

    def _reply(self, status: HTTPStatus, content: bytes, kind: str, policy: str | None = None) -> None:
        self.send_response(status)
        if policy:
            self.send_header("Content-Security-Policy", policy)
        self.send_header(
            "Content-Type", f"{kind}; charset=utf-8" if kind.startswith(("text/", "app")) else kind
        )
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self._end(content)

    def _end(self, content: bytes, length: str | None = None) -> None:
        self.send_header("Content-Length", length or str(len(content)))
        # Whoever asked may have gone meanwhile, which is nobody's fault.
        with contextlib.suppress(ConnectionError):
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
