"""Taking e-mails in for real: over LMTP by `commonweal mail serve`, in as many processes as there
are cores, each message committed to the database before it is acknowledged.

Half of them open cases, half answer them by our signed ids; each has text, a table in HTML, a
quotation and a picture. The baselines of the same run: reading alone, and a bare committed INSERT.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection, connections
from django.db.models import QuerySet

from commonweal.interfaces.mail.parse import Reading, parse
from commonweal.interfaces.mail.threads import message_id
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework.public import Case, Interaction, own_queues, put_queue

from ..mail import _letter
from .load import environment
from .plans import summary
from .sender import deliver
from .site import Site

ADDRESS = "help@meridian.example"
SENDERS = 4
PROCESSES = max(2, len(os.sched_getaffinity(0)))
PATIENCE = 120


def measure(site: Site, *, mails: int) -> dict[str, Any]:
    """Openings first, then answers to them; in both, how many a second and what became of them."""
    _open_desk(site)
    half, moment = mails // 2, now()
    openings = [_mail(number, "") for number in range(half)]
    reading = Reading(own=[ADDRESS], keys=settings.MAIL_THREAD_KEYS)
    began = time.perf_counter()
    for each in openings:
        parse(each, now(), reading)
    read = half / (time.perf_counter() - began)
    connections.close_all()
    with _door(_port()) as (port, pid):
        first = _sent(port, pid, openings)
        with act_as(SYSTEM):
            cases = list(_by_mail(moment).order_by("id"))
        second = _sent(port, pid, [
            _mail(half + number, message_id(case.pk, uuid4(), "desk.example",
                                            settings.MAIL_THREAD_KEYS))
            for number, case in enumerate(cases)
        ])  # fmt: skip
    with act_as(SYSTEM):
        kept = _by_mail(moment).count()
        said = Interaction.objects.filter(direction="in", case__in=_by_mail(moment)).count()
    return {
        "opened": first, "answered": second, "read": read, "bare": summary(_bare())["p50"],
        "cases": kept, "said": said, "sent": half + len(cases), "bytes": len(openings[0]),
        "senders": SENDERS, "processes": PROCESSES,
    }  # fmt: skip


def _open_desk(site: Site) -> None:
    """What comes to the desk's address becomes a case."""
    with act_as(site.owner):
        desk = next(each for each in own_queues(site.owner) if each.code == "helpdesk")
        put_queue(
            actor=site.owner, code=desk.code, name=desk.name, team=desk.team.code,
            service=desk.service.code, address=ADDRESS, default_type="incident",
        )  # fmt: skip


def _by_mail(since: datetime) -> QuerySet[Case]:
    return Case.objects.filter(channel="email", recorded_at__gte=since)


def _mail(number: int, reference: str) -> bytes:
    """The letter of the reading bench, to the desk; each from somebody else."""
    from email import message_from_bytes

    found: Any = message_from_bytes(_letter(number), policy=SMTP)
    made: EmailMessage = found
    made.replace_header("To", ADDRESS)
    del made["References"]
    if reference:
        made["References"] = reference
        made["In-Reply-To"] = reference
    return made.as_bytes()


def _port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def _door(port: int) -> Iterator[tuple[int, int]]:
    """The product's own door for a mail server, once every process of it answers; its id."""
    words = ["commonweal.interfaces.cli", "--data", os.environ["COMMONWEAL_DATA"], "mail", "serve",
             "--listen", f"127.0.0.1:{port}", "--processes", str(PROCESSES)]  # fmt: skip
    running = subprocess.Popen([sys.executable, "-m", *words], env=environment())
    try:
        ends = time.monotonic() + PATIENCE
        while len(_ready(running.pid)) < PROCESSES:
            if running.poll() is not None or time.monotonic() > ends:
                raise RuntimeError("the door did not open; see its messages above")
            time.sleep(0.2)
        time.sleep(1)
        yield port, running.pid
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(30)


def _family(pid: int) -> list[int]:
    """A process and those that it started."""
    try:
        threads = list(Path(f"/proc/{pid}/task").glob("*/children"))
        found = [child for each in threads for child in each.read_text().split()]
    except OSError:
        return []
    return [pid, *(each for child in found for each in _family(int(child)))]


def _ready(pid: int) -> list[int]:
    """The processes that take messages and have loaded the product: they wait for connections."""
    return [each for each in _family(pid)[1:]
            if any("eventpoll" in _leads_to(name) for name in _files(each))]  # fmt: skip


def _leads_to(name: Path) -> str:
    try:
        return os.readlink(name)
    except OSError:
        return ""  # closed meanwhile


def _files(pid: int) -> list[Path]:
    try:
        return [name for name in Path(f"/proc/{pid}/fd").iterdir() if name.is_symlink()]
    except OSError:
        return []


def _worked(pid: int) -> float:
    """Seconds of processor time that a door and its processes have taken."""
    ticks = 0
    for each in _family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _sent(port: int, pid: int, mails: Sequence[bytes]) -> dict[str, float]:
    """Handed in over several connections at once by another process; nothing may be refused."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(SENDERS) as pool:
        pool.map(abs, range(SENDERS))  # they are there before the time runs
        shares = [(port, ADDRESS, list(mails[place::SENDERS])) for place in range(SENDERS)]
        began, worked = time.perf_counter(), _worked(pid)
        answers = pool.starmap(deliver, shares)
        took, worked = time.perf_counter() - began, _worked(pid) - worked
    waits = [wait for seconds, _ in answers for wait in seconds]
    refused = [said for _, wrong in answers for said in wrong]
    for said in sorted(set(refused)):
        print(f"refused: {said}", file=sys.stderr)
    return {"second": len(mails) / took, "p50": statistics.median(waits) * 1000,
            "p95": sorted(waits)[int(len(waits) * 0.95)] * 1000,
            "cpu": worked / len(mails) * 1000, "refused": len(refused)}  # fmt: skip


def _bare() -> list[float]:
    """Seconds of one committed row, without index, check or rights."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bench_mail (id serial, body bytea)")
        times = []
        for _ in range(40):
            began = time.perf_counter()
            cursor.execute("INSERT INTO bench_mail (body) VALUES ('x')")
            times.append(time.perf_counter() - began)
        cursor.execute("DROP TABLE bench_mail")
    return times
