"""`commonweal bench`: speed against plain baselines, measured in the same run."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

from .kit import Verbs, add_verb, say, table

EXAMPLES = """\
  commonweal bench                 everything, in full; an hour, 20 GB of disk
  commonweal bench --quick         a tenth of everything
  commonweal bench rating          one of rating, prices, allocation, clocks, intake, ledger, demo,
                                   pages, late, drill, mail, case-lists, case-mails, case-load,
                                   case-thresholds, case-apply, case-history
  commonweal bench case-lists --size 10000000
  commonweal bench case-load --seconds 600
  commonweal bench --json
"""
ABOUT = """\
Uses a database of its own in the folder `bench` of the data folder, where its facts and
journals stay; `pages` builds a small and a large demo there, once, and `drill` one of fifty
million records; each `case-` part makes one of its own, and drops it. Nothing is asserted:
it prints what was measured, the target, and the ratio to a plain baseline."""
PARTS = (
    "rating", "prices", "allocation", "clocks", "intake", "ledger", "demo", "pages", "late",
    "drill", "mail", "case-lists", "case-mails", "case-load", "case-thresholds", "case-apply",
    "case-history",
)  # fmt: skip
CASES = 1_000_000


def register(verbs: Verbs) -> None:
    """Add the verb."""
    parser = add_verb(
        verbs,
        "bench",
        help="measure engines, intake, ledger, demo, pages, late usage, a drill, mail and cases",
        about=ABOUT,
        examples=EXAMPLES,
    )
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], default=[], metavar="PART")
    parser.add_argument("--quick", action="store_true", help="a tenth of the amounts")
    parser.add_argument("--size", type=int, default=CASES, help="cases of case-lists")
    parser.add_argument("--seconds", type=int, default=600, help="how long case-load goes on")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.set_defaults(run=run, needs_database=False)


def machine() -> dict[str, str]:
    """What it ran on."""
    model = "unknown processor"
    cpu = Path("/proc/cpuinfo")
    if cpu.is_file():
        names = [line for line in cpu.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": f"{model}, {cores} cores",
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def run(args: argparse.Namespace) -> int:
    """Measure the parts asked for, and print machine, inputs and ratios."""
    parts = args.parts or list(PARTS)
    size = 10 if args.quick else 1
    rows: list[dict[str, str]] = []
    if set(parts) & {"intake", "ledger", "mail"}:
        prepare(args.data / "bench")
    work: dict[str, Callable[[int], list[dict[str, str]]]] = {
        "rating": rating, "prices": prices, "allocation": allocation, "clocks": clocks,
        "intake": intake, "ledger": ledger, "demo": demo,
        "pages": partial(pages, args.data / "bench"),
        "late": partial(late, args.data / "bench"),
        "drill": partial(drill, args.data / "bench"),
        "mail": mail,
        "case-lists": partial(case_lists, args.data / "bench", args.size),
        "case-mails": partial(case_mails, args.data / "bench"),
        "case-load": partial(case_load, args.data / "bench", args.seconds),
        "case-thresholds": partial(case_thresholds, args.data / "bench"),
        "case-apply": partial(case_apply, args.data / "bench"),
        "case-history": partial(case_history, args.data / "bench"),
    }  # fmt: skip
    for part in parts:
        say(f"Measuring {part}")
        rows += [{"part": part, **row} for row in work[part](size)]
    about = machine()
    if args.json:
        print(json.dumps({"machine": about, "quick": args.quick, "rows": rows}, indent=1))
        return 0
    print("  ".join(about.values()))
    header = ("part", "what", "result", "unit", "target", "baseline")
    table(header, [[row[name] for name in header] for row in rows], "Nothing was measured.")
    return 0


def prepare(folder: Path) -> None:
    """A database of its own with the demo's parties, catalogue and orders, and no history."""
    from .main import setup

    folder.mkdir(parents=True, exist_ok=True)
    setup(folder)
    from commonweal.kernel.party.public import Agency
    from commonweal.ops.demo.agreements import build_agreements
    from commonweal.ops.demo.people import build_catalogue, build_parties
    from commonweal.ops.schema import migrate

    migrate()
    from commonweal.kernel.access.public import SYSTEM, act_as

    with act_as(SYSTEM):
        if Agency.objects.filter(kind="centre").exists():
            return
    say("Building parties, catalogue and orders for the bench")
    today = date.today()  # noqa: DTZ011  the bench measures; no figure depends on the day
    year = today.year - (1 if today.month >= 7 else 2)
    world = build_parties(date(year, 7, 1))
    build_catalogue(world)
    build_agreements(world, date(year, 7, 1), date(year + 2, 7, 1))


