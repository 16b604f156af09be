"""Serves the mailbox, the HR console and, on every other path, the API under one address.

On AWS they have three addresses. Here one port serves all, so that links and the console need no name server
and a page's forms return to the page's own origin.
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
# Hop-by-hop headers belong to one connection and are not forwarded.
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
API_SECONDS = 60
# A mail's HTML must not load or run anything. Its frame inherits this policy.
MAIL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'"


class Gateway:
    """Serves in a thread until closed. ``api_url`` and ``console`` are set once the deployment is known."""

    def __init__(self, port: int, mails: Callable[[], list[dict[str, Any]]]) -> None:
        self.mails = mails
        self.api_url = ""
        self.console: Mapping[str, str] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", port), self._handler())
        self._server.daemon_threads = True
        port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{port}"
        self.origins = (self.url, f"http://localhost:{port}")

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, name="gateway", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        gateway = self

        class Handler(_Handler):
            owner = gateway

        return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    owner: Gateway

    def do_any(self) -> None:
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        if host not in ("127.0.0.1", "localhost"):
            # Prevents DNS rebinding: another site's name that resolves to this machine must read nothing.
            self._text(HTTPStatus.MISDIRECTED_REQUEST, "this server answers to 127.0.0.1 only\n")
            return
        if not self._is_own():
            self._text(HTTPStatus.FORBIDDEN, "this server answers to its own pages only\n")
            return
        path = urlsplit(self.path).path
        first = path.split("/")[1] if path.startswith("/") else ""
        if self.command in ("GET", "HEAD") and first in ("", "mail", "console"):
            {"": self._home, "mail": self._mail, "console": self._console}[first](path)
        else:
            self._forward()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_any

    def _is_own(self) -> bool:
        """Whether no page of another site sent this. Links in mails are opened from anywhere."""
        origin, site = self.headers.get("Origin"), self.headers.get("Sec-Fetch-Site")
        if origin == "null":  # a form on one of our pages, which tell nobody where they are
            return site == "same-origin"
        if origin is not None:
            return origin in self.owner.origins
        return self.command in ("GET", "HEAD") or site in (None, "none", "same-origin")

    def log_message(self, format: str, *args: object) -> None:
        """Log no request: the path of a response link contains its token."""

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
        """The same policy as on AWS: the console's own files and the two services that it calls."""
        calls = " ".join(
            ["'self'", *(self.owner.console.get(key, "") for key in ("api_url", "cognito_endpoint"))]
        )
        return (
            f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
            f" connect-src {calls};"
            " base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )

    def _forward(self) -> None:
        """Forward the request to the API unchanged, and the response to the caller."""
        if not self.owner.api_url:
            self._text(HTTPStatus.SERVICE_UNAVAILABLE, "the local cloud is starting\n")
            return
        target = urlsplit(self.owner.api_url)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        api = http.client.HTTPConnection(target.hostname or "", target.port, timeout=API_SECONDS)
        try:
            api.request(self.command, target.path + self.path, body or None, headers)
            answer = api.getresponse()
            content = answer.read()
        except OSError:
            self._text(HTTPStatus.BAD_GATEWAY, "the local cloud does not answer\n")
            return
        finally:
            api.close()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HOP_BY_HOP | {"date", "server"}:
                self.send_header(name, value)
        # A response to HEAD has the length of the response to GET, without its content.
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
        # The client may have closed the connection. That is no error.
        with contextlib.suppress(ConnectionError):
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)
