"""Server processes: is the one in `postmaster.pid` ours, and did any child outlive it?"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

PROC = Path("/proc")


def wait_until(done: Callable[[], bool], seconds: float, pause: float = 0.02) -> bool:
    """Ask until `done` or the time is up; the last answer."""
    end = time.monotonic() + seconds
    while not done():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def alive(pid: int) -> bool:
    """Whether the process runs; one that ended but was not yet collected does not."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
        return text.rpartition(")")[2].split()[0] not in {"Z", "X"}
    except (FileNotFoundError, ProcessLookupError):
        if PROC.joinpath("self").exists():
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def is_server(pid: int, cluster: Path) -> bool:
    """Whether this process is the postmaster of that cluster (after a crash, ids are reused)."""
    if not alive(pid):
        return False
    try:
        words = (PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except FileNotFoundError:
        return not PROC.joinpath("self").exists()
    except PermissionError:
        return False
    return os.fsencode(str(cluster)) in words and any(w.endswith(b"postgres") for w in words)


def orphans(cluster: Path) -> list[int]:
    """Server processes that still work in the cluster's folder, whoever started them."""
    found = []
    for entry in PROC.glob("[0-9]*"):
        try:
            if os.readlink(entry / "cwd") == str(cluster) and alive(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def end_orphans(cluster: Path, patience: float = 2.0) -> None:
    """Wait for the children of a killed postmaster; end those that do not go by themselves.

    They must be gone before a new postmaster starts, or two generations would write one file.
    """
    if wait_until(lambda: not orphans(cluster), patience):
        return
    for pid in orphans(cluster):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not orphans(cluster), patience)
