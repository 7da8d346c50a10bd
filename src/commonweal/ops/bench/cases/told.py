"""What the benches of casework measured, as rows of a table. Pure."""

from __future__ import annotations

from typing import Any

Rows = list[tuple[str, str, str, str, str]]
"""What, result, unit, target, and what to compare it with."""


def lists(found: dict[str, Any]) -> Rows:
    """What was measured as rows."""
    made = f"{found['cases']:,} cases"
    seen, base = found["lists"], f"a bare SELECT of a case by its key {found['bare']:.2f} ms"
    worst = seen["worst"]
    search, counters = found["search"], found["counters"]
    rows: Rows = [
        (f"{made}: {seen['kinds']} lists (filters, orders, first and deep pages, back), in the "
         "database, p95", f"{seen['p95']:.1f}", "ms", "≤ 50",
         f"p50 {seen['p50']:.1f}; worst {worst[0]}: {worst[1]:.1f} ms; {base}"),
        ("lists with a p95 above 50 ms", str(len(seen["slow"])), "lists", "0",
         "; ".join(seen["slow"][:4])),
        ("plans that read all cases (Seq Scan)", str(len(found["scans"])), "plans", "0",
         "; ".join(found["scans"][:3])),
        (f"counters, {counters['count']} looks, {counters['rows']} rows kept, p95",
         f"{counters['p95']:.1f}", "ms", "≤ 20", f"p50 {counters['p50']:.1f}"),
    ]  # fmt: skip
    if search:
        rows += [
            (f"search by words, {search['words']:,} words kept, {search['count']} searches, p95",
             f"{search['p95']:.1f}", "ms", "≤ 300",
             f"p50 {search['p50']:.1f}; worst {search['worst'][0]}: {search['worst'][1]:.1f} ms"),
            ("searches with a p95 above 300 ms", str(len(search["slow"])), "searches", "0",
             "; ".join(search["slow"][:4])),
            ("searches whose first page is not full and says so", str(len(search["partial"])),
             "searches", "none", "; ".join(search["partial"][:4])),
        ]  # fmt: skip
    rows += [
        (f"whole page {name}, p95", f"{took['p95']:.0f}", "ms", "≤ 200", f"p50 {took['p50']:.0f}")
        for name, took in found["pages"].items()
    ]
    rows.append(("making them", f"{found['rows_seconds']:.0f}", "s", "none",
                 f"and indexes {found['index_seconds']:.0f} s"))  # fmt: skip
    return rows


def mails(found: dict[str, Any]) -> Rows:
    """E-mails a second, and whether each is there."""
    rows: Rows = [
        (f"e-mails of {found['bytes'] / 1000:.0f} kB over LMTP, {found['senders']} connections, "
         f"{found['processes']} processes, {what}", f"{took['second']:.1f}", "e-mails/s", "≥ 50",
         f"until acknowledged p50 {took['p50']:.0f}, p95 {took['p95']:.0f} ms; processor time "
         f"of the door {took['cpu']:.1f} ms each; reading alone {found['read']:.0f}/s")
        for what, took in (("each opens a case", found["opened"]),
                           ("each answers a case", found["answered"]))
    ]  # fmt: skip
    refused = found["opened"]["refused"] + found["answered"]["refused"]
    rows.append((f"of {found['sent']:,} acknowledged, not in the database",
                 str(found["sent"] - refused - found["said"]), "e-mails", "0",
                 f"{refused} refused; a bare INSERT {found['bare']:.2f} ms"))  # fmt: skip
    return rows


def load(found: dict[str, Any]) -> Rows:
    """Throughput, errors, and how long each thing took."""
    same, trivial = found["bare"]["same"], found["bare"]["trivial"]
    wrong = found["bare_wrong"]
    rows: Rows = [
        (f"mixed load, {found['visitors']} visitors, {found['seconds']} s, {found['mean']} "
         "statements on the mean", f"{found['second']:.1f}", "requests/s", "none",
         f"{found['requests']:,} requests"),
        ("of the throughput of bare pages with the same statements, transactions and bytes",
         f"{found['second'] / same * 100:.0f}", "%", "≥ 70",
         f"bare {same:.1f}/s, before and after, same mix, server and worker"),
        ("of that of a page with as many statements of one row, in the product's frame",
         f"{found['second'] / trivial * 100:.0f}", "%", "none", f"bare {trivial:.1f}/s"),
        ("errors", str(sum(found["wrong"].values())), "answers", "0",
         "; ".join([f"{what} {many}" for what, many in found["wrong"].items()]
                   + [f"bare: {what} {many}" for what, many in wrong.items()])),
    ]  # fmt: skip
    rows += [
        (f"{what}, {took['count']}, {found['asked'][what]} statements, p95", f"{took['p95']:.0f}",
         "ms", "none", f"p50 {took['p50']:.0f}")
        for what, took in found["times"].items()
    ]  # fmt: skip
    return rows


