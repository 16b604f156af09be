"""A time-stamping authority of a test: `openssl ts` behind a small HTTP server, with a CA of its own."""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

_CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/ca.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""
_FOR_TIME_STAMPS = (
    "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n"
)


@dataclass
class OpensslAuthority:
    """``answer`` makes of a request what is sent back; a test may put another in its place."""

    folder: Path
    answer: Callable[[bytes], tuple[int, bytes]] = field(init=False)
    asked: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.answer = lambda request: (200, self.reply(request))
        (self.folder / "serial").write_text("01\n")
        (self.folder / "tsa.cnf").write_text(_CONFIG.format(folder=self.folder))
        (self.folder / "purpose").write_text(_FOR_TIME_STAMPS)
        ec = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        _openssl(
            self.folder, "req", "-x509", *ec, "-subj", "/CN=Test CA", "-keyout", "ca.key", "-out", "ca.pem"
        )
        _openssl(self.folder, "req", *ec, "-subj", "/CN=Test TSA", "-keyout", "tsa.key", "-out", "tsa.csr")
        _openssl(
            self.folder, "x509", "-req", "-in", "tsa.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-set_serial", "2", "-extfile", "purpose", "-out", "tsa.pem",
        )  # fmt: skip

    def reply(self, request: bytes) -> bytes:
        (self.folder / "request.tsq").write_bytes(request)
        _openssl(
            self.folder,
            "ts",
            "-reply",
            "-config",
            "tsa.cnf",
            "-queryfile",
            "request.tsq",
            "-out",
            "reply.tsr",
        )
        return (self.folder / "reply.tsr").read_bytes()

    def accepts(self, data: bytes, token: bytes) -> bool:
        """What somebody who trusts the CA finds with `openssl ts -verify`."""
        (self.folder / "data").write_bytes(data)
        (self.folder / "token.tsr").write_bytes(token)
        command = ["openssl", "ts", "-verify", "-data", "data", "-in", "token.tsr", "-CAfile", "ca.pem"]
        return subprocess.run(command, cwd=self.folder, capture_output=True, check=False).returncode == 0

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[str]:
        """Its address, while it answers."""
        authority = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = self.rfile.read(int(self.headers["Content-Length"]))
                authority.asked.append(request)
                status, body = authority.answer(request)
                self.send_response(status)
                self.send_header("Content-Type", "application/timestamp-reply")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                """Nothing: what matters is in ``asked``."""

        server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/tsr"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
