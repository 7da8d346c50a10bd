"""The web in a forked process: Commonweal's WSGI application on a loopback port, killed at will.

The parent holds the listening socket, so that the next server takes over what waits in it, as a
supervised server would.
"""

from __future__ import annotations

import json
import socket
from http.client import HTTPConnection
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from .children import Child

MEDIA = "application/cloudevents-batch+json"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: requests by the thousand."""


def warm() -> None:
    """Load application and manifests in the parent, so that what is forked starts at once."""
    from django.urls import get_resolver

    import commonweal.interfaces.web.wsgi
    from commonweal.kernel.jobs.public import all_manifests

    assert all_manifests()
    assert commonweal.interfaces.web.wsgi.application
    assert get_resolver().url_patterns


def _serve(listening: socket.socket) -> None:
    from commonweal.interfaces.web.wsgi import application

    address = listening.getsockname()
    server = _Server(address, _Quiet, bind_and_activate=False)
    server.socket.close()
    server.socket = listening
    server.server_address = address
    server.server_name, server.server_port = address[0], address[1]
    server.setup_environ()
    server.set_app(application)
    server.serve_forever()


class Web:
    """One server process at a time on a port of its own."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.listening = socket.create_server(("127.0.0.1", 0), backlog=16)
        self.port: int = self.listening.getsockname()[1]
        self.child: Child | None = None

    def ensure(self) -> None:
        """Start it if it does not run."""
        if self.child is None or self.child.ended():
            listening = self.listening
            self.child = Child(lambda: _serve(listening), self.log)

    def kill(self) -> bool:
        """SIGKILL; False if it did not run."""
        return self.child is not None and self.child.kill()

    def close(self) -> None:
        """End it for good."""
        self.kill()
        self.listening.close()


def post_batch(
    client: HTTPConnection, token: str, events: list[dict[str, Any]]
) -> tuple[int, bytes]:
    """Send one batch; the status and the body of the answer."""
    headers = {"Content-Type": MEDIA, "Authorization": f"Bearer {token}"}
    try:
        client.request("POST", "/api/v1/usage", json.dumps(events), headers)
        answer = client.getresponse()
        return answer.status, answer.read()
    finally:
        client.close()
