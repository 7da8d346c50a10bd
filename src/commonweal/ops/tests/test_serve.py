"""Serving: the port is ours alone, and a killed worker comes back."""

from __future__ import annotations

import os
import signal
import socket
import threading

import pytest

from commonweal.ops.localdb.processes import wait_until
from commonweal.ops.serve import PortTaken, Supervisor, require_free


def rest() -> None:
    """A worker without work."""
    threading.Event().wait()


def test_a_port_in_use_is_named_with_another() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        with pytest.raises(PortTaken, match=f"--port {port + 1}"):
            require_free(port)
    require_free(port)


def test_a_killed_worker_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("commonweal.ops.serve.WATCH_SECONDS", 0.02)
    with Supervisor(target=rest, longest_pause=0.02) as supervisor:
        first = supervisor.worker
        assert first.pid
        os.kill(first.pid, signal.SIGKILL)
        assert wait_until(lambda: supervisor.worker is not first, 20)
        second = supervisor.worker
        assert second.is_alive()
    assert not second.is_alive()
