"""From a late record to its corrected draft line: sent, priced and shown, end to end.

Uses the small demo that `pages` builds. Each round sends one record of a closed month through the
intake and opens the agency's page of late usage, which works its corrections out anew; the record
must be in the line. The baseline is a bare INSERT and SELECT of one row, committed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

from .pages import _built, _summary, _timed

ROUNDS = 40
VIEW = "metering.view"


def bench_late(folder: Path) -> list[dict[str, str]]:
    """Rows for the bench's table; builds the small demo where it is missing (minutes)."""
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, str(_built(folder, "small"))],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    names = ("what", "result", "unit", "target", "baseline")
    rows = [
        (f"late record → corrected draft line visible, {found['records']} late records by then, "
         "p95", f"{found['seen']['p95']:.0f}", "ms", "≤ 2000",
         f"p50 {found['seen']['p50']:.0f} ms; a bare INSERT and SELECT {found['bare']:.2f} ms"),
        ("the same without the page, p95", f"{found['worked']['p95']:.0f}", "ms", "≤ 2000",
         f"p50 {found['worked']['p50']:.0f} ms"),
    ]  # fmt: skip
    return [dict(zip(names, row, strict=True)) for row in rows]


def measure() -> dict[str, Any]:
    """Send, price, show; again and again."""
    from commonweal.kernel.access.public import SYSTEM, act_as
    from commonweal.practices.charging.public import coming_corrections

    from .pages import Visitors

    people = [(actor, client) for actor, client in Visitors().people if not actor.centre]
    able = {
        key
        for actor, _client in people
        for key in actor.agencies_with("charging.view_bills") & actor.agencies_with(VIEW)
    }
    line, source = _target(able)
    agency = line.bill.agency
    browser = next(
        client
        for actor, client in people
        if agency.pk in actor.agencies_with("charging.view_bills") & actor.agencies_with(VIEW)
    )

    def counted() -> int:
        with act_as(SYSTEM):
            found = coming_corrections(SYSTEM, agency.pk)
        return sum(each.line.facts for each in found)

    def work_out() -> None:
        _send(line, source)
        counted()

    def show() -> None:
        _send(line, source)
        answer = browser.get(f"/agency/usage/late/?agency={agency.code}")
        assert answer.status_code == 200, answer.status_code

    show()  # the first page of a process reads its templates
    before = counted()
    worked = [_timed(work_out) for _ in range(ROUNDS)]
    seen = [_timed(show) for _ in range(ROUNDS)]
    after = counted()
    assert after == before + 2 * ROUNDS, "every late record is in a draft line"
    base = [_timed(_bare) for _ in range(ROUNDS)]
    return {
        "seen": _summary(seen), "worked": _summary(worked), "records": after,
        "bare": _summary(base)["p50"],
    }  # fmt: skip


def _target(able: set[Any]) -> tuple[Any, str]:
    """The fullest newest line of an agency whose people can be signed in, and a source of it."""
    from commonweal.kernel.access.public import SYSTEM, act_as
    from commonweal.kernel.metering.public import source_checks
    from commonweal.practices.charging.public import BillLine

    with act_as(SYSTEM):
        line = (
            BillLine.objects.filter(kind="usage", bill__state="issued", agency_id__in=able)
            .select_related("bill__agency", "charge_item")
            .order_by("-bill__period", "-facts", "id")
            .first()
        )
        assert line is not None, "the demo has issued bills"
        sources = [check.source for check in source_checks(SYSTEM, line.charge_period)]
    feeds = [each for each in sources if line.charge_item.code in each.items]
    return line, str((feeds or sources)[0].code)


def _send(line: Any, source: str) -> None:
    """One record of the line's month, item and agency, which comes after its close."""
    from commonweal.kernel.access.public import SYSTEM, act_as
    from commonweal.kernel.calendar.public import FiscalPeriod
    from commonweal.kernel.metering.public import Usage, emit

    day = FiscalPeriod.parse(line.charge_period).first_day
    start = datetime(day.year, day.month, day.day, 18, tzinfo=UTC) + timedelta(days=3)
    record = Usage(
        external_id=f"bench-{uuid4()}", agency=line.bill.agency.code,
        charge_item=line.charge_item.code, quantity=Decimal(1), unit=line.charge_item.unit_id,
        starts=start, ends=start + timedelta(hours=1),
    )  # fmt: skip
    with act_as(SYSTEM):
        result = emit(actor=SYSTEM, source=source, facts=[record])
    assert result.accepted == 1, result


def _bare() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE IF NOT EXISTS bench_bare (x int)")
        cursor.execute("INSERT INTO bench_bare VALUES (1)")
        cursor.execute("SELECT count(*) FROM bench_bare")


def main(folder: str) -> None:
    """Measure one centre; JSON on standard output."""
    from commonweal.interfaces.cli.main import setup

    setup(Path(folder))
    print(json.dumps(measure()))


if __name__ == "__main__":
    main(sys.argv[1])
