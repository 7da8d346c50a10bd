"""Taking e-mails in for real: over LMTP, each committed to the database before it is acknowledged.

Half of them open cases, half answer them by our signed ids; each has text, a table in HTML, a
quotation and a picture. The baselines of the same run: reading alone, and a bare committed INSERT.
"""

from __future__ import annotations

import gc
import multiprocessing
import socket
import statistics
import sys
import time
from collections.abc import Sequence
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

from commonweal.interfaces.mail.parse import Reading, parse
from commonweal.interfaces.mail.server import MailServer
from commonweal.interfaces.mail.threads import message_id
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework.public import Case, Interaction, own_queues, put_queue

from ..mail import _letter
from .plans import summary
from .sender import deliver
from .site import Site

ADDRESS = "help@meridian.example"
SENDERS = 4


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
    server = MailServer("127.0.0.1", _port())
    server.start()
    try:
        first = _sent(server.port, openings)
        with act_as(SYSTEM):
            cases = list(_by_mail(moment).order_by("id"))
        second = _sent(server.port, [
            _mail(half + number, message_id(case.pk, uuid4(), "desk.example",
                                            settings.MAIL_THREAD_KEYS))
            for number, case in enumerate(cases)
        ])  # fmt: skip
    finally:
        server.stop()
        server.handler.pool.shutdown(wait=True)
        gc.collect()  # the connections of its threads go with them
    with act_as(SYSTEM):
        kept = _by_mail(moment).count()
        said = Interaction.objects.filter(direction="in", case__in=_by_mail(moment)).count()
    return {
        "opened": first, "answered": second, "read": read, "bare": summary(_bare())["p50"],
        "cases": kept, "said": said, "sent": half + len(cases), "bytes": len(openings[0]),
        "senders": SENDERS,
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


def _sent(port: int, mails: Sequence[bytes]) -> dict[str, float]:
    """Handed in over several connections at once by another process; nothing may be refused."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(SENDERS) as pool:
        pool.map(abs, range(SENDERS))  # they are there before the time runs
        shares = [(port, ADDRESS, list(mails[place::SENDERS])) for place in range(SENDERS)]
        began, worked = time.perf_counter(), time.process_time()
        answers = pool.starmap(deliver, shares)
        took, worked = time.perf_counter() - began, time.process_time() - worked
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