def thresholds(found: dict[str, Any]) -> Rows:
    """How late, lost and doubled, undisturbed and hunted."""
    rows: Rows = []
    for name, run in (("undisturbed", found["calm"]), ("hunted", found["hunted"])):
        late = run["late"]
        words = f"{name}: {run['due']} levels and breaches, {run['kills']} kills"
        rows += [
            (f"{words}: seen after its moment, p95", f"{late['p95']:.0f}", "ms", "≤ 2000",
             f"p50 {late['p50']:.0f}, largest {late['max']:.0f}; {run['within']} within 2 s"),
            (f"{name}: lost", str(run["lost"] + run["untold"]), "events", "0",
             f"{run['told']} told to whoever has the case"),
            (f"{name}: doubled", str(run["doubled"]), "events", "0", ""),
        ]  # fmt: skip
    return rows


def apply(found: dict[str, Any]) -> Rows:
    """Preview, applying, and what is left that differs."""
    clocks = found["done"]["clocks"]
    words = f"{found['cases']:,} open cases, {clocks:,} clocks of {found['promises']} promises"
    moved, other = found["done"]["earlier"] + found["done"]["later"], found["other"]
    rows: Rows = [
        (f"{words}: preview of one more closed day", f"{found['preview']:.1f}", "s",
         "seconds", f"{found['shown']['later']:,} later, {found['shown']['earlier']:,} earlier"),
        (f"{words}: put on", f"{found['applied']:.1f}", "s", "seconds",
         f"{moved:,} moved, the longest step {found['longest']:.1f} s; a bare UPDATE of all of "
         f"them {found['bare']:.1f} s"),
        ("the same once more", f"{found['again']:.1f}", "s", "none",
         f"{found['moved_again']} moved"),
        (f"{other['cases']:,} of them by shorter promises: preview", f"{other['preview']:.1f}",
         "s", "seconds", ""),
        (f"{other['cases']:,} of them by shorter promises: put on", f"{other['applied']:.1f}",
         "s", "seconds", f"{other['put_on']:,} clocks, {other['moved']:,} due at another time; "
         f"the longest step {other['longest']:.1f} s"),
        ("clocks that differ from their events, before and after",
         f"{found['before']['drifted']}, {found['after']['drifted']}", "clocks", "0",
         f"of {found['after']['clocks']:,}; loading them took {found['loaded']:.0f} s"),
    ]  # fmt: skip
    return rows


def history(found: dict[str, Any]) -> Rows:
    """Trying and loading a file, and the lists afterwards."""
    what = f"{found['cases']:,} cases, {found['events']:,} events from CSV"
    steps = found["steps"]
    edge = max(1, len(steps) // 10)
    first, last = sum(steps[:edge]) / edge, sum(steps[-edge:]) / edge
    seen, worst = found["lists"], found["lists"]["worst"]
    rows: Rows = [
        (f"{what}: dry run", f"{found['dry']:.0f}", "s", "minutes",
         f"{found['tried'][0]:,} taken, {found['tried'][1]:,} refused"),
        (f"{what}: loaded", f"{found['loaded']:.0f}", "s", "minutes",
         f"a bare COPY of the same {found['lines']:,} lines {found['bare']:.1f} s"),
        ("a step of a thousand cases, the first and the last tenth", f"{first:.2f}, {last:.2f}",
         "s", "the same", f"{found['refused']:,} refused"),
        ("clocks that differ from their events", str(found["drifted"]), "clocks", "0",
         f"of {found['proved']:,}"),
        (f"{seen['kinds']} lists afterwards, in the database, p95", f"{seen['p95']:.1f}", "ms",
         "≤ 50", f"p50 {seen['p50']:.1f}; worst {worst[0]}: {worst[1]:.1f} ms; "
         f"{len(seen['slow'])} above 50 ms; {len(found['scans'])} read a whole table"),
        ("counters afterwards, p95", f"{found['counters']['p95']:.1f}", "ms", "≤ 20", ""),
        ("search by words afterwards, p95", f"{found['search']['p95']:.1f}", "ms", "≤ 300",
         f"p50 {found['search']['p50']:.1f}"),
    ]  # fmt: skip
    return rows
