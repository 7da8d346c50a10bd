"""From a bill line into fifty million usage records: pages of a line, warm, cold and first of all.

A small demo of two closed months; in the third, fifty million records made up in the form in which
the product keeps them (sealed Parquet files, one an agency, behind the manifest), frozen, rated and
drafted by the close's own steps. Agencies and lines are of very different size. Random lines are
then opened through Django's whole stack: their first page, a page from their middle, one bureau,
one day, both. What a page says is compared with a plain query over the usage file.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from .pages import SEED, Visitors, _command, _summary, _timed

FACTS = 50_000_000
LAST, PERIOD = "2026-09", "2026-10"
SAMPLES = 300
CHECKED = 40
KINDS = ("first page", "from the middle", "one bureau", "one day", "one bureau, one day")


def bench_drill(folder: Path, facts: int = FACTS) -> list[dict[str, str]]:
    """Rows for the bench's table; makes the centre where it is missing (a quarter of an hour)."""
    prepared = subprocess.run(
        _command(folder, "demo", "--once", "--json", "--size", "small", "--as-of", LAST,
                 "--months", "2"),
        check=True,
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    assert prepared.returncode == 0
    _child(folder, "make", str(facts))
    first = _child(folder, "first")
    found = _child(folder, "measure")
    lines = f"{found['records']:,} records, {found['lines']} lines of up to {found['largest']:,}"
    base = f"a bare DuckDB lookup of one record {found['bare']:.1f} ms"
    rows = [
        (f"page of a line, {lines}, p95", f"{found['all']['p95']:.0f}", "ms", "≤ 200",
         f"p50 {found['all']['p50']:.0f}, largest {found['all']['max']:.0f} ms; {base}"),
        ("the same, without waiting for a processor that other work held, p95",
         f"{found['all']['free95']:.0f}", "ms", "≤ 200", f"p50 {found['all']['free50']:.0f} ms"),
        ("processor time of such a page, without PostgreSQL's, p95",
         f"{found['all']['cpu95']:.0f}", "ms", "none", f"p50 {found['all']['cpu50']:.0f} ms"),
        *(
            (f"{kind}, {took['count']} pages, p95", f"{took['p95']:.0f}", "ms", "≤ 200",
             f"p50 {took['p50']:.0f}, largest {took['max']:.0f} ms")
            for kind, took in found["kinds"].items()
        ),
        (f"the largest line alone, {found['largest']:,} records, p95",
         f"{found['top']['p95']:.0f}", "ms", "≤ 200",
         f"p50 {found['top']['p50']:.0f}, largest {found['top']['max']:.0f} ms"),
        ("the same lines, files not in memory, p95", f"{found['cold']['p95']:.0f}", "ms",
         "≤ 200", f"p50 {found['cold']['p50']:.0f}, largest {found['cold']['max']:.0f} ms"),
        ("the first page that a process opens of an agency's month: its files' hashes, largest",
         f"{first['max']:.0f}", "ms", "none",
         f"p50 {first['p50']:.0f} ms; {first['megabytes']:,} MB in the largest two files"),
        (f"pages compared with a plain count, of {found['checked']}", f"{found['wrong']}",
         "wrong", "0", ""),
    ]  # fmt: skip
    names = ("what", "result", "unit", "target", "baseline")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _child(folder: Path, *words: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, str(folder), *words],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _say(text: str) -> None:
    print(f"drill: {text}", file=sys.stderr, flush=True)


def make(folder: Path, facts: int) -> dict[str, Any]:
    """The month of so many records, up to its draft bills; once."""
    from commonweal.kernel.access.public import SYSTEM, act_as
    from commonweal.kernel.metering.public import source_checks

    done = folder / "drill.json"
    if done.exists():
        kept: dict[str, Any] = json.loads(done.read_text())
        return kept
    # Benches of their rooms, no part of what these offer to others.
    month = import_module("commonweal.practices.charging.closing.bench_month")
    with act_as(SYSTEM):
        sources = source_checks(SYSTEM, PERIOD)
        codes = tuple(check.source.code for check in sources)
        feeds = {item: check.source.code for check in sources for item in check.source.items}
        made = _make_usage(facts, month.fit_items(), feeds, codes[0])
        month.close_to_drafts(SYSTEM, PERIOD, codes, _say)
    found = {"facts": made}
    done.write_text(json.dumps(found))
    return found


def _make_usage(facts: int, items: set[str], feeds: dict[str, str], source: str) -> int:
    """Files for every agency: the n-th largest has 1/n of the largest's records, and so its
    lines."""
    from commonweal.kernel.access.public import SYSTEM
    from commonweal.kernel.calendar.public import FiscalPeriod
    from commonweal.kernel.catalogue.public import order_lines_in_force
    from commonweal.kernel.party.public import bureaus

    files = import_module("commonweal.kernel.metering.storage.bench_files")
    period = FiscalPeriod.parse(PERIOD)
    span = (_midday(period.first_day), _midday(period.end_day) - timedelta(days=1))
    lines: dict[Any, list[Any]] = {}
    for line in order_lines_in_force(SYSTEM, None, period):
        if str(line.charge_item_id) in items:
            lines.setdefault(line.agency_id, []).append(line)
    made = 0
    for agency, share in zip(sorted(lines), _shares(facts, len(lines)), strict=True):
        wanted = [
            files.MadeLine(
                line.charge_item_id, line.id, line.unit_code, feeds.get(line.item_code, source),
                records,
            )
            for line, records in zip(
                lines[agency], _shares(share, len(lines[agency])), strict=True
            )
        ]  # fmt: skip
        own = [bureau.pk for bureau in bureaus(SYSTEM, agency)]
        files.make_usage_file(agency, PERIOD, span, wanted, own)
        made += share
        _say(f"made {made:,} records")
    return made


def _midday(day: Any) -> datetime:
    """Twelve hours inside the month in every zone."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def _shares(total: int, parts: int) -> list[int]:
    """1, 1/2, 1/3 … of the largest, in whole numbers that add up."""
    weight = sum(1 / n for n in range(1, parts + 1))
    found = [int(total / weight / n) for n in range(1, parts + 1)]
    found[0] += total - sum(found)
    return found


@dataclass(frozen=True)
class Sample:
    """A page of a line that somebody opens."""

    line: Any
    kind: str
    query: dict[str, str]

    @property
    def path(self) -> str:
        """Its address."""
        address = f"/agency/lines/{self.line.pk}/usage/"
        return f"{address}?{urlencode(self.query)}" if self.query else address


def _lines(period: str = PERIOD) -> list[Any]:
    """A month's lines that records are behind, largest first."""
    from commonweal.practices.charging.public import BillLine

    found = BillLine.objects.filter(kind="usage", bill__period=period, facts__gt=0)
    return list(found.select_related("bill__agency", "charge_item").order_by("-facts", "id"))


def _sample(line: Any, kind: str, chance: random.Random) -> Sample:
    from commonweal.kernel.access.public import SYSTEM
    from commonweal.kernel.party.public import bureaus
    from commonweal.kernel.schema.public import place_text

    query: dict[str, str] = {}
    day = 2 + chance.randrange(28)
    if "bureau" in kind:
        codes = [bureau.code for bureau in bureaus(SYSTEM, line.agency_id)]
        query["bureau"] = chance.choice([*codes, "none"])
    if "day" in kind:
        query["day"] = f"{PERIOD}-{day:02d}"
    if kind == "from the middle":
        moment = datetime.fromisoformat(f"{PERIOD}-{day:02d}T12:00:00+00:00")
        micros = int(moment.timestamp()) * 1_000_000 + chance.randrange(86_400) * 1_000_000
        query["at"] = place_text(False, (micros, "", ""))
    return Sample(line, kind, query)


def _samples(lines: Sequence[Any], count: int) -> list[Sample]:
    chance = random.Random(SEED)
    return [_sample(chance.choice(lines), KINDS[n % len(KINDS)], chance) for n in range(count)]


def _stats(times: Sequence[Took]) -> dict[str, float]:
    waited = [took[0] for took in times]
    worked, undisturbed = (_summary([took[place] for took in times]) for place in (1, 2))
    return {
        **_summary(waited), "max": max(waited) * 1000, "cpu50": worked["p50"],
        "cpu95": worked["p95"], "free50": undisturbed["p50"], "free95": undisturbed["p95"],
    }  # fmt: skip


Took = tuple[float, float, float]
"""Seconds; of the processor in this process; and without its waiting for a free processor, which
other work on the machine makes long. PostgreSQL's own waiting stays in."""
SCHEDULED = Path("/proc/thread-self/schedstat")


def _queued() -> float:
    """Seconds that this thread has stood ready and waited for a processor (Linux; 0 elsewhere)."""
    return int(SCHEDULED.read_text().split()[1]) / 1e9 if SCHEDULED.is_file() else 0.0


def _opened(browser: Any, sample: Sample) -> Took:
    def visit() -> None:
        answer = browser.get(sample.path)
        assert answer.status_code == 200, (answer.status_code, sample.path)

    worked, queued = time.process_time(), _queued()
    took = _timed(visit)
    return took, time.process_time() - worked, took - (_queued() - queued)


def measure() -> dict[str, Any]:
    """Open random lines again and again; warm, then with the files dropped from memory."""
    from commonweal.kernel.access.public import SYSTEM, act_as

    officer = Visitors().browser("centre:charging.view_all_bills")
    with act_as(SYSTEM):
        lines = _lines()
        samples = _samples(lines, SAMPLES)
        top = _samples(lines[:1], SAMPLES // 5)
        places = {line.agency_id: _files(line) for line in lines}
    for line in {line.agency_id: line for line in lines}.values():
        _opened(officer, Sample(line, KINDS[0], {}))
    warm = [_opened(officer, sample) for sample in samples]
    largest = [_opened(officer, sample) for sample in top]
    cold = []
    for sample in samples[: SAMPLES // 3]:
        for place in places[sample.line.agency_id]:
            _forget(place)
        cold.append(_opened(officer, sample))
    kinds = {
        kind: _stats([took for took, each in zip(warm, samples, strict=True) if each.kind == kind])
        for kind in KINDS
    }
    with act_as(SYSTEM):
        wrong = sum(not _right(sample, places) for sample in samples[:CHECKED])
        bare = _bare(places[lines[0].agency_id][1])
    return {
        "records": sum(line.facts for line in lines), "lines": len(lines),
        "largest": lines[0].facts, "all": _stats(warm), "kinds": kinds, "top": _stats(largest),
        "cold": _stats(cold), "checked": CHECKED, "wrong": wrong, "bare": bare,
    }  # fmt: skip


def first() -> dict[str, Any]:
    """In a process that has opened nothing yet: the first page of each agency's month."""
    from commonweal.kernel.access.public import SYSTEM, act_as

    officer = Visitors().browser("centre:charging.view_all_bills")
    with act_as(SYSTEM):
        lines = {line.agency_id: line for line in reversed(_lines())}
        sizes = [_bytes(line) for line in lines.values()]
        other = _lines(LAST)[0]
    _opened(officer, Sample(other, KINDS[0], {}))
    times = [_opened(officer, Sample(line, KINDS[0], {})) for line in lines.values()]
    return {**_stats(times), "megabytes": max(sizes) // 1_000_000}


def _manifest(line: Any) -> list[Any]:
    """The rated and the usage file of a line's month; not opened yet."""
    from commonweal.kernel.access.public import SYSTEM
    from commonweal.kernel.metering.public import agency_files

    wanted = [(PERIOD, kind) for kind in ("rated", "usage")]
    found = agency_files(SYSTEM, line.agency_id, wanted)
    return [found[key] for key in wanted]


def _files(line: Any) -> list[Path]:
    return [file.path for file in _manifest(line)]


def _bytes(line: Any) -> int:
    from django.conf import settings

    return sum((Path(settings.DATA_DIR) / file.relative).stat().st_size for file in _manifest(line))


def _forget(place: Path) -> None:
    """Drop a file from the system's memory; no rights are needed, and nothing else is dropped."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(handle)


def _bare(usage: Path) -> float:
    """Milliseconds to find one record of a usage file by its moment and name, in DuckDB alone."""
    import duckdb

    base = duckdb.connect(":memory:")
    base.execute("SET threads = 1")
    text = "SELECT quantity, origin_ref FROM read_parquet(?) WHERE starts = ? AND external_id = ?"
    found = base.execute(
        "SELECT epoch_us(starts), external_id FROM read_parquet(?) LIMIT 1", [str(usage)]
    ).fetchone()
    assert found is not None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=found[0])
    look = partial(base.execute, text, [str(usage), moment, found[1]])
    times = [_timed(lambda: look().fetchall()) for _ in range(20)]
    base.close()
    return _summary(times)["p50"]


def _right(sample: Sample, places: dict[Any, list[Path]]) -> bool:
    """Whether what a page says is what a plain query over the usage file says."""
    import duckdb

    from commonweal.kernel.access.public import SYSTEM
    from commonweal.kernel.party.public import bureaus, centre
    from commonweal.kernel.schema.public import Place, place_parts
    from commonweal.practices.charging.public import line_facts

    line, query = sample.line, sample.query
    terms, values = ["order_line_id = ?::UUID"], [str(line.order_line_id)]
    if query.get("bureau") == "none":
        terms.append("bureau_id IS NULL")
    elif "bureau" in query:
        ids = {bureau.code: bureau.pk for bureau in bureaus(SYSTEM, line.agency_id)}
        terms.append("bureau_id = ?::UUID")
        values.append(str(ids[query["bureau"]]))
    if "day" in query:
        terms.append("CAST(timezone(?, starts) AS DATE) = CAST(? AS DATE)")
        values += [centre().zone, query["day"]]
    where = " AND ".join(terms)
    base = duckdb.connect(":memory:")
    base.execute("SET TimeZone = 'UTC'")
    usage = f"read_parquet('{places[line.agency_id][1]}')"
    counted = base.execute(
        f"SELECT count(*), coalesce(sum(quantity), 0) FROM {usage} WHERE {where}", values
    ).fetchone()
    after = 0
    if "at" in query:
        after = int(place_parts(query["at"], 3)[1][0])
    rows = base.execute(
        f"SELECT external_id, epoch_us(ends), origin_ref FROM {usage} WHERE {where}"
        f" AND starts >= make_timestamptz({after}) ORDER BY starts, source, external_id LIMIT 50",
        values,
    ).fetchall()
    base.close()
    found = line_facts(
        SYSTEM, line.pk, place=Place(query.get("at", "")), bureau=query.get("bureau", ""),
        day=query.get("day", ""),
    )  # fmt: skip
    shown = [(row.record, int(row.ends.timestamp()) * 1_000_000, row.origin) for row in found.rows]
    return bool(counted == (found.records, found.quantity) and rows == shown)


def main(folder: str, work: str, facts: str = "0") -> None:
    """One part in a process of its own; JSON on standard output."""
    from commonweal.interfaces.cli.main import setup

    setup(Path(folder))
    parts: dict[str, Callable[[], dict[str, Any]]] = {
        "make": partial(make, Path(folder), int(facts)), "first": first, "measure": measure,
    }  # fmt: skip
    print(json.dumps(parts[work]()))


if __name__ == "__main__":
    main(*sys.argv[1:])
