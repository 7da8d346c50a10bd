"""Serving: granian in front of Django, and the worker beside it, until Ctrl-C."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable

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
    from commonweal.kernel.jobs.public import Worker

    worker, stop = Worker(), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: worker.stop())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches both: the parent decides
    threading.Thread(target=keep_sealing, args=(stop,), daemon=True).start()
    threading.Thread(target=end_with, args=(parent, worker.stop), daemon=True).start()
    worker.run()
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


def serve(port: int, host: str = "127.0.0.1") -> int:
    """Serve the web on a port with one worker process; returns when stopped."""
    from granian import Granian
    from granian.constants import Interfaces

    from commonweal.kernel.access.public import check_database

    check_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonweal.settings")
    stop = threading.Event()
    keeper = threading.Thread(target=keep_alive, args=(work, stop))
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
        keeper.join()
    return 0
