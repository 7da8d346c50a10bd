"""A mail server's door killed with `kill -9` keeps everything that it acknowledged."""

from __future__ import annotations

import os
import signal
import smtplib
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from commonweal.interfaces.mail.intake import message_key
from commonweal.interfaces.mail.parse import Reading, parse
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework.models import MailIntake
from commonweal.kernel.casework.public import Incoming
from commonweal.kernel.jobs.tests.test_kill import url_of

from .mails import DESK, NOW, letter
from .test_doors import built, free_port

ENOUGH = 5


def numbered(number: int) -> bytes:
    return letter(f"No. {number}", Message_ID=f"<{number}@parks.example>",
                  From=f"p{number}@parks.example")  # fmt: skip


def connected(port: int, process: subprocess.Popen[str]) -> smtplib.LMTP:
    ends = time.monotonic() + 60
    while time.monotonic() < ends:
        assert process.poll() is None, process.communicate()
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return smtplib.LMTP("127.0.0.1", port)
        except OSError:
            threading.Event().wait(0.1)
    raise AssertionError("the door did not open")


def kill(pids: list[int]) -> None:
    for pid in pids:
        os.kill(pid, signal.SIGKILL)


def send_until_killed(client: smtplib.LMTP, pids: list[int], kept: list[int]) -> None:
    for number in range(1_000):
        if len(kept) == ENOUGH:  # while the next message is on its way
            threading.Timer(0.02, kill, [pids]).start()
        client.sendmail("ana@parks.example", [DESK], numbered(number))
        kept.append(number)


def children(parent: int) -> list[int]:
    """The processes that take messages for a door that has several."""
    threads = Path(f"/proc/{parent}/task").glob("*/children")
    found = [pid for each in threads for pid in each.read_text().split()]
    return [int(pid) for pid in found if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]


@pytest.mark.slow
@pytest.mark.parametrize("processes", [1, 2])
def test_kill_nine_loses_nothing_acknowledged(committed_db: str, processes: int) -> None:
    built()
    port = free_port()
    environment = os.environ | {
        name: url_of(name, committed_db) for name in ("DATABASE_URL", "DATABASE_APP_URL")
    }
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    door = [sys.executable, "-m", "commonweal.interfaces.cli.main", "mail", "serve"]
    process = subprocess.Popen(
        [*door, "--listen", f"127.0.0.1:{port}", "--processes", str(processes)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    kept: list[int] = []
    try:
        client = connected(port, process)
        pids = [process.pid] if processes == 1 else children(process.pid)
        assert len(pids) == processes
        with pytest.raises((smtplib.SMTPException, OSError)):
            send_until_killed(client, pids, kept)
        if processes > 1:  # others take the places of those that died
            connected(port, process).sendmail("ana@parks.example", [DESK], numbered(2_000))
            kept.append(2_000)
    finally:
        process.kill()
        process.communicate()
    assert len(kept) >= ENOUGH
    with act_as(SYSTEM):
        keys = set(MailIntake.objects.filter(state="taken").values_list("message_key", flat=True))
    for number in kept:
        found = parse(numbered(number), NOW, Reading())
        assert isinstance(found, Incoming)
        assert message_key(found) in keys
