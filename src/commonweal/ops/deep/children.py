"""Forked children that can be killed. The parent holds no database connection and no thread."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
DATABASE_GONE = 3
"""How a child ends when the database was taken away from under it."""


class ChildFailed(RuntimeError):
    """A child ended with an error of its own, not by a kill."""


class Child:
    """A forked process that runs `work` and ends. Errors go to the file `log`."""

    def __init__(self, work: Callable[[], object], log: Path) -> None:
        self.log = log
        self.code: int | None = None
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if not self.pid:
            os._exit(_run(work, log))

    def ended(self) -> bool:
        """Whether it has ended; collects it."""
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def kill(self) -> bool:
        """End it with SIGKILL; False if it had ended by itself."""
        if self.ended():
            return False
        os.kill(self.pid, signal.SIGKILL)
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return True

    def wait(self, seconds: float) -> bool:
        """Wait for its end; False if it goes on."""
        end = time.monotonic() + seconds
        while not self.ended():
            if time.monotonic() > end:
                return False
            time.sleep(0.002)
        return True

    @property
    def failure(self) -> str:
        """The last line of its error; empty if it was killed, was done, or lost the database."""
        if self.code in (None, 0, DATABASE_GONE, -signal.SIGKILL):
            return ""
        text = self.log.read_text() if self.log.exists() else ""
        return (text.strip().splitlines() or [f"exit status {self.code}"])[-1]


def _run(work: Callable[[], object], log: Path) -> int:
    from django.db import InterfaceError, OperationalError, connections

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    said = os.open(log.with_suffix(".said"), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(said, 2)  # a web without its database has much to say
    try:
        work()
    except SystemExit:
        return 0
    except (OperationalError, InterfaceError):
        log.write_text(traceback.format_exc())
        return DATABASE_GONE
    except BaseException:
        with contextlib.suppress(OSError):
            log.write_text(traceback.format_exc())
        return 1
    for connection in connections.all(initialized_only=True):
        with contextlib.suppress(Exception):
            connection.close()
    return 0


def in_child(work: Callable[[], T], folder: Path) -> T:
    """Run `work` in a child and give back what it returned (ChildFailed with its trace)."""
    answer, log = folder / "answer.pickle", folder / "child.log"
    answer.unlink(missing_ok=True)

    def keep() -> None:
        answer.write_bytes(pickle.dumps(work()))

    child = Child(keep, log)
    child.wait(600)
    if child.code != 0:
        child.kill()
        raise ChildFailed(log.read_text() if log.exists() else f"exit status {child.code}")
    found: Any = pickle.loads(answer.read_bytes())
    return found  # type: ignore[no-any-return]


class Marks:
    """A file of what a child began and what was acknowledged to it, on disk before it goes on."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, number: int) -> None:
        """A piece of work starts."""
        self._write(f"B {number}\n", sync=False)

    def done(self, number: int) -> None:
        """It was acknowledged: the call came back, its transaction is committed."""
        self._write(f"A {number}\n", sync=True)

    def _write(self, line: str, sync: bool) -> None:
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(handle, line.encode())
            if sync:
                os.fsync(handle)
        finally:
            os.close(handle)

    def size(self) -> int:
        """Bytes so far: grows when something begins or is acknowledged."""
        return self.path.stat().st_size if self.path.exists() else 0

    def read(self) -> tuple[set[int], bool]:
        """What was acknowledged, and whether the last thing was begun and not acknowledged."""
        if not self.path.exists():
            return set(), False
        lines = self.path.read_text().splitlines()
        done = {int(line[2:]) for line in lines if line.startswith("A ")}
        return done, bool(lines) and lines[-1].startswith("B ")
