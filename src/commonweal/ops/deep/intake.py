"""Intake under kills: every acknowledged record is there exactly once, also in sealed months."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from django.db import connection

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.audit.public import seal, verify
from commonweal.kernel.metering import public as metering

from .centre import AGENCIES, ITEMS, SOURCES
from .children import Child, Marks, in_child
from .plan import Plan
from .report import compare
from .web import Web, post_batch

SIZE = 30
MONTHS = tuple(f"2024-{month:02d}" for month in range(1, 13))
KILLS_PER_MONTH = 60
DATABASE_SHARE = 0.04
_UNIT = {code: unit for code, _, unit in ITEMS}
_SOURCE = {item: source for source, items in SOURCES.items() for item in items}
_STORED = """
SELECT f.external_id, a.code, i.code, f.quantity::text, f.replaces_external_id
FROM metering_usagefact f JOIN party_agency a ON a.id = f.agency_id
JOIN catalogue_chargeitem i ON i.id = f.charge_item_id WHERE f.booked_in LIKE '2024-%'"""


@dataclass(frozen=True)
class Batches:
    """The plain model: what batch n of a seed holds. A batch is of the month it was begun in."""

    seed: int
    months: dict[int, str]

    def own(self, number: int) -> list[dict[str, Any]]:
        """The new events of a batch; the first three replace ones of the batch before."""
        chance = random.Random(f"{self.seed}:{number}")
        month, found = self.months[number], []
        for place in range(SIZE):
            item = chance.choice(ITEMS)[0]
            agency = chance.choice(AGENCIES)
            quantity = Decimal(chance.randint(1, 99_999)) / 100
            replaces = ""
            if place < 3 and self.months.get(number - 1) == month:
                old = self.own_plain(number - 1)[5 + place]
                agency, item, replaces = old[0], old[1], f"n{number - 1}-{5 + place}"
            found.append(_event(f"n{number}-{place}", agency, item, quantity, month, replaces))
        return found

    def own_plain(self, number: int) -> list[tuple[str, str]]:
        """Agency and item of a batch's events that replace nothing."""
        chance = random.Random(f"{self.seed}:{number}")
        found = []
        for _ in range(SIZE):
            item = chance.choice(ITEMS)[0]
            agency = chance.choice(AGENCIES)
            chance.randint(1, 99_999)
            found.append((agency, item))
        return found

    def sent(self, number: int, again: list[int]) -> list[dict[str, Any]]:
        """A batch with some events of earlier batches mixed in."""
        return self.own(number) + [self.own(old)[old % SIZE] for old in again]


def _event(
    name: str, agency: str, item: str, quantity: Decimal, month: str, replaces: str
) -> dict[str, Any]:
    data = {
        "agency": agency, "charge_item": item, "quantity": format(quantity, "f"),
        "unit": _UNIT[item], "from": f"{month}-05T16:00:00Z", "to": f"{month}-05T17:00:00Z",
    }  # fmt: skip
    if replaces:
        data["replaces"] = replaces
    return {
        "specversion": "1.0", "type": "commonweal.usage.v1", "source": _SOURCE[item], "id": name,
        "data": data,
    }  # fmt: skip


Send = Callable[[list[dict[str, Any]]], None]


def by_call(events: list[dict[str, Any]]) -> None:
    """Submit in this process, each delivery in one committed transaction."""
    with act_as(SYSTEM):
        taken = metering.submit(actor=SYSTEM, events=events)
    if taken.conflicts or taken.rejected:
        wrong = [*taken.conflicts, *taken.rejected]
        raise RuntimeError(f"intake refused {len(wrong)} of a batch: {wrong[0]}")


