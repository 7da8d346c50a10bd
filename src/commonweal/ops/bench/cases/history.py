"""A history of an old desk taken in from a CSV file of events: tried, loaded, then looked at.

Each case comes, is answered, waits, goes on, is solved and closed; the newest are still open. The
baseline of the same run is a bare COPY of the same lines into a table without an index.
"""

from __future__ import annotations

import csv
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection, connections

from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework import public as casework
from commonweal.kernel.party.public import Agency

from .apply import SUBJECTS
from .lists import _all, _slow, _timed, counted, found_by, looks
from .plans import Watch
from .site import Site

HEADS = ("case", "agency", "kind", "category", "subject", "text", "channel", "who", "mail",
         "activity", "at")  # fmt: skip
MAPPING = {
    "kind": "events",
    "columns": {
        "id": "case", "agency": "agency", "case_type": "kind", "category": "category",
        "subject": "subject", "text": "text", "channel": "channel", "requester_name": "who",
        "requester_email": "mail", "activity": "activity", "at": "at",
    },
    "activities": {
        "Answered": {"direction": "out"},
        "Asked back": {"phase": "waiting", "reason": "requester"},
        "Went on": {"phase": "open"},
        "Solved": {"phase": "resolved"},
        "Closed": {"phase": "closed"},
    },
}  # fmt: skip
STEPS = (("Came", 0), ("Answered", 90), ("Asked back", 300), ("Went on", 1_500), ("Solved", 3_000),
         ("Closed", 9_000))  # fmt: skip
"""What happens, and about how many minutes after the case came."""
YEARS = 3
WORDS = ("printer", "scanner", "laptop", "mailbox", "network", "account", "folder", "licence",
         "bench", "permit", "form", "password")  # fmt: skip


def measure(site: Site, *, cases: int) -> dict[str, Any]:
    """Write the file, try it, load it, and look at every list."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.csv"
        lines = _write(path, cases)
        tried, dry = _taken(site, path, dry_run=True)
        loaded, took = _taken(site, path, dry_run=False)
        size, bare = path.stat().st_size, _bare(path)
    _settle()
    with act_as(SYSTEM):
        proof = casework.audit_clocks(actor=SYSTEM)
    watch = Watch()
    lists = _timed(watch, looks(site))
    return {
        "cases": loaded.cases, "events": loaded.events, "lines": lines, "bytes": size,
        "refused": loaded.refused, "tried": [tried.cases, tried.refused],
        "dry": sum(dry), "loaded": sum(took), "steps": [round(each, 2) for each in took],
        "bare": bare, "drifted": proof.drifted, "proved": proof.clocks,
        "lists": {**_all(lists), "slow": _slow(lists, 50)}, "scans": sorted(watch.scans),
        "search": _all(_timed(watch, found_by(site))),
        "counters": _all(_timed(watch, counted(site))),
    }  # fmt: skip


def _write(path: Path, cases: int) -> int:
    """The lines, in the order of their times, as a desk would give its log."""
    chance, moment = random.Random(1), now()
    with act_as(SYSTEM):
        codes = list(
            Agency.objects.exclude(kind="centre").order_by("code").values_list("code", flat=True)
        )
    lines = sorted(
        (line for number in range(cases) for line in _case(chance, number, cases, codes, moment)),
        key=lambda line: line[-1],
    )
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADS)
        writer.writerows(lines)
    return len(lines)


def _case(
    chance: random.Random, number: int, cases: int, codes: list[str], moment: datetime
) -> Iterator[tuple[str, ...]]:
    kind, category = chance.choice(SUBJECTS)
    came = moment - timedelta(days=YEARS * 365 * (1 - number / cases), minutes=5)
    thing, asker = chance.choice(WORDS), chance.randrange(4_000)
    fixed = (
        f"OLD-{number}", chance.choice(codes), kind, category,
        f"The {thing} in room {chance.randrange(400)}",
        f"It does not do what it should since {chance.choice(WORDS)} {chance.randrange(3_000)}.",
        chance.choice(("web", "email", "phone")), f"Asker {asker}", f"asker{asker}@old.example",
    )  # fmt: skip
    for name, minutes in STEPS:
        at = came + timedelta(minutes=minutes * (0.5 + chance.random()))
        if at < moment:
            yield (*fixed, name, at.isoformat(timespec="seconds"))


def _taken(site: Site, path: Path, *, dry_run: bool) -> tuple[casework.CaseImport, list[float]]:
    """The import, and the seconds of each step of a thousand cases."""
    with act_as(site.owner):
        row = casework.start_import(
            actor=site.owner, path=path, source="old desk", mapping=MAPPING, dry_run=dry_run
        )
    began, took = [time.perf_counter()], []

    def tell(_done: int) -> None:
        moment = time.perf_counter()
        took.append(moment - began[0])
        began[0] = moment

    return casework.run_import(site.owner, row, path, tell), took


def _bare(path: Path) -> float:
    """Seconds to COPY the same lines into a table without an index."""
    columns = ", ".join(f'"{head}" text' for head in HEADS)
    began = time.perf_counter()
    with act_as(SYSTEM), connection.cursor() as cursor, path.open("rb") as file:
        cursor.execute(f"CREATE TEMPORARY TABLE bench_lines ({columns}) ON COMMIT DROP")
        with cursor.copy("COPY bench_lines FROM STDIN (FORMAT csv, HEADER)") as copy:
            while data := file.read(1 << 20):
                copy.write(data)
    return time.perf_counter() - began


def _settle() -> None:
    """What autovacuum does by itself after a while."""
    owner = connections["owner"]
    how = "ANALYZE" if owner.in_atomic_block else "VACUUM (ANALYZE)"
    with owner.cursor() as cursor:
        for name in ("case", "caseword", "casecount", "contact", "caseevent", "clock"):
            cursor.execute(f"{how} casework_{name}")
