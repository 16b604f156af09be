"""The API as far as a witness sees it, on loopback; and the witness's command, with a token."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

from local.cli import main
from shared.domain.event import EventTag
from tests.unit.audit.bundles import bundle_of_ledger
from tests.unit.audit.workshop import START, TestSigner, World


@dataclass
class Api:
    """``replies``: status, media type and body, by path; ``asked``: path and token of each request.

    Any other path is not found, as an API answers that proves no growth yet.
    """

    url: str = ""
    replies: dict[str, tuple[int, str, bytes]] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)


@contextmanager
def shown() -> Iterator[Api]:
    found = Api()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append((self.path, self.headers["Authorization"]))
            nothing = (404, "application/problem+json", b"{}")
            status, kind, body = found.replies.get(self.path, nothing)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            if status == 302:
                self.send_header("Location", f"{found.url}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing: what matters is in ``asked``."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}"
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


def lived(*names: str, signer: int = 1) -> World:
    """A ledger of one notice a name, with a checkpoint after each."""
    world = World([TestSigner.made(signer)])
    for minute, name in enumerate(names):
        world.happened("batch/b", EventTag.NOTICE_QUEUED, START + timedelta(minutes=minute), notice=name)
        world.seal(START + timedelta(minutes=minute, seconds=30))
    return world


def ledger(*names: str) -> bytes:
    return bundle_of_ledger(lived(*names))


def look(folder: Path, url: str, *more: str) -> int:
    token = folder / "token"
    token.write_text("secret\n")
    return main(
        ["witness", "--state", str(folder / "seen.json"), "--source", url, "--token-file", str(token), *more]
    )
