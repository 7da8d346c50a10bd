"""Serving: granian in front of Django, and the worker beside it, until Ctrl-C."""

from __future__ import annotations

import logging
import multiprocessing
import os
import threading

SEAL_SECONDS = 5


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


def serve(port: int, host: str = "127.0.0.1") -> int:
    """Serve the web on a port with one worker process; returns when stopped."""
    from granian import Granian
    from granian.constants import Interfaces

    from commonweal.kernel.access.public import check_database

    check_database()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "commonweal.settings")
    worker = multiprocessing.get_context("spawn").Process(target=work, daemon=True)
    worker.start()
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
        worker.terminate()
        worker.join(5)
    return 0
