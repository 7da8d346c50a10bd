"""The worker beside the web: replaced when it dies, gone when it is told to go."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from commonweal.ops import serve

PLACE = "COMMONWEAL_TEST_WORKERS"


def note_and_wait(parent: int) -> None:
    """A worker that says who it is, then does nothing until it is stopped."""
    Path(os.environ[PLACE], str(os.getpid())).write_text(str(parent))
    threading.Event().wait()


def test_a_killed_worker_is_replaced_and_the_last_one_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(PLACE, str(tmp_path))
    monkeypatch.setattr(serve, "RESTART_SECONDS", 0)
    stop = threading.Event()
    keeper = threading.Thread(target=serve.keep_alive, args=(note_and_wait, stop))
    keeper.start()
    try:
        (first,) = started(tmp_path, 1)
        os.kill(first, signal.SIGKILL)
        (second,) = started(tmp_path, 2) - {first}
    finally:
        stop.set()
        keeper.join(30)
    assert not keeper.is_alive()
    for process in (first, second):
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)
    assert (tmp_path / str(second)).read_text() == str(os.getpid())


def started(place: Path, wanted: int) -> set[int]:
    """The workers that have started, once there are as many."""
    for _ in range(600):
        found = {int(each.name) for each in place.iterdir() if each.read_text()}
        if len(found) == wanted:
            return found
        time.sleep(0.05)
    pytest.fail("waited thirty seconds in vain")


def test_a_port_in_use_is_named_with_another() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        with pytest.raises(serve.PortTaken, match=f"--port {port + 1}"):
            serve.require_free(port)
    serve.require_free(port)


def test_a_worker_ends_with_its_parent() -> None:
    stopped = threading.Event()
    serve.end_with(parent=-1, stop=stopped.set)
    assert stopped.is_set()
