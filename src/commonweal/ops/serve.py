"""Serving: granian in front of Django, and the worker beside it, until Ctrl-C."""

from __future__ import annotations

import logging
import multiprocessing
import os
import socket
import threading
import time
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from pathlib import Path

from django.conf import settings

from commonweal.kernel.errors import CommonwealError

from .localdb import LOCAL_DATABASE, LocalDatabaseError, revive_database

log = logging.getLogger("commonweal.serve")
SEAL_SECONDS = 5
WATCH_SECONDS = 1.0


def keep_sealing(stop: threading.Event) -> None:
    """Link committed events into their chains every few seconds, off the path of any write."""
    from django.db import DatabaseError, close_old_connections

    from commonweal.kernel.access.public import SYSTEM, act_as
    from commonweal.kernel.audit.public import seal

    while not stop.wait(SEAL_SECONDS):
        try:
            with act_as(SYSTEM):
                seal()
        except DatabaseError as error:  # the database may be restarting; the tail is kept
            logging.getLogger("commonweal.sealer").warning(
                "sealing waits: %s", type(error).__name__
            )
            close_old_connections()


def work() -> None:
    """The worker process: jobs, schedules, outgoing mail, and the sealer."""
    import django

    django.setup()
    from commonweal.kernel.jobs.public import Worker

    stop = threading.Event()
    threading.Thread(target=keep_sealing, args=(stop,), daemon=True).start()
    Worker().run()
    stop.set()


class PortTaken(CommonwealError):
    """Somebody else listens there."""


def require_free(port: int, host: str = "127.0.0.1") -> None:
    """Refuse a port that is in use (SERVE-101): the server's own way of listening would share it
    with the other one without a word, and every second page would be that one's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
            trial.listen(1)
        except OSError as error:
            raise PortTaken(
                "SERVE-101",
                f"Port {port} of {host} cannot be used: {error.strerror}. Stop what listens there,"
                f" or choose another: --port {port + 1}.",
            ) from error


class Supervisor:
    """Keeps the worker process alive beside the web, and our own local database up.

    A killed worker is started again, with a growing pause; a local server that died is started
    where it lies (one that was stopped stays stopped).
    """

    def __init__(self, target: Callable[[], None] = work, longest_pause: float = 30.0) -> None:
        self._target = target
        self._longest = longest_pause
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self.worker = self._start()

    def __enter__(self) -> Supervisor:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)
        self.worker.terminate()
        self.worker.join(5)

    def _start(self) -> SpawnProcess:
        process = multiprocessing.get_context("spawn").Process(target=self._target, daemon=True)
        process.start()
        return process

    def _watch(self) -> None:
        pause, began = 1.0, time.monotonic()
        while not self._stop.wait(WATCH_SECONDS):
            self._revive()
            if self.worker.is_alive():
                continue
            log.warning("the worker ended (%s); it is started again", self.worker.exitcode)
            pause = 1.0 if time.monotonic() - began > self._longest else pause * 2
            if self._stop.wait(min(pause, self._longest)):
                return
            self.worker, began = self._start(), time.monotonic()

    @staticmethod
    def _revive() -> None:
        if os.environ.get(LOCAL_DATABASE) != "1":
            return
        try:
            if revive_database(Path(settings.DATA_DIR)):
                log.warning("the local database had died; it was started again")
        except (LocalDatabaseError, OSError) as error:
            log.error("the local database does not start: %s", error)


def serve(port: int, host: str = "127.0.0.1") -> int:
    """Serve the web on a port with one worker process; returns when stopped."""
    from granian import Granian
    from granian.constants import Interfaces

    from commonweal.kernel.access.public import check_database

    require_free(port, host)
    check_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonweal.settings")
    with Supervisor():
        Granian(
            "commonweal.interfaces.web.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=1,
            blocking_threads=4,
            log_enabled=False,
        ).serve()
    return 0
