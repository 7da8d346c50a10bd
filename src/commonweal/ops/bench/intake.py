"""The speed of usage intake, durable and with all checks, beside a plain COPY of the same facts.

Runs against the configured database and leaves its facts there: give it one of its own.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue.public import ChargeItem, OrderLine
from commonweal.kernel.metering.public import put_source, submit, submit_file
from commonweal.kernel.party.public import Agency
from commonweal.kernel.schema.public import uuid7

BATCH = 1_000
_PLAIN = """
CREATE TEMP TABLE bench_plain (id uuid, source int, external_id text, agency uuid, item uuid,
  quantity numeric(18,6), unit text, starts timestamptz, ends timestamptz, hash uuid) """
_HEADER = "id,agency,charge_item,quantity,unit,from,to,dimensions.site,origin"


def _covered() -> list[tuple[str, str, str, date]]:
    """Agency, item and unit codes of order lines in force, and their first day."""
    with act_as(SYSTEM):
        agencies = dict(Agency.objects.values_list("id", "code"))
        items = {row.id: (row.code, row.unit_id) for row in ChargeItem.objects.all()}
        lines = OrderLine.objects.filter(active=True, bureau__isnull=True)
        return [
            (agencies[line.agency_id], *items[line.charge_item_id], line.starts + timedelta(days=1))
            for line in lines.order_by("id")
        ]


def _facts(prefix: str, count: int) -> list[tuple[str, ...]]:
    """Synthetic usage of what the orders cover: agency, item, quantity, unit, from, to."""
    covered = _covered()
    if not covered:
        raise RuntimeError("the database has no order lines in force; build a demo centre first")
    found: list[tuple[str, ...]] = []
    for number in range(count):
        agency, item, unit, day = covered[number % len(covered)]
        hour = f"{day}T{number // 60 % 23:02d}:{number % 60:02d}"
        quantity = f"{number % 997}.{number % 100:02d}"
        found.append(
            (
                f"{prefix}-{number:08d}",
                agency,
                item,
                quantity,
                unit,
                f"{hour}:00Z",
                f"{hour}:59Z",
                f"site {number % 40}",
                f"job-{number // 100}",
            )
        )
    return found


def _timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _plain_copy(facts: list[tuple[str, ...]]) -> float:
    """Seconds to COPY the facts, ready as text, into a table without index, check or rights."""
    agency, item = uuid7(), uuid7()
    text = "".join(
        f"{uuid7()}\t1\t{name}\t{agency}\t{item}\t{quantity}\t{unit}\t{starts}\t{ends}\t{uuid7()}\n"
        for name, _, _, quantity, unit, starts, ends, *_ in facts
    ).encode()

    def work() -> None:
        with act_as(SYSTEM), connection.cursor() as cursor:
            cursor.execute(_PLAIN + "ON COMMIT DROP")
            with cursor.copy("COPY bench_plain FROM STDIN") as copy:
                copy.write(text)

    return _timed(work)


def _event(fact: tuple[str, ...]) -> dict[str, Any]:
    name, agency, item, quantity, unit, starts, ends, site, origin = fact
    return {
        "specversion": "1.0", "type": "commonweal.usage.v1", "source": "bench", "id": name,
        "data": {"agency": agency, "charge_item": item, "quantity": quantity, "unit": unit,
                 "from": starts, "to": ends, "dimensions": {"site": site}, "origin": origin},
    }  # fmt: skip


def _by_batch(facts: list[tuple[str, ...]]) -> float:
    batches = [
        [_event(fact) for fact in facts[start : start + BATCH]]
        for start in range(0, len(facts), BATCH)
    ]

    def work() -> None:
        for events in batches:
            with act_as(SYSTEM):
                result = submit(actor=SYSTEM, events=events)
            if result.accepted != len(events):
                raise RuntimeError(f"the bench's usage was refused: {result.rejected[:1]}")

    return _timed(work)


def _by_file(facts: list[tuple[str, ...]], again: bool = False) -> float:
    handle, name = tempfile.mkstemp(suffix=".csv")
    path = Path(name)
    try:
        with os.fdopen(handle, "w") as stream:
            stream.write(_HEADER + "\n")
            stream.writelines(",".join(fact) + "\n" for fact in facts)

        def work() -> None:
            result = submit_file(actor=SYSTEM, source="bench", path=path, kind="csv")
            done = result.duplicates if again else result.accepted
            if done != len(facts):
                raise RuntimeError(f"the bench's usage was refused: {result.problems[:1]}")

        return _timed(work)
    finally:
        path.unlink()


def bench_intake(*, batched: int = 50_000, filed: int = 500_000) -> list[dict[str, str]]:
    """Measure; each row holds what, result, unit, target, and its ratio to the plain baseline."""
    with act_as(SYSTEM):
        put_source(actor=SYSTEM, code="bench", name="Bench")
    stamp = uuid7().hex[-8:]
    few, many = _facts(f"b{stamp}", batched), _facts(f"f{stamp}", filed)
    plain_few, plain_many = _plain_copy(few), _plain_copy(many)
    by_batch, by_file = _by_batch(few), _by_file(many)
    again = _by_file(many[: filed // 5], again=True)
    durable = _durable()
    rows = [
        (f"API batches of {BATCH:,}, one process, {durable}", f"{batched / by_batch:.0f}",
         "facts/s", "≥ 10000", f"{by_batch / plain_few:.1f}× the time of a bare COPY"),
        (f"CSV file, {durable}", f"{filed / by_file:.0f}", "facts/s", "≥ 100000",
         f"{by_file / plain_many:.1f}× the time of a bare COPY"),
        ("the same CSV rows once more", f"{filed // 5 / again:.0f}", "facts/s", "none",
         f"{again / (plain_many / 5):.1f}× the time of a bare COPY"),
    ]  # fmt: skip
    names = ("what", "result", "unit", "target", "baseline")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _durable() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')")
        durable = cursor.fetchone() == ("on", "on")
    return "durable" if durable else "NOT durable"
