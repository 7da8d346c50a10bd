"""What cannot wait for a schedule: looked at every half second, in a thread beside the worker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from .manifests import ticks

log = logging.getLogger("commonweal.ticker")
SECONDS = 0.5


class Ticker:
    """Calls everything that manifests name in `ticks`, again at once while there is more to do.

    One that fails is logged and tried at the next beat; while the database is away all wait.
    """

    def __init__(self, looks: dict[str, Callable[[], int]] | None = None) -> None:
        self.looks = ticks() if looks is None else looks
        self.stopping = threading.Event()

    def beat(self) -> int:
        """Look once at everything; how much was done."""
        done = 0
        for name, look in self.looks.items():
            try:
                done += look()
            except (DatabaseError, InterfaceError) as error:
                log.warning("%s waits for the database: %s", name, type(error).__name__)
                close_old_connections()
            except Exception as error:
                log.warning("%s failed: %s", name, type(error).__name__)
        return done

    def run(self) -> None:
        """Beat until stopped."""
        while not self.stopping.is_set():
            if not self.beat():
                self.stopping.wait(SECONDS)
        connection.close()

    def start(self) -> threading.Thread:
        """Beat in a thread of its own, which ends with the process."""
        thread = threading.Thread(target=self.run, name="ticker", daemon=True)
        thread.start()
        return thread

    def stop(self) -> None:
        """End after the present beat."""
        self.stopping.set()