def rating(size: int) -> list[dict[str, str]]:
    """The engine on ten million facts (a tenth if quick)."""
    from commonweal.practices.charging.engine.bench import bench_rating

    found: dict[str, Any] = bench_rating(10_000_000 // size)
    facts = f"{found['facts']:,} facts, graduated tiers"
    rows = [
        (facts, f"{found['kernel_seconds']:.2f}", "s", "none",
         f"{found['ratio_to_bare']}× a bare DuckDB order and write (≤ 1.5)"),
        ("against a Decimal loop", f"{found['times_faster_than_loop']}", "times", "≥ 15",
         f"loop scaled to {found['loop_seconds_scaled']} s"),
        ("second path (proof)", f"{found['proof_seconds']:.2f}", "s", "none", ""),
        ("peak memory", f"{found['peak_mb']}", "MB", "≤ 1000", f"bare {found['bare_peak_mb']} MB"),
    ]  # fmt: skip
    names = ("what", "result", "unit", "target", "baseline")
    return [dict(zip(names, row, strict=True)) for row in rows]


def prices(size: int) -> list[dict[str, str]]:
    """Every price model on ten million facts, written; fifty million under a memory cap."""
    from commonweal.practices.charging.engine.bench_prices import bench_capped, bench_prices

    found: dict[str, Any] = bench_prices(10_000_000 // size)
    rows = []
    for kind, run in found["models"].items():
        target = "1.5" if kind == "graduated" else "3"
        rows.append(
            (f"{found['facts']:,} facts, {kind.replace('_', ' ')}", f"{run['seconds']:.2f}", "s",
             "none", f"{run['ratio_to_bare']}× a bare DuckDB order and write (≤ {target})")
        )  # fmt: skip
    capped: dict[str, Any] = bench_capped(50_000_000 // size)
    facts = f"{capped['facts']:,} facts, graduated"
    rows += [
        (facts, f"{capped['seconds']:.2f}", "s", "none",
         f"{capped['ratio_to_bare']}× a bare DuckDB order and write"),
        (f"{facts}: peak memory", f"{capped['peak_mb']}", "MB", f"≤ {capped['cap_mb']}",
         f"with proof {capped['seconds_with_proof']:.2f} s"),
    ]  # fmt: skip
    names = ("what", "result", "unit", "target", "baseline")
    return [dict(zip(names, row, strict=True)) for row in rows]


def allocation(size: int) -> list[dict[str, str]]:
    """Ten million exact cents, and the published record scenario (a tenth of each if quick)."""
    from commonweal.practices.charging.engine.bench_allocation import bench_cents, bench_record

    cents: dict[str, Any] = bench_cents(10_000_000 // size)
    record: dict[str, Any] = bench_record(2_700 // size, 1_800 // size, 3_000 // size,
                                          1_050_000 // size)  # fmt: skip
    rows = [
        (f"{cents['rows']:,} exact cents", f"{cents['exact_seconds']:.2f}", "s", "none",
         f"{cents['ratio_to_naive']}× a rounding query (≤ 2); {cents['pools_off']} pools off, "
         f"the query's {cents['pools_off_naive']}"),
        (f"{record['pools']:,} rules, {record['circular']:,} reciprocal, "
         f"{record['transactions']:,} transactions", f"{record['seconds']:.2f}", "s", "≤ 10",
         f"published 75 s; {record['lineage_rows']:,} lineage rows, {record['pools_off']} off"),
    ]  # fmt: skip
    names = ("what", "result", "unit", "target", "baseline")
    return [dict(zip(names, row, strict=True)) for row in rows]


def clocks(size: int) -> list[dict[str, str]]:
    """A million clocks with three million pauses on arrays (a tenth if quick)."""
    from commonweal.kernel.casework.domain.clocks.bench import bench_clocks

    found: dict[str, Any] = bench_clocks(1_000_000 // size, 3_000_000 // size)
    rows = [
        (f"{found['clocks']:,} clocks, {found['pauses']:,} pauses", f"{found['seconds']:.2f}", "s",
         "≤ 5", f"{found['times_faster']}× plain Python (≥ 15), scaled to "
         f"{found['plain_seconds_scaled']} s; {found['differences']} differences in the sample"),
        ("one clock with three pauses, from its events", f"{found['one_microseconds']:.0f}", "µs",
         "none", ""),
        ("peak memory", f"{found['peak_mb']}", "MB", "none", ""),
    ]  # fmt: skip
    names = ("what", "result", "unit", "target", "baseline")
    return [dict(zip(names, row, strict=True)) for row in rows]


def intake(size: int) -> list[dict[str, str]]:
    """Usage by batch and by file."""
    from commonweal.ops.bench.intake import bench_intake

    return bench_intake(batched=50_000 // size, filed=500_000 // size)


def ledger(size: int) -> list[dict[str, str]]:
    """Journals in bulk, alone, and very long."""
    from commonweal.ops.bench.ledger import bench_ledger

    return bench_ledger(journals=50_000 // size, per_client=500 // size)


def demo(size: int) -> list[dict[str, str]]:
    """The demo's first page, cold and warm."""
    from commonweal.ops.bench.first_page import bench_first_page

    return bench_first_page()


def pages(folder: Path, size: int) -> list[dict[str, str]]:
    """Every list and the reason of a line, in a small and in a large centre (medium if quick)."""
    from commonweal.ops.bench.pages import bench_pages

    name = "large" if size == 1 else "medium"
    return bench_pages(folder / "small", folder / name, name)


def late(folder: Path, size: int) -> list[dict[str, str]]:
    """From a late record to its corrected draft line, in the small demo."""
    from commonweal.ops.bench.late import bench_late

    return bench_late(folder / "small")


def mail(size: int) -> list[dict[str, str]]:
    """Messages read, folded and made safe."""
    from commonweal.ops.bench.mail import bench_mail

    return bench_mail(10_000 // size)


def drill(folder: Path, size: int) -> list[dict[str, str]]:
    """From a bill line into fifty million usage records (five if quick)."""
    from commonweal.ops.bench.drill import FACTS, bench_drill

    return bench_drill(folder / ("drill" if size == 1 else "drill-quick"), FACTS // size)


def case_lists(folder: Path, cases: int, size: int) -> list[dict[str, str]]:
    """Every list of a million cases, or as many as asked for (a tenth if quick)."""
    from commonweal.ops.bench.cases.report import bench_lists

    return bench_lists(folder, max(cases // size, 1_000))


def case_mails(folder: Path, size: int) -> list[dict[str, str]]:
    """E-mails over LMTP into the database (a tenth if quick)."""
    from commonweal.ops.bench.cases.report import bench_mails

    return bench_mails(folder, 2_000 // size)


def case_load(folder: Path, seconds: int, size: int) -> list[dict[str, str]]:
    """A mixed load against the real server (a tenth of the time if quick)."""
    from commonweal.ops.bench.cases.report import bench_load

    return bench_load(folder, max(seconds // size, 8))


def case_thresholds(folder: Path, size: int) -> list[dict[str, str]]:
    """Levels on time while workers are killed (a tenth if quick)."""
    from commonweal.ops.bench.cases.report import bench_thresholds

    return bench_thresholds(folder, 2_000 // size, 300 // size, 100 // size)


def case_apply(folder: Path, size: int) -> list[dict[str, str]]:
    """A changed calendar on a hundred thousand open cases (a tenth if quick)."""
    from commonweal.ops.bench.cases.report import bench_apply

    return bench_apply(folder, 100_000 // size)


def case_history(folder: Path, size: int) -> list[dict[str, str]]:
    """A history of 350,000 cases from a file of events (a tenth if quick)."""
    from commonweal.ops.bench.cases.report import bench_history

    return bench_history(folder, 350_000 // size)
