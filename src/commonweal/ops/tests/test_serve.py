"""The worker beside the web: replaced when it dies, gone when it is told to go."""

from __future__ import annotations

import argparse
import itertools
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from commonweal.ops import doctor, serve
from commonweal.practices.charging.engine import EngineDefect
from commonweal.practices.charging.engine import connection as engine

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


@pytest.fixture
def wrong_sums(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A DuckDB whose window sums are wrong, as before 2.0: the self-test counts wrong rows."""
    monkeypatch.setattr(engine, "self_test_sql", lambda rows: "SELECT 65536 AS wrong")
    engine._tested.cache_clear()
    yield
    engine._tested.cache_clear()


@pytest.mark.usefixtures("wrong_sums")
def test_nothing_starts_on_a_duckdb_that_adds_up_wrongly() -> None:
    """Server, worker of the server, worker by hand: each refuses before it does anything."""
    from commonweal.interfaces.cli import jobs

    for start in (
        lambda: serve.serve(free_port()),
        lambda: serve.work(os.getppid()),
        lambda: jobs.work(argparse.Namespace(once=True)),
    ):
        with pytest.raises(EngineDefect, match="65536 wrong window sums") as error:
            start()
        assert error.value.code == "RATE-901"
        assert "install DuckDB 2.0 or later" in error.value.message
    found = doctor.check_engine()
    assert (found.level, found.said) == ("fail", "does not price exactly")
    assert "install DuckDB 2.0 or later" in found.remedy


def test_the_installed_duckdb_is_fit() -> None:
    assert doctor.check_engine().level == "ok"
    first_lines = itertools.islice(doctor.examine(Path("/nowhere/at/all")), 6)
    assert "engine" in {each.subject for each in first_lines}


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
