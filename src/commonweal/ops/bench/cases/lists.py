"""Every list of cases that is offered, in a centre of very many: the database's time, its plans,
the whole page, the counters, and the search by words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any
from urllib.parse import urlencode

from django.db import connection

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.public import Case
from commonweal.kernel.schema.public import Listing, Place

from .fill import Filled, fill
from .plans import Watch, summary
from .site import Site, user_of

WORDY = 2_000_000
"""Up to so many cases have their words too: sixteen rows for each case."""
REPEATS = 5
DEEP = 12
"""How many pages further the third look at a list is."""
Look = tuple[str, Actor, Callable[[], Any]]


def measure(site: Site, *, cases: int) -> dict[str, Any]:
    """Make the cases and look at everything."""
    return looked(site, fill(site, cases, words=cases <= WORDY))


def looked(site: Site, made: Filled) -> dict[str, Any]:
    """Every list, search, counter and page of a centre that is filled."""
    watch = Watch()
    lists, counters = _timed(watch, looks(site)), _timed(watch, counted(site))
    searches = _timed(watch, found_by(site)) if made.words else {}
    return {
        "cases": made.cases, "rows_seconds": made.rows_seconds,
        "index_seconds": made.index_seconds,
        "lists": {**_all(lists), "slow": _slow(lists, 50)}, "scans": sorted(watch.scans),
        "search": {
            **_all(searches), "words": made.words, "slow": _slow(searches, 300),
            "partial": sorted(_partial(site)),
        } if searches else None,
        "counters": {**_all(counters), "rows": _rows("casework_casecount")},
        "pages": {name: summary(times) for name, times in opened(site, bool(made.words))},
        "bare": summary(_bare())["p50"],
    }  # fmt: skip


def _timed(watch: Watch, these: Iterator[Look]) -> dict[str, list[float]]:
    found = {}
    for name, actor, look in these:
        with act_as(actor):
            found[name] = watch.times(look, name, REPEATS)
    return found


def _all(found: dict[str, list[float]]) -> dict[str, Any]:
    """Every look together, and the one that takes longest."""
    worst = max(found, key=lambda name: summary(found[name])["p50"])
    return {
        **summary([one for times in found.values() for one in times]),
        "worst": (worst, summary(found[worst])["p50"]), "kinds": len(found),
    }  # fmt: skip


def _slow(found: dict[str, list[float]], most: float) -> list[str]:
    slow = {name: summary(times)["p95"] for name, times in found.items()}
    order = sorted(slow, key=lambda name: -slow[name])
    return [f"{name} ({slow[name]:.0f} ms)" for name in order if slow[name] > most]


def views(site: Site) -> Iterator[tuple[str, Actor, casework.View]]:
    """Whose list, and what it shows: every combination that a page or the API offers."""
    queues = _by_fullness(site)
    fields: list[tuple[str, Actor, str, Any]] = [
        ("all", site.owner, "all", None), ("mine", site.agent, "mine", None),
    ]  # fmt: skip
    for size, key in (("fullest", queues[0]), ("emptiest", queues[-1])):
        fields += [(f"{size} queue", site.owner, "queue", key),
                   (f"{size} queue, nobody's", site.owner, "unassigned", key)]  # fmt: skip
    (agency,) = site.liaison.agencies
    fields += [("agency", site.liaison, "agency", agency), ("own", site.employee, "own", agency)]
    for name, actor, field, key in fields:
        for standing, order, priority, late in product(
            ("live", "done"), casework.ORDERS, ("", "P1", "P3", "P6"), (False, True)
        ):
            view = casework.View(field, key, standing, order, priority, late)
            if view.offered:
                words = f"{name} {standing} {order} {priority} {'late' if late else ''}"
                yield " ".join(words.split()), actor, view


def _by_fullness(site: Site) -> list[Any]:
    with act_as(site.owner):
        counts = casework.queue_counts(site.owner)
    return sorted(counts, key=lambda key: -counts[key]["live"] - counts[key]["done"])


def looks(site: Site) -> Iterator[Look]:
    """The first page of every list, the next, and one far behind; a page back from there."""
    for name, actor, view in views(site):
        yield name, actor, partial(casework.cases, actor, view)
        with act_as(actor):
            page, before = casework.cases(actor, view), None
            for _ in range(DEEP):
                if not page.next:
                    break
                page, before = casework.cases(actor, view, Place(page.next)), page
        if before is not None:
            yield f"{name}, deep", actor, partial(_at, actor, view, before.next)
            yield f"{name}, back", actor, partial(_at, actor, view, page.previous)


def _at(actor: Actor, view: casework.View, place: str) -> Listing[Case]:
    return casework.cases(actor, view, Place(place))


def found_by(site: Site) -> Iterator[Look]:
    """Searches: frequent and rare words, together and alone, a number, nothing; for who sees all,
    for a team, for an agency, for one person."""
    number = Case.objects.order_by("-id").values_list("number", flat=True)
    with act_as(SYSTEM):
        newest = number[0]
    texts = ("printer", "word1", "word2 word3", "printer blinks harbour", "word1 word29000",
             "word29000", "harbour word28000 printer", "crossing word25000", newest,
             "nothingofthekind", "printer nothingofthekind")  # fmt: skip
    for who in ("owner", "agent", "liaison", "employee"):
        actor = getattr(site, who)
        for text in texts:
            yield f"{who}: {text}", actor, partial(casework.search_cases, actor, text)


def _partial(site: Site) -> Iterator[str]:
    """The searches whose first page is not full and says that only a part was looked at."""
    for name, actor, look in found_by(site):
        with act_as(actor):
            if look().partial:
                yield name


def counted(site: Site) -> Iterator[Look]:
    """The counters of the queues and of an agency."""
    (agency,) = site.liaison.agencies
    yield "queues, all", site.owner, partial(casework.queue_counts, site.owner)
    yield "queues, a team's", site.agent, partial(casework.queue_counts, site.agent)
    yield "agency", site.liaison, partial(casework.counts, site.liaison, agency)


def opened(site: Site, words: bool) -> Iterator[tuple[str, list[float]]]:
    """Whole pages and API answers through Django's stack; a search only where there are words."""
    from django.test import Client

    queue = str(_by_fullness(site)[0])
    web = "/centre/cases/"
    pages: list[tuple[str, str, str, dict[str, str]]] = [
        ("desk, my cases", "agent", web, {}),
        ("desk, fullest queue", "owner", web, {"show": "queue", "queue": queue}),
        ("desk, late ones", "owner", web, {"show": "queue", "queue": queue, "late": "1"}),
        ("desk, done", "owner", web, {"show": "all", "standing": "done"}),
        ("desk, search", "owner", f"{web}search/", {"q": "printer word1"}),
        ("portal, the agency's", "liaison", "/cases/", {}),
        ("portal, one's own", "employee", "/cases/", {}),
        ("API, all", "owner", "/api/v1/cases", {"show": "all"}),
        ("API, agency's done", "liaison", "/api/v1/cases",
         {"show": "agency", "standing": "done"}),
        ("API, search", "liaison", "/api/v1/case-search", {"text": "printer word1"}),
    ]  # fmt: skip
    for name, who, path, query in pages:
        if "search" in name and not words:
            continue
        browser = Client()
        browser.force_login(user_of(who))
        address = f"{path}?{urlencode(query)}" if query else path
        yield name, [_page(browser, address) for _ in range(REPEATS * 4 + 1)][1:]


def _page(browser: Any, address: str) -> float:
    began = time.perf_counter()
    answer = browser.get(address)
    took = time.perf_counter() - began
    assert answer.status_code == 200, (address, answer.status_code)
    return took


def _rows(table: str) -> int:
    with act_as(SYSTEM), connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def _bare() -> list[float]:
    with act_as(SYSTEM), connection.cursor() as cursor:
        key = Case.objects.order_by("-id").values_list("pk", flat=True)[0]
        times = []
        for _ in range(REPEATS * 4):
            began = time.perf_counter()
            cursor.execute("SELECT number FROM casework_case WHERE id = %s", [key])
            cursor.fetchall()
            times.append(time.perf_counter() - began)
    return times
