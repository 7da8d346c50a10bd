"""The ledger's speed, all laws on, beside a plain COPY into an unconstrained table.

Runs against the configured database and leaves its journals there: give it one of its own.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection, connections

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.ledger.public import Draft, Line, open_period, post, post_many, put_chart
from commonweal.kernel.party.public import create_agency
from commonweal.kernel.schema.public import uuid7

DAY = date(2026, 10, 31)
PERIOD = "2026-10"
AGENCIES = 12
ACCOUNTS = 60
CLIENTS = 8


def _books() -> list[UUID]:
    """Twelve agencies with sixty accounts each and an open period."""
    kinds = ("asset", "liability", "equity", "revenue", "expense")
    chart = [(str(1000 + n), f"Account {n}", kinds[n % 5]) for n in range(ACCOUNTS)]
    stamp = uuid7().hex[-8:].upper()
    ids: list[UUID] = []
    with act_as(SYSTEM):
        for number in range(AGENCIES):
            code = f"B{stamp}{number}"
            agency = create_agency(actor=SYSTEM, code=code, name=f"Bench {code}")
            put_chart(actor=SYSTEM, agency_id=agency.id, accounts=chart, funds=[("GEN", "General")])
            open_period(actor=SYSTEM, agency_id=agency.id, period=PERIOD)
            ids.append(agency.id)
    return ids


def _timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _plain_copy(lines: int) -> float:
    """Seconds to COPY the same number of posting-shaped rows into a table without any rule."""
    ids = "\t".join(str(uuid7()) for _ in range(4))
    row = f"{uuid7()}\t1\t{ids}\t500\tUSD\tCC\tPAY\t51\t\\N\tref\n"
    columns = (
        "journal uuid, line int, agency uuid, period uuid, account uuid, fund uuid, amount bigint,"
        " currency text, cost_centre text, service text, object text, partner uuid, ref text"
    )

    def work() -> None:
        with act_as(SYSTEM), connection.cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE bench_plain ({columns}) ON COMMIT DROP")
            with cursor.copy("COPY bench_plain FROM STDIN") as copy:
                for _ in range(0, lines, 1000):
                    copy.write(row * 1000)

    return _timed(work)


def _drafts(agencies: list[UUID], count: int) -> list[Draft]:
    return [
        Draft(
            agencies[number % AGENCIES],
            PERIOD,
            [
                Line(
                    str(1000 + (number * 7 + n) % ACCOUNTS), 100 if n % 2 else -100,
                    cost_centre="CC", service_code="PAY", object_code="51", reference="ref",
                )
                for n in range(4)
            ],
            "Bench", "bench", f"bulk-{number}", DAY,
        )
        for number in range(count)
    ]  # fmt: skip


def _bulk(drafts: list[Draft]) -> None:
    with act_as(SYSTEM):
        post_many(actor=SYSTEM, journals=drafts)


def _long(agency: UUID) -> None:
    lines = [Line(str(1000 + n % ACCOUNTS), 100 if n % 2 else -100) for n in range(20_000)]
    with act_as(SYSTEM):
        _post(agency, "long", lines)


def _post(agency: UUID, key: str, lines: list[Line]) -> None:
    post(
        actor=SYSTEM, agency_id=agency, period=PERIOD, lines=lines, description="Bench",
        source="bench", key=key, effective_date=DAY,
    )  # fmt: skip


def _client(agencies: list[UUID], name: int, count: int, start: Any, plain: bool) -> None:
    """One process with a connection of its own: journals, or rows of a plain table."""
    connection.ensure_connection()
    start.wait()
    for number in range(count):
        with act_as(SYSTEM):
            if plain:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT txid_current()")
                continue
            agency = agencies[(name + number) % len(agencies)]
            lines = [Line("1000", 500), Line("1001", -500)]
            _post(agency, f"one-{len(agencies)}-{name}-{number}", lines)


def _singles(agencies: list[UUID], count: int, plain: bool = False) -> float:
    """Transactions per second with eight processes at once."""
    connections.close_all()
    context = multiprocessing.get_context("fork")
    start = context.Barrier(CLIENTS + 1)
    clients = [
        context.Process(target=_client, args=(agencies, name, count, start, plain))
        for name in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    start.wait()

    def join() -> None:
        for client in clients:
            client.join()

    seconds = _timed(join)
    if any(client.exitcode for client in clients):
        raise RuntimeError("a client of the ledger's bench failed; its error is above")
    return CLIENTS * count / seconds


def bench_ledger(*, journals: int = 50_000, per_client: int = 500) -> list[dict[str, str]]:
    """Measure; each row holds what, result, unit, target, and its ratio to the plain baseline."""
    agencies = _books()
    drafts = _drafts(agencies, journals)
    postings = journals * 4
    plain = _plain_copy(postings)
    bulk = _timed(lambda: _bulk(drafts))
    plain_long = _plain_copy(20_000)
    long = _timed(lambda: _long(agencies[0]))
    empty = _singles(agencies, per_client, plain=True)
    spread = _singles(agencies, per_client)
    hot = _singles(agencies[:1], per_client)
    rows = [
        ("bulk", f"{postings / bulk:.0f}", "postings/s", "≥ 40000",
         f"{bulk / plain:.1f}× the time of a bare COPY"),
        ("20,000-line journal", f"{long:.2f}", "s", "≤ 1",
         f"{long / plain_long:.1f}× the time of a bare COPY"),
        (f"single journals, {CLIENTS} clients, {AGENCIES} agencies", f"{spread:.0f}",
         "journals/s", "≥ 1000", f"{spread / empty:.2f} of empty transactions ({empty:.0f}/s)"),
        (f"single journals, {CLIENTS} clients, one agency", f"{hot:.0f}", "journals/s", "none",
         f"{hot / empty:.2f} of empty transactions"),
    ]  # fmt: skip
    names = ("what", "result", "unit", "target", "baseline")
    return [dict(zip(names, row, strict=True)) for row in rows]
