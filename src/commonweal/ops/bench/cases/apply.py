"""Changed opening hours, and other promises: shown before, accepted, and put on the clocks of very
many open cases, in steps as a worker does.

The cases are of both desks, with every kind of promise: working days, hours, levels, pauses; from
`DRAWN` on, cases are copies of those drawn, with their events and clocks. After the changes
the clocks of some cases, drawn evenly, are compared with their events. The baseline of the same run
is a bare UPDATE of the same rows.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import connection, connections

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.public import Case, Clock
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.party.public import Agency

from .site import Site

STEP = 2_000
DRAWN = 2_000
PROVED = 4_000
TABLES = ("casework_case", "casework_caseevent", "casework_clock", "casework_clockfiring")
_COPY = """
INSERT INTO {table} ({columns}) SELECT {values} FROM {table} WHERE {own} = ANY(%(ids)s)"""
CALENDAR = "office"
WAYS = ("web", "email", "phone", "api")
SUBJECTS = (
    ("incident", "printer"), ("incident", "network"), ("incident", "laptop"), ("incident", "mail"),
    ("password", "forgotten"), ("question", "bill"), ("question", "service"),
)  # fmt: skip
"""Kinds and subjects whose forms need no answer."""


def measure(site: Site, *, cases: int) -> dict[str, Any]:
    """Load open cases, show what a closed day would change, accept it, put it on, and prove it."""
    chance, began = random.Random(1), time.perf_counter()
    _load(site, chance, min(cases, DRAWN))
    before = _proof()
    _multiply(cases)
    loaded = time.perf_counter() - began
    _say(f"{cases:,} cases after {loaded:.0f} s")
    version = _draft(site)
    with act_as(site.owner):
        shown, preview = _timed("preview", partial(catalogue.calendar_changes, site.owner, version))
    with act_as(site.owner):
        catalogue.propose_calendar(actor=site.owner, version_id=version)
    with act_as(site.director):
        catalogue.decide_calendar(actor=site.director, version_id=version, approved=True)
    hours = partial(_in_steps, site, partial(casework.apply_calendar, code=CALENDAR))
    done, applied = _timed("put on", hours)
    again, same = _timed("once more", hours)
    bare = _bare()
    _shorten(site)
    with act_as(site.owner):
        other, looked = _timed("promises", partial(casework.promise_changes, site.owner))
    replaced, took = _timed("promises put on", partial(_in_steps, site, casework.apply_promises))
    return {
        "cases": cases, "loaded": loaded, "preview": preview, "applied": applied,
        "again": same, "shown": {name.partition(".")[2]: n for name, n in shown.items()},
        "done": {"clocks": done.clocks, "earlier": done.earlier, "later": done.later},
        "longest": done.longest, "moved_again": again.earlier + again.later,
        "bare": bare, "before": before, "promises": _promises(),
        "other": {"preview": looked, "applied": took, "cases": other.cases,
                  "put_on": replaced.clocks, "moved": replaced.earlier + replaced.later,
                  "longest": replaced.longest},
        "after": _proof(),
    }  # fmt: skip


@dataclass
class Steps:
    """What the steps of a work did, and how long the longest held its cases, in seconds."""

    clocks: int = 0
    earlier: int = 0
    later: int = 0
    longest: float = 0.0


def _in_steps(site: Site, work: Callable[..., Any]) -> Steps:
    """Put something on the open cases, each step its own transaction."""
    total, place = Steps(), None
    while True:
        began = time.perf_counter()
        with act_as(site.owner):
            found = work(actor=site.owner, after=place, step=True)
        total.longest = max(total.longest, time.perf_counter() - began)
        total.clocks += found.clocks
        total.earlier += found.earlier
        total.later += found.later
        if found.place is None:
            return total
        place = found.place


def _shorten(site: Site) -> None:
    """Every promise of a resolution on the office's hours takes half as long from today on."""
    with act_as(site.owner):
        for row in casework.promises(site.owner):
            if row.calendar != CALENDAR or row.metric != "resolution" or row.ends is not None:
                continue
            half = row.target_seconds // 2 if row.target_seconds else None
            days = max(row.target_days - 1, 1) if row.target_days else None
            promise = casework.Promise(
                code=row.code, name=row.name, metric=row.metric, calendar=row.calendar,
                starts=now().date(), kind=row.kind, level=row.level, conditions=row.conditions,
                target_seconds=half, target_days=days,
                end_of_day=row.end_of_day, pauses=row.pauses, pause_cap=row.pause_cap,
                reopen=row.reopen, reclassify=row.reclassify, levels=row.levels,
            )  # fmt: skip
            casework.put_promise(actor=site.owner, promise=promise)


