"""Serving: granian in front of Django, and the worker beside it, until Ctrl-C."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from commonweal.kernel.errors import CommonwealError

from .localdb import LOCAL_DATABASE, LocalDatabaseError, revive_database

SEAL_SECONDS = 5
PARENT_SECONDS = 2
RESTART_SECONDS = 1
STOP_SECONDS = 5


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


def work(parent: int) -> None:
    """The worker process: jobs, schedules, outgoing mail, and the sealer; ends with its parent."""
    import django

    django.setup()
    from commonweal.kernel.jobs.public import Ticker, Worker
    from commonweal.practices.charging.public import require_engine

    require_engine()
    worker, ticker, stop = Worker(), Ticker(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both: the parent decides
    threading.Thread(target=keep_sealing, args=(stop,), daemon=True).start()
    threading.Thread(target=end_with, args=(parent, worker.stop), daemon=True).start()
    ticker.start()
    worker.run()
    ticker.stop()
    stop.set()


def end_with(parent: int, stop: Callable[[], None]) -> None:
    """Stop once the process that started this one is gone."""
    while os.getppid() == parent:
        time.sleep(PARENT_SECONDS)
    stop()


def keep_alive(target: Callable[[int], None], stop: threading.Event) -> None:
    """Run a function in a process of its own until told to stop; one that dies is replaced.

    A worker that was killed, or lost its database, loses no work: its successor takes it over.
    """
    log = logging.getLogger("commonweal.worker")
    context = multiprocessing.get_context("spawn")
    while not stop.is_set():
        process = context.Process(target=target, args=(os.getpid(),), daemon=True)
        process.start()
        while process.is_alive() and not stop.wait(0.2):
            pass
        if stop.is_set():
            process.terminate()
            process.join(STOP_SECONDS)
            process.kill()
            return
        log.warning("the worker ended (%s); another one starts", process.exitcode)
        stop.wait(RESTART_SECONDS)


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


def keep_database(data_dir: Path, stop: threading.Event) -> None:
    """Start our own local server again where it died; one that was stopped stays stopped."""
    log = logging.getLogger("commonweal.database")
    while not stop.wait(RESTART_SECONDS):
        try:
            if revive_database(data_dir):
                log.warning("the local database had died; it was started again")
        except (LocalDatabaseError, OSError) as error:
            log.error("the local database does not start: %s", error)


def serve(port: int, host: str = "127.0.0.1") -> int:
    """Serve the web on a port with one worker process; returns when stopped."""
    from granian import Granian
    from granian.constants import Interfaces

    from commonweal.kernel.access.public import check_database
    from commonweal.practices.charging.public import require_engine

    require_free(port, host)
    require_engine()
    check_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonweal.settings")
    stop = threading.Event()
    keepers = [threading.Thread(target=keep_alive, args=(work, stop))]
    if os.environ.get(LOCAL_DATABASE) == "1":
        folder = Path(os.environ["COMMONWEAL_DATA"])
        keepers.append(threading.Thread(target=keep_database, args=(folder, stop)))
    for keeper in keepers:
        keeper.start()
    try:
        Granian(
            "commonweal.interfaces.web.wsgi:application",
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            workers=1,
            blocking_threads=4,
            log_enabled=False,
        ).serve()
    finally:
        stop.set()
        for keeper in keepers:
            keeper.join()
    return 0