class Intake:
    """The campaign: what was sent and acknowledged so far, and in which month."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.site, self.result = plan, plan.site, plan.result
        self.folder = self.site.work / "intake"
        self.folder.mkdir()
        self.marks = Marks(self.folder / "marks")
        self.months: dict[int, str] = {}
        self.month = 0
        self.done = 0
        self.web = Web(self.folder / "web.log")

    def run(self) -> None:
        """Kill until kills or time are used up, then compare with the model."""
        self.centre = self.plan.centre("intake", self.folder / "data")
        self.plan.begin()
        in_month = 0
        while self.plan.goes_on():
            self.round()
            in_month += 1
            if in_month % 20 == 0:
                self.check()
            if in_month >= KILLS_PER_MONTH and self.month < len(MONTHS) - 1:
                self.seal_month()
                in_month = 0
        self.web.close()
        self.finish()

    def batches(self) -> Batches:
        """The model so far; a batch not yet begun is of the present month."""
        for number in range(self.done, self.done + 400):
            self.months[number] = MONTHS[self.month]
        return Batches(self.plan.seed, self.months)

    def sending(self, model: Batches, send: Send, seed: int) -> None:
        """In a child: send batch after batch from the first unacknowledged one, acknowledged
        ones mixed in, until killed."""
        chance = random.Random(seed)
        first = self.done
        if first and chance.random() < 0.5:  # an acknowledged batch, whole, once more
            send(model.own(chance.randrange(first)))
        for number in range(first, first + 400):
            again = [chance.randrange(number) for _ in range(min(number, 4))]
            self.marks.begin(number)
            send(model.sent(number, again))
            self.marks.done(number)

    def round(self) -> None:
        """Start a sender, kill it or what serves it, and note what was acknowledged."""
        draw = self.plan.chance.random()
        over_web = draw > 0.55
        send: Send = by_call
        if over_web:
            self.web.ensure()
            send = partial(_by_web, self.web.port, self.centre.token)
        log = self.folder / "sender.log"
        seed = self.plan.chance.getrandbits(32)
        before = self.marks.size()
        child = Child(partial(self.sending, self.batches(), send, seed), log)
        while self.marks.size() == before and not child.wait(0):
            time.sleep(0.002)
        self.plan.pause(0.25)
        hit = self.plan.chance.random()
        if hit < DATABASE_SHARE:
            self.plan.kill_database()
            self.plan.pause(0.05)
            child.wait(0.5)
        elif over_web and hit < 0.85 and self.web.kill():
            self.result.killed("web", self._in_flight())
            child.wait(0.5)
        if child.kill():
            self.result.killed("sender", self._in_flight())
        if child.failure:
            self.result.found(f"a sender failed: {child.failure}")
        if hit < DATABASE_SHARE:
            self.site.start_server()
        self.done = max(self.marks.read()[0], default=-1) + 1

    def _in_flight(self) -> bool:
        return self.marks.read()[1]

    def resend(self) -> None:
        """Send the batch that was begun last and not acknowledged, undisturbed."""
        seen, open_one = self.marks.read()
        self.done = max(seen, default=-1) + 1
        if open_one:
            model = self.batches()
            in_child(partial(by_call, model.own(self.done)), self.folder)
            self.marks.done(self.done)
            self.done += 1

    def seal_month(self) -> None:
        """Freeze, write and seal a month under kills; afterwards its records are duplicates."""
        self.resend()
        month = MONTHS[self.month]
        self.web.kill()
        longest = 0.3
        while True:
            child = Child(partial(_seal, month), self.folder / "seal.log")
            self.plan.pause(longest)
            longest *= 1.15
            if self.plan.chance.random() < 0.15:
                self.plan.kill_database()
                child.wait(2)
                self.site.start_server()
            if child.kill():
                self.result.killed("sealing")
            elif child.code == 0:
                break
            elif child.failure:
                self.result.found(f"sealing {month} failed: {child.failure}")
                break
        self.result.count("months sealed")
        self.month += 1
        first = [number for number in range(self.done) if self.months[number] == month]
        if first:
            chosen = self.plan.chance.sample(first, min(5, len(first)))
            model = self.batches()
            for number in chosen:
                in_child(partial(by_call, model.own(number)), self.folder)
            self.result.count("batches resent into sealed months", len(chosen))
        self.check()

    def finish(self) -> None:
        """Resend what is open, then compare and verify the trail."""
        self.resend()
        self.check()
        sound = in_child(_trail, self.folder)
        for problem in sound:
            self.result.found(f"audit trail: {problem}")
        self.result.count("batches acknowledged", self.done)
        self.result.count("records acknowledged", self.done * SIZE)

    def check(self) -> None:
        """Compare everything stored with the model of what was acknowledged."""
        self.site.quiet("intake")
        self.resend()
        model = self.batches()
        expected: Counter[str] = Counter()
        counted: dict[str, Decimal] = {}
        for number in range(self.done):
            for event in model.own(number):
                key, month = _key(event), self.months[number]
                expected[key] += 1
                data = event["data"]
                place = f"{month} {data['agency']} {data['charge_item']}"
                counted[place] = counted.get(place, Decimal(0)) + Decimal(data["quantity"])
                if replaced := data.get("replaces"):
                    before = _quantity(model, replaced)
                    counted[place] -= before
        stored, totals, wrong = in_child(partial(_stored, MONTHS[: self.month + 1]), self.folder)
        compare(self.result, "record", expected, stored)
        for place in sorted(counted.keys() | totals.keys()):
            ours, theirs = counted.get(place, Decimal(0)), totals.get(place, Decimal(0))
            if ours != theirs:
                self.result.found(f"total of {place}: {theirs} stored, {ours} acknowledged")
        if wrong:
            self.result.found(f"{wrong} conflicts or quarantined records, none was sent")
        self.result.count("comparisons")
        kills, done = self.result.total_kills, self.done
        self.plan.say(f"{kills} kills, {done * SIZE:,} records compared")


def _key(event: dict[str, Any]) -> str:
    data = event["data"]
    quantity = format(Decimal(data["quantity"]).quantize(Decimal("1e-6")), "f")
    replaces = data.get("replaces", "")
    return f"{event['id']} {data['agency']} {data['charge_item']} {quantity} {replaces}".strip()


def _quantity(model: Batches, name: str) -> Decimal:
    number, _, place = name[1:].partition("-")
    return Decimal(model.own(int(number))[int(place)]["data"]["quantity"])


def _by_web(port: int, token: str, events: list[dict[str, Any]]) -> None:
    """Send by the HTTP API; a connection that breaks ends the sender, as a loss would."""
    try:
        status, body = post_batch(HTTPConnection("127.0.0.1", port, timeout=20), token, events)
    except (OSError, HTTPException):
        raise SystemExit(0) from None
    if status >= 500:
        raise SystemExit(0)
    if status not in (200, 201):
        raise RuntimeError(f"the API answered {status}: {body[:200]!r}")


def _seal(month: str) -> None:
    with act_as(SYSTEM):
        metering.freeze_period(actor=SYSTEM, period=month)
    with act_as(SYSTEM):
        metering.write_partitions(actor=SYSTEM, period=month)
    with act_as(SYSTEM):
        metering.seal_period(actor=SYSTEM, period=month)


def _stored(months: tuple[str, ...]) -> tuple[Counter[str], dict[str, Decimal], int]:
    """Every stored record, in PostgreSQL or in sealed files; the totals; what was refused."""
    found: Counter[str] = Counter()
    totals: dict[str, Decimal] = {}
    with act_as(SYSTEM):
        with connection.cursor() as cursor:
            cursor.execute(_STORED)
            for row in cursor.fetchall():
                found[" ".join(row).strip()] += 1
            cursor.execute("SELECT id::text, code FROM party_agency")
            names = dict(cursor.fetchall())
            cursor.execute("SELECT id::text, code FROM catalogue_chargeitem")
            names |= dict(cursor.fetchall())
            cursor.execute(
                "SELECT (SELECT coalesce(sum(conflicts + rejected), 0) FROM metering_usagebatch)"
                " + (SELECT count(*) FROM metering_quarantine)"
            )
            (wrong,) = cursor.fetchone()
        for month in months:
            for path in _sealed_files(month):
                found += _in_file(path, names)
            for total in metering.totals(SYSTEM, month):
                agency, item = names[str(total.agency_id)], names[str(total.charge_item_id)]
                place = f"{month} {agency} {item}"
                totals[place] = totals.get(place, Decimal(0)) + total.quantity
    return found, totals, int(wrong)


def _sealed_files(month: str) -> list[Path]:
    from django.conf import settings

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT path FROM metering_partition WHERE period = %s AND sealed_at IS NOT NULL "
            "AND kind IN ('usage', 'replaced')",
            [month],
        )
        return [Path(settings.DATA_DIR) / path for (path,) in cursor.fetchall()]


def _in_file(path: Path, names: dict[str, str]) -> Counter[str]:
    import duckdb

    rows = duckdb.execute(
        "SELECT external_id, agency_id::varchar, charge_item_id::varchar, quantity::varchar, "
        "coalesce(replaces, '') FROM read_parquet(?)",
        [str(path)],
    ).fetchall()
    return Counter(
        f"{name} {names[agency]} {names[item]} {quantity} {replaces}".strip()
        for name, agency, item, quantity, replaces in rows
    )


def _trail() -> tuple[str, ...]:
    with act_as(SYSTEM):
        while seal():
            pass
        return verify().problems


def run(plan: Plan) -> None:
    """The campaign."""
    seen = Intake(plan)
    try:
        seen.run()
    finally:
        seen.web.close()