def _timed(what: str, work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    found = work()
    took = time.perf_counter() - began
    _say(f"{what}: {took:.1f} s")
    return found, took


def _load(site: Site, chance: random.Random, count: int) -> None:
    """Open cases of the last days, some waiting, some answered, some moved to another agent."""
    with act_as(SYSTEM):
        agencies = list(Agency.objects.exclude(kind="centre").order_by("code"))
    moment = now()
    for first in range(0, count, STEP):
        pasts = [
            _past(site, chance, chance.choice(agencies).pk, moment)
            for _ in range(min(STEP, count - first))
        ]
        with act_as(site.owner):
            casework.load_history(actor=site.owner, cases=pasts)


def _multiply(wanted: int) -> None:
    """Copy the cases drawn, with their events and clocks, until there are as many as wanted."""
    with act_as(SYSTEM):
        drawn = list(Case.objects.order_by("id").values_list("pk", flat=True))
    for turn in range(1, -(-wanted // len(drawn))):
        ids = drawn[: wanted - turn * len(drawn)]
        with act_as(SYSTEM), connection.cursor() as cursor:
            for name in TABLES:
                cursor.execute(
                    "SELECT column_name FROM information_schema.columns"
                    " WHERE table_schema = current_schema() AND table_name = %s", [name]
                )  # fmt: skip
                made = {
                    "id": f"md5(id::text || '{turn}')::uuid",
                    "case_id": f"md5(case_id::text || '{turn}')::uuid",
                    "number": f"number || '-{turn}'",
                }
                columns = [row[0] for row in cursor.fetchall()]
                values = ", ".join(made.get(each, each) for each in columns)
                own = "id" if name == TABLES[0] else "case_id"
                statement = _COPY.format(
                    table=name, columns=", ".join(columns), values=values, own=own
                )
                cursor.execute(statement, {"ids": ids})
    owner = connections["owner"]
    with owner.cursor() as cursor:
        for name in TABLES:
            cursor.execute(f"ANALYZE {name}")


def _past(site: Site, chance: random.Random, agency: UUID, moment: datetime) -> casework.Past:
    kind, category = chance.choice(SUBJECTS)
    came = moment - timedelta(minutes=chance.randrange(30, 6 * 1440))
    later = sorted(chance.random() for _ in range(3))
    at = [came + (moment - came) * each for each in later]
    steps = []
    if chance.random() < 0.5:
        steps.append(casework.Step(at[0], "out", "We look at it.", by=site.agent.user_id))
    if chance.random() < 0.4:
        steps.append(casework.Step(at[1], "state", "waiting_requester", by=site.agent.user_id))
        if chance.random() < 0.5:
            steps.append(casework.Step(at[2], "state", "in_progress", by=site.agent.user_id))
    return casework.Past(
        agency_id=agency, case_type=kind, category=category, subject=f"About the {category}",
        text="It does not do what it should.", channel=chance.choice(WAYS), opened_at=came,
        impact=chance.choice(("high", "medium", "low", "low")),
        urgency=chance.choice(("high", "medium", "low", "low")), steps=steps,
    )  # fmt: skip


def _draft(site: Site) -> UUID:
    """The office's hours with one more closed day: the next working day but one."""
    day = _soon(now().date() + timedelta(days=2))
    with act_as(site.owner):
        version = catalogue.draft_calendar(
            actor=site.owner, code=CALENDAR, starts=now().date(), note="The heating is mended."
        )
        catalogue.put_calendar_day(
            actor=site.owner, version_id=version.pk, day=day, kind="closed", reason="Heating"
        )
    return version.pk


def _soon(day: date) -> date:
    while day.weekday() > 4:
        day += timedelta(days=1)
    return day


def _bare() -> float:
    """Seconds to write the due moments of the same clocks and cases, and nothing else."""
    began = time.perf_counter()
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE casework_clock SET due_at = due_at + interval '1 day', next_at = next_at +"
            " interval '1 day' WHERE state IN ('running', 'paused')"
        )
        cursor.execute(
            "UPDATE casework_case SET due_at = due_at + interval '1 day', sort_due = due_at"
            " + interval '1 day' WHERE phase IN ('open', 'waiting') AND due_at IS NOT NULL"
        )
        took = time.perf_counter() - began
        connection.set_rollback(True)
    return took


def _promises() -> int:
    with act_as(SYSTEM):
        return Clock.objects.values("definition").distinct().count()


def _proof() -> dict[str, int]:
    """What the nightly proof finds of some cases, drawn evenly."""
    with act_as(SYSTEM):
        ids = list(Case.objects.order_by("id").values_list("pk", flat=True))
        some = ids[:: max(len(ids) // PROVED, 1)]
        row = casework.audit_clocks(actor=SYSTEM, only=some)
    _say(f"{row.drifted} of {row.clocks:,} clocks differ")
    return {"clocks": row.clocks, "drifted": row.drifted, "cases": row.cases}


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)
