"""A program that webhooks are sent to: a real HTTP server of this machine that keeps what came."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


class Got:
    """One request: its headers by lower-case names, its body."""

    def __init__(self, path: str, headers: dict[str, str], body: bytes) -> None:
        self.path, self.headers, self.body = path, headers, body

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


class Receiver(ThreadingHTTPServer):
    """`answer`: the status for a request; `location`: where a redirect leads."""

    daemon_threads = True

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), _Handler)
        self.got: list[Got] = []
        self.answer: Callable[[Got], int] = lambda _got: 204
        self.location = ""
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        host, port = self.server_address[:2]
        return f"http://{host!s}:{port}/hook?from=cw"

    def stop(self) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()

    def open_settings(self, settings: Any) -> None:
        """Let events go to this server, which is not on the open network."""
        settings.WEBHOOK_HTTP = True
        settings.WEBHOOK_PORTS = [self.server_address[1]]
        settings.WEBHOOK_NETWORKS = [LOOPBACK]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no news."""


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        headers = {name.lower(): value for name, value in self.headers.items()}
        got = Got(self.path, headers, self.rfile.read(size))
        self.server.got.append(got)
        status = self.server.answer(got)
        self.send_response(status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        """Quiet."""


def verify(key: str, got: Got) -> bool:
    """Whether a request is signed with a key: written from the text of Standard Webhooks 1.0."""
    secret = base64.b64decode(key.split("_", 1)[1])
    content = b".".join(
        [got.headers["webhook-id"].encode(), got.headers["webhook-timestamp"].encode(), got.body]
    )
    wanted = base64.standard_b64encode(hmac.digest(secret, content, hashlib.sha256)).decode()
    return f"v1,{wanted}" in got.headers["webhook-signature"].split(" ")
