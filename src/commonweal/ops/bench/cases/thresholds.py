"""Levels and passed promises due at random moments, while the workers that set them off are killed.

Each case has a level after a quarter of an hour and a promise that is passed after twenty minutes;
both are put into the measured minutes by when the case came. Two workers look, as the product's
own ticker does; each dies by SIGKILL again and again, and comes back a second later, as under
`serve`. When a level can be seen is what somebody else reads of the table, not what its row says.
"""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, connections

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.jobs.public import Ticker
from commonweal.ops.deep.children import Child, in_child

from .plans import summary
from .site import Site

WORKERS = 2
AFTER = {"level": 900, "breached": 1200}
"""Seconds after a P1 came until its first answer is three quarters due, and is passed."""
LEAD = 8.0
"""Seconds until the first of them is due, for the workers to be there."""
BACK = 1.0
BURST = 0.1
"""The share that is due at one and the same moment."""
PATIENCE = 60
Due = dict[str, tuple[str, float]]
"""By case: what is due, and when (seconds since 1970)."""


def measure(site: Site, *, cases: int, seconds: int, kills: int) -> dict[str, Any]:
    """Undisturbed first, then under kills; what was late, lost or doubled."""
    folder = Path(settings.DATA_DIR) / "thresholds"
    folder.mkdir(parents=True, exist_ok=True)
    connections.close_all()  # what is forked from here on opens its own
    calm = _run(site, folder, cases, seconds, 0)
    hunted = _run(site, folder, cases, seconds, kills)
    return {"calm": calm, "hunted": hunted, "workers": WORKERS, "bare": in_child(_bare, folder)}


def _run(site: Site, folder: Path, cases: int, seconds: int, kills: int) -> dict[str, Any]:
    due: Due = in_child(partial(_load, site, cases, seconds), folder)
    seen = folder / "seen.json"
    seen.unlink(missing_ok=True)
    ends = max(at for _, at in due.values())
    watcher = Child(partial(_watch, due, seen, ends + PATIENCE), folder / "watcher.log")
    killed = _hunt(folder, ends, kills, watcher)
    found: dict[str, float] = json.loads(seen.read_text())
    late = [found[case] - at for case, (_, at) in due.items() if case in found]
    return {
        "due": len(due), "kills": killed, "late": summary(late) if late else {},
        "within": sum(each <= 2 for each in late),
        "lost": len(due) - len(late), **in_child(partial(_proof, list(due)), folder),
    }  # fmt: skip


def _load(site: Site, cases: int, seconds: int) -> Due:
    """Cases that came just so long ago that something is due in the time that is measured."""
    chance, due, pasts = random.Random(cases), {}, []
    # Loading takes a while, of which nobody knows how long: the moments are put behind it.
    began = now() + timedelta(seconds=LEAD + cases * 0.05)
    burst = began + timedelta(seconds=seconds / 2)
    for number in range(cases):
        kind = chance.choice(list(AFTER))
        at = burst if chance.random() < BURST else began + timedelta(
            seconds=chance.random() * seconds
        )  # fmt: skip
        came = at - timedelta(seconds=AFTER[kind])
        name = f"due {number} {began.timestamp():.0f}"
        pasts.append(
            casework.Past(
                agency_id=next(iter(site.liaison.agencies)), case_type="incident",
                category="network", subject=name, text="It is down.", channel="web",
                opened_at=came, impact="high", urgency="high",
                steps=[casework.Step(came, "given", by=site.agent.user_id)],
            )
        )  # fmt: skip
        due[name] = (kind, at.timestamp())
    with act_as(site.owner):
        casework.load_history(actor=site.owner, cases=pasts)
    with act_as(SYSTEM):
        rows = casework.Case.objects.filter(subject__in=list(due)).values_list("subject", "pk")
        return {str(pk): due[name] for name, pk in rows}


def _work() -> None:
    Ticker().run()


def _hunt(folder: Path, ends: float, kills: int, watcher: Child) -> int:
    """Keep the workers alive until everything was seen, and kill them so many times until then."""
    chance, done = random.Random(kills), 0
    workers: list[Child | None] = [None] * WORKERS
    back = [0.0] * WORKERS
    gaps = (ends - time.time()) / (kills + 1) if kills else 0.0
    following = time.time() + gaps
    while not watcher.wait(0.02):
        for place, worker in enumerate(workers):
            if (worker is None or worker.ended()) and time.time() >= back[place]:
                workers[place] = Child(_work, folder / f"worker{place}.log")
        if done < kills and time.time() >= following:
            place = chance.randrange(WORKERS)
            victim = workers[place]
            if victim is not None and victim.kill():
                done += 1
                back[place] = time.time() + BACK
            following += gaps * (0.5 + chance.random())
    for worker in workers:
        if worker is not None:
            worker.kill()
    return done


_SEEN: dict[str, str] = {
    "level": "SELECT case_id FROM casework_clockfiring WHERE case_id = ANY(%s)",
    "breached": "SELECT case_id FROM casework_caseevent WHERE case_id = ANY(%s)"
                " AND kind = 'breached'",
}  # fmt: skip


def _watch(due: Due, seen: Path, ends: float) -> None:
    """Note when each can be read by somebody else; ends when all were, or nobody hopes any more."""
    found: dict[str, float] = {}
    while len(found) < len(due) and time.time() < ends:
        present = time.time()
        for kind, statement in _SEEN.items():
            open_ones = [UUID(case) for case, (what, at) in due.items()
                         if what == kind and case not in found and at <= present]  # fmt: skip
            if open_ones:
                for case in _asked(statement, open_ones):
                    found.setdefault(str(case), time.time())
        time.sleep(0.05)
    seen.write_text(json.dumps(found))


def _asked(statement: str, cases: list[UUID]) -> list[UUID]:
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute(statement, [cases])
        return [row[0] for row in cursor.fetchall()]


def _proof(cases: list[str]) -> dict[str, int]:
    """Levels and breaches that were noted twice for one clock, or told twice to one person; and
    levels that whoever has the case was not told of."""
    ids = [UUID(each) for each in cases]
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute(
            "SELECT case_id, kind, data->>'definition', data->>'cycle', data->>'level'"
            " FROM casework_caseevent WHERE case_id = ANY(%s) AND kind IN ('level', 'breached')",
            [ids],
        )
        noted = Counter(cursor.fetchall())
        cursor.execute(
            "SELECT c.id, m.subject, m.body, m.to_person_id FROM notices_message m"
            " JOIN casework_case c ON position(c.number IN m.subject || ' ' || m.body) > 0"
            " WHERE m.template = 'case_level' AND c.id = ANY(%s)",
            [ids],
        )
        told = Counter(cursor.fetchall())
    heard = {case for case, *_ in told}
    silent = {case for case, kind, *_ in noted if kind == "level"} - heard
    twice = sum(many - 1 for many in [*noted.values(), *told.values()])
    return {"doubled": twice, "untold": len(silent), "told": len(heard)}


def _bare() -> float:
    """Milliseconds of a bare committed INSERT, the median of forty."""
    times = []
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE bench_level (x int)")
        for _ in range(40):
            began = time.perf_counter()
            cursor.execute("INSERT INTO bench_level VALUES (1)")
            times.append(time.perf_counter() - began)
    return summary(times)["p50"]
