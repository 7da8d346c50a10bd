"""How pages hold up: every list and the reason of a line, in a small centre and in a large one.

Each centre is a demo in a folder of its own, built once. A process for each opens every list of the
web and the API through Django's whole stack as somebody who may, and a random sample of bill lines;
the same pages are then set side by side. The baseline is a bare SELECT of one bill line by its key.
"""

from __future__ import annotations

import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

REPEATS = 20
LINES = 200
PEOPLE = ("finance", "director", "owner", "admin", "auditor")
SEED = 1


def bench_pages(small: Path, large: Path, size: str) -> list[dict[str, str]]:
    """Rows for the bench's table; builds the two demos where they are missing (minutes)."""
    found = [_measured(_built(small, "small")), _measured(_built(large, size))]
    few, many = found
    shared = sorted(few["lists"].keys() & many["lists"].keys())
    ratios = [many["lists"][name]["p50"] / few["lists"][name]["p50"] for name in shared]
    slowest = max(shared, key=lambda name: many["lists"][name]["p50"] / few["lists"][name]["p50"])
    most = max(shared, key=lambda name: many["lists"][name]["queries"])
    grown = [n for n in shared if many["lists"][n]["queries"] > few["lists"][n]["queries"]]
    facts = f"{few['facts']:,} → {many['facts']:,} usage records"
    rows = [
        (f"{len(shared)} lists, {facts}: time of a page",
         f"{statistics.median(ratios):.2f}", "× the small", "flat",
         f"largest {max(ratios):.2f}× ({slowest}: {many['lists'][slowest]['p50']:.1f} ms)"),
        ("most statements of a list, with session and scope",
         f"{many['lists'][most]['queries']}", "statements", "≤ 8 of its own",
         f"{most}; lists with more in the large centre: {len(grown)}"),
    ]  # fmt: skip
    for kind in ("page", "API"):
        took = many["lines"][kind]
        rows.append(
            (f"why a line is what it is, {kind}, {took['count']} lines, p95",
             f"{took['p95']:.0f}", "ms", "≤ 200",
             f"p50 {took['p50']:.0f} ms; a bare SELECT of the line {many['bare']:.2f} ms")
        )  # fmt: skip
    names = ("what", "result", "unit", "target", "baseline")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _command(folder: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "commonweal.interfaces.cli", "--data", str(folder), *words]


def _built(folder: Path, size: str) -> Path:
    """The demo of a size in a folder, built if it is not there."""
    subprocess.run(
        _command(folder, "demo", "--once", "--json", "--size", size),
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder


def _measured(folder: Path) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", __spec__.name, str(folder)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _summary(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        "count": len(ordered),
        "p50": statistics.median(ordered) * 1000,
        "p95": ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000,
    }


def _timed(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _opened(browser: Any, paths: Sequence[str]) -> list[float]:
    return [_timed(partial(browser.get, path)) for path in paths]


class Visitors:
    """Browsers of the demo's people, of whom somebody may open each page."""

    def __init__(self) -> None:
        from django.test import Client

        from commonweal.kernel.access.public import SYSTEM, act_as, user_by_email
        from commonweal.kernel.party.public import actor_for
        from commonweal.ops.demo.data import PEOPLE as everybody

        with act_as(SYSTEM):
            found = [user_by_email(email) for _label, _name, email, _role, _agency in everybody]
        users = [user for user in found if user is not None]
        self.people = [(actor_for(user), Client()) for user in users]
        for user, (_actor, browser) in zip(users, self.people, strict=True):
            browser.force_login(user)
        self.nobody = Client()

    def browser(self, access: str) -> Any:
        """A browser of somebody who may open a page that declares this access, or None."""
        kind, _, names = access.partition(":")
        wanted = names.split("|") if names else []
        if kind == "all":
            return self.nobody
        for actor, browser in self.people:
            side = {"centre": True, "agency": False}.get(kind, actor.centre)
            if actor.centre is side and (not wanted or any(map(actor.may_somewhere, wanted))):
                return browser
        return None


def measure() -> dict[str, Any]:
    """Open everything in the centre that Django points at."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from commonweal.kernel.access.public import SYSTEM, act_as
    from commonweal.practices.charging.public import BillLine

    from .addresses import API, pages, reads, values

    known, visitors = values(), Visitors()
    lists: dict[str, dict[str, float]] = {}
    places = [(page, page.path) for page in pages(known) if page.lists]
    places += [(page, API + page.path.removeprefix(API)) for page in reads(known)]
    for page, path in places:
        browser = visitors.browser(page.access)
        if browser is None:
            continue
        with CaptureQueriesContext(connection) as asked:
            answer = browser.get(path)
        queries = len(asked)  # the next request's start empties the log
        if answer.status_code != 200:
            continue
        name = page.name if page.name.startswith("/") else f"page {page.name}"
        times = _opened(browser, [path] * REPEATS)
        lists[name] = {**_summary(times), "queries": queries}
    with act_as(SYSTEM):
        usage = BillLine.objects.filter(kind="usage", bill__state="issued")
        ids = list(usage.order_by("id").values_list("id", flat=True))
        facts = sum(usage.values_list("facts", flat=True))
        chosen = random.Random(SEED).sample(ids, min(LINES, len(ids)))
        bare = [_timed(partial(BillLine.objects.get, pk=chosen[0])) for _ in range(REPEATS)]
    officer = visitors.browser("centre:charging.view_all_bills")
    lines = {
        "page": _summary(_opened(officer, [f"/agency/lines/{key}/" for key in chosen])),
        "API": _summary(_opened(officer, [f"{API}/bill-lines/{key}" for key in chosen])),
    }
    return {"lists": lists, "lines": lines, "facts": facts, "bare": _summary(bare)["p50"]}


def main(folder: str) -> None:
    """Measure one centre; JSON on standard output."""
    from commonweal.interfaces.cli.main import setup

    setup(Path(folder))
    print(json.dumps(measure()))


if __name__ == "__main__":
    main(sys.argv[1])
