"""Every list asks little, however long it is (design §7): walked with ten rows and with 120.

Every address of the web and every list of the API is opened, as the declarations name them, so that
none can be forgotten. Counted are the statements of one whole request, in round trips to the
database. Its *frame* is set apart: the session, the account, and the scope with the person's
standing and the centre's settings (`frame`); BEGIN and COMMIT travel with these and are not
counted. What the page asks for itself is `own`, at most eight; a change shows in
`list_queries.json` (`WRITE_SNAPSHOTS=1` writes it anew).

What a page costs the processor is kept beside it, in `page_calls.json`: how many functions Python
calls for one request of the pages that people of the desk and whoever asks open all day, on their
longest lists. Calls are counted, not seconds, so that no busy machine fails a test; a page whose
calls change by more than a fifth says so.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext

from commonweal.interfaces.web.agency.tests.world import World, _person
from commonweal.interfaces.web.conftest import NOW, _point_at
from commonweal.interfaces.web.tests.many_rows import GROWN, grow, seed
from commonweal.kernel.access.public import ANONYMOUS, SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.party.public import actor_for
from commonweal.kernel.party.selectors import forget_centre
from commonweal.kernel.schema.public import PAGE
from commonweal.ops.bench.addresses import Page, pages, reads, values

SNAPSHOT = Path(__file__).with_name("list_queries.json")
CALLS = Path(__file__).with_name("page_calls.json")
COSTED = (
    "desk:work",
    "desk:case",
    "desk:capture",
    "cases:cases",
    "cases:case",
    "/cases",
    "/cases/{case}/conversation",
)
"""Pages whose cost is kept: the work place, a case, the telephone; own cases, one of them; the
API's list and what was said in a case."""
DRIFT = 0.2
"""Other versions of Python and of libraries call a little more or less."""
MOST = 8
FEW, MANY = 10, 120
FRAME = ('SELECT "django_session"', 'SELECT "access_user"')
UNCOUNTED = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")
ROW, CARD = re.compile(r"<tr\b"), re.compile(r"<section class=\"cw-inset\"")
NEXT = re.compile(r'rel="next" href="([^"]+)"')
PAGED = re.compile(r"ORDER BY .*LIMIT (11|21|51)$", re.DOTALL)
SLACK = 25
"""A page of a list may show some rows besides: a heading, a total, a short second table."""
PREVIOUS = re.compile(r'rel="prev" href="([^"]+)"')
SUMS = {
    "/permissions": "one for each thing that the program can do",
    "/topics": "one for each kind of message that the program sends",
    "/event-types": "one for each kind of event that the program announces",
    "/cost-pools": "one row for each cost pool, with the sums of the months asked for",
    "/cost-drivers": "one row for each driver, with the values that count",
    "/owed": "one row for each agency that owes, is owed or paid ahead",
    "/positions": "one row for each service, summed over the year",
    "/ledger/{books}/trial-balance": "one row for each account and fund that ever moved",
    "/usage/totals": "sums by agency, item and order line, as the manifest holds them",
    "/usage/source-checks": "one row for each source that an administrator registered",
    "/recovery": "one row for each service, with its months of a year",
    "/service-positions": "one row for each service, summed over the year",
    "/data-rooms/{room_id}/controls": "one row for each population, and there are six",
    "/data-rooms/{room_id}/overrides": "every override, which an auditor reads to the last",
    "/data-rooms/{room_id}/pairs": "one row for each pair of people who decide",
    "/case-mappings": "one row for each remembered way to read files of cases",
    "/case-retention": "one row for each kind of case",
    "/case-fees": "one row for each fee that a kind of case has",
    "/tills": "one row for each till in use",
    "/offices": "one row for each office",
    "/offices/{office}/desks": "one row for each desk of an office",
    "/offices/{office}/offers": "one row for each thing that an office offers",
    "/case-offers": "one row for each thing that can be asked for",
    "/agencies/{agency}/order-offers": "one row for each thing that can be ordered",
    "/case-promises": "one row for each version of each promise about time",
    "/case-queues": "one row for each queue of the desk",
    "/case-rules": "one row for each rule of routing",
    "/case-teams": "one row for each team of the desk",
    "/case-teams/{team}/members": "one row for each member of a team",
    "/case-views": "one row for each view that an agent and their teams saved",
    "/case-types": "one row for each kind of case",
    "/cases/{case}/events": "the whole history of one case, in order",
    "/ready-answers": "one row for each answer that agents give often",
    "/amount-limits": "what administrators set up: a few for each role",
}
"""Answers of the API that are sums or settings: read whole, cut into pages for the caller."""


SHORT = {
    "/orders/{order_id}/versions": 1,
    "/allocation-runs/{run_id}/idle": 1,
    "/coming-corrections": 1,
    "/driver-sets": 1,
    "/line-marks": 1,
    "/assets/{asset}/disposals": 1,
    "/agencies/{agency}/coming-rates": 1,
    "/rate-caps": 1,
    "/rate-proposals/{rate_id}/effects": 1,
    "/scenarios/{scenario_id}/comments": 1,
    "centre:recovery_decisions": 1,
    "desk:work": 1,
    "/cases": 1,
}
"""Lists of which `many_rows` makes no second page: what one order, one allocation, one pool, one
asset, one rate, one scenario or one open month has of a thing, and what one agent has to do."""
UNPAGED = {
    "/allocation-runs/{run_id}/idle", "/line-marks", "/driver-sets", "/coming-corrections",
    "/agencies/{agency}/coming-rates", "/rate-caps", "/rate-proposals/{rate_id}/effects",
    "/scenarios/{scenario_id}/comments", "/assets/{asset}/disposals",
}  # fmt: skip
"""Lists whose page is cut in the program: few rows of one allocation, pool, rate or month."""
FROM_FILES = {"agency:records", "/usage", "/bill-lines/{line_id}/usage", "agency:line_usage"}
"""Lists whose rows come from a file of the month, by DuckDB."""
COUNTS = {
    "public:catalogue": "charge items of the services shown",
    "/cost-pools": "ledger lines of a pool in the months asked for",
    "agency:pool": "bureaus and ledger lines behind a published rate",
    "centre:allocation": "ledger lines of a pool in the months of the run",
    "desk:till": "receipts since a till was closed last",
    "centre:waiting": "payments that wait for a person, few at a time",
    "centre:rates": "charge items with and without a rate",
    "centre:forecasts": "forecasts of one year",
    "centre:late": "late records that wait for somebody, by service",
    "agency:late": "late records of the agency that wait",
    "/data-rooms/{room_id}/controls": "a population of the years that the room is open for",
}
"""Lists that count, and what: never a table that grows with use."""
MORE = {
    "/agencies/{agency}/order-offers": 14,
    "/data-rooms/{room_id}/overrides": 9,
    "agency:line_pool": 9,
    "agency:pool": 10,
    "cases:case": 9,
    "centre:conversions": 10,
    "counter:appointments": 9,
    "desk:case": 22,
}
"""What asks more than eight statements of its own, and how many: sums of a whole year from several
rooms, two lists on one page (as what new hours strand beside a day's appointments), a case with
what it costs, and an agent's whole work place about one. None asks more for more rows."""


@dataclass
class Seen:
    """What an address came to: statements, rows on its first page, whether more pages follow."""

    page: Page
    status: int
    html: bool
    statements: list[str]
    text: str
    rows: int
    next: str
    frame: int = 0
    own: int = 0


class Visitors:
    """Browsers of people of whom one may open each page."""

    def __init__(self, world: World) -> None:
        names = ("officer", "admin", "parks", *world.users)
        self.people = {name: world.users[name] for name in names}
        self.actors = {name: actor_for(user) for name, user in self.people.items()}
        self.browsers = {name: Client() for name in self.people}
        for name, user in self.people.items():
            self.browsers[name].force_login(user)
        self.nobody = Client()

    def who(self, access: str) -> str:
        """Whoever may open a page that declares this access; empty: nobody needs to sign in."""
        kind, _, names = access.partition(":")
        wanted = names.split("|") if names else []
        if kind in ("all", "signed-in", "own"):
            return "" if kind == "all" else "director"
        for name, actor in self.actors.items():
            side = {"centre": True, "agency": False}.get(kind, actor.centre)
            if actor.centre is side and (not wanted or any(map(actor.may_somewhere, wanted))):
                return name
        raise AssertionError(f"none of the visitors may open a page for {access}")

    def open(self, page: Page, path: str = "") -> Seen:
        """Open an address and count."""
        who = self.who(page.access)
        browser = self.browsers[who] if who else self.nobody
        connection.queries_log.clear()  # it holds 9,000; once full, a capture finds nothing
        with CaptureQueriesContext(connection) as seen:
            answer = browser.get(path or page.path)
        statements = [each["sql"].strip() for each in seen]
        html = answer.headers.get("Content-Type", "").startswith("text/html")
        text = answer.content.decode() if html else ""
        found = Seen(page, answer.status_code, html, statements, text, *_rows(answer, text))
        counted = [each for each in statements if not each.startswith(UNCOUNTED)]
        found.frame = _frame(counted, 2 if who else 1)
        found.own = len(counted) - found.frame
        return found

    def calls(self, page: Page) -> int:
        """How many functions, of Python and of C, one request of an address calls."""
        who, made = self.who(page.access), 0

        def count(_frame: Any, event: str, _given: Any) -> None:
            nonlocal made
            made += event in ("call", "c_call")

        browser = self.browsers[who] if who else self.nobody
        before = sys.getprofile()
        sys.setprofile(count)
        try:
            browser.get(page.path)
        finally:
            sys.setprofile(before)
        return made


def _frame(counted: list[str], scopes: int) -> int:
    """Session and account, and the setting of the scope: the account's alone, then the person's.
    Where a page itself reads in another scope, that is its own doing."""
    before = sum(each.startswith(FRAME) for each in counted)
    return before + min(scopes, sum(each.startswith("SELECT set_config") for each in counted))


def _rows(answer: Any, text: str) -> tuple[int, str]:
    """How many rows an answer shows, and where the next page is."""
    if text:
        following = NEXT.search(text)
        return len(CARD.findall(text)) or len(ROW.findall(text)), following[1].replace(
            "&amp;", "&"
        ) if following else ""
    if answer.headers.get("Content-Type") != "application/json":
        return 0, ""
    found = answer.json()
    link = re.match(r"<([^>]+)>", answer.headers.get("Link", ""))
    return len(found.get("items", ())), link[1] if link else ""


@dataclass
class Walk:
    """Every address with few rows and with many; for lists: where the pages behind lead."""

    few: dict[str, Seen]
    many: dict[str, Seen]
    ends: dict[str, End]
    plans: dict[str, list[str]]
    calls: dict[str, int]


@dataclass
class End:
    """A list walked to its end: how many pages, and whether the second leads back to the first."""

    pages: int
    back: bool


def _to_the_end(visitors: Visitors, seen: Seen) -> End:
    count, back, here = 1, True, seen.next
    while here and count < 9:
        page = visitors.open(seen.page, here)
        if count == 1 and page.html:
            found = PREVIOUS.search(page.text)
            first = visitors.open(seen.page, found[1].replace("&amp;", "&")) if found else None
            back = first is not None and _figures(first.text) == _figures(seen.text)
        count, here = count + 1, page.next
    return End(count, back)


def _figures(text: str) -> list[str]:
    """What a page's tables show; forms carry a token of their own each time."""
    fixed = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", text)
    return re.findall(r"<td.*?</td>", fixed, re.DOTALL)


def _plans(visitors: Visitors, seen: Seen) -> list[str]:
    """The plans of the statements that read a page, with every way barred but an index's."""
    who = visitors.who(seen.page.access)
    plans = []
    for statement in filter(PAGED.search, seen.statements):
        actor = visitors.actors[who] if who else ANONYMOUS
        with act_as(actor), connection.cursor() as cursor:
            for way in ("seqscan", "sort", "bitmapscan", "hashjoin", "mergejoin", "hashagg"):
                cursor.execute(f"SET LOCAL enable_{way} = off")
            cursor.execute("EXPLAIN " + statement)
            plans.append("\n".join([statement, *(row[0] for row in cursor.fetchall())]))
    return plans


def with_liaison(world: World) -> World:
    """The world with somebody who looks after an agency's webhooks."""
    found = replace(world, users=dict(world.users), actors=dict(world.actors))
    with act_as(SYSTEM):
        _person(found, "parks-liaison", "Lena Liaison", "agency_liaison", "PARKS")
    return found


@pytest.fixture(scope="module")
def walk(pages_world: tuple[str, Path, World], django_db_blocker: Any) -> Iterator[Walk]:
    """Walks a copy of the small world; requests commit as they do when served."""
    from conftest import _clone, _drop

    template, folder, world = pages_world
    name = f"cw_lists_{os.getpid()}"
    _clone(template, name)
    with django_db_blocker.unblock(), override_settings(DATA_DIR=folder), at(NOW):
        before = _point_at(name)
        forget_centre()
        known = values()
        world = with_liaison(world)
        seed(world, known)
        grow(world, known, 1, FEW)
        visitors = Visitors(world)
        every = [*pages(known), *reads(known)]
        few = {page.name: visitors.open(page) for page in every}
        grow(world, known, FEW + 1, MANY)
        many = {page.name: visitors.open(page) for page in every}
        lists = {key: seen for key, seen in many.items() if seen.page.lists}
        ends = {key: _to_the_end(visitors, seen) for key, seen in lists.items()}
        plans = {key: _plans(visitors, seen) for key, seen in lists.items()}
        calls = {page.name: visitors.calls(page) for page in every if page.name in COSTED}
        forget_centre()
        _point_at(before)
    yield Walk(few, many, ends, plans, calls)
    _drop(name)


def test_every_list_is_open_and_shows_a_page(walk: Walk) -> None:
    assert len(walk.ends) > 60
    wrong = {key: seen.status for key, seen in walk.many.items() if key in walk.ends and (
        seen.status != 200)}  # fmt: skip
    assert wrong == {}
    long = {
        key: seen.rows
        for key, seen in walk.many.items()
        if key in walk.ends and key not in SUMS and seen.rows > PAGE * len(seen.page.lists) + SLACK
    }
    assert long == {}


def test_what_every_list_asks_was_seen(walk: Walk) -> None:
    """Every request sets its scope: of a list without a statement nothing was measured."""
    unseen = [
        f"{key} {which}"
        for key in walk.ends
        for which, found in (("few", walk.few), ("many", walk.many))
        if not found[key].statements
    ]
    assert unseen == []


def test_a_page_that_grows_says_that_it_is_a_list_or_why_not(walk: Walk) -> None:
    """Whatever shows more rows when tables hold more is declared (interfaces/web/lists.py)."""
    silent = {
        key: (walk.few[key].rows, seen.rows)
        for key, seen in walk.many.items()
        if seen.html and not seen.page.lists and not seen.page.report
        and seen.rows > walk.few[key].rows
    }  # fmt: skip
    assert silent == {}


def test_what_a_list_declares_was_grown(walk: Walk) -> None:
    declared = {
        table
        for seen in walk.many.values()
        if seen.html or not seen.page.name.startswith("/")
        for table in seen.page.lists
    }
    assert declared - GROWN == {"metering.UsageFact"}, "give the table its copies in many_rows.py"


def test_a_list_is_walked_to_its_end_and_back(walk: Walk) -> None:
    ends = {key: end for key, end in walk.ends.items() if key not in SUMS}
    assert {key: end.pages for key, end in ends.items() if end.pages < 3} == SHORT
    assert [key for key, end in ends.items() if not end.back] == []


def test_what_is_cut_from_a_sum_is_named(walk: Walk) -> None:
    assert set(SUMS) <= set(walk.ends)
    assert all(len(why.split()) > 4 for why in SUMS.values())


def test_a_list_asks_no_more_for_many_rows(walk: Walk) -> None:
    grown = {
        key: (walk.few[key].own, seen.own)
        for key, seen in walk.many.items()
        if seen.own > walk.few[key].own
    }
    assert grown == {}


def test_a_list_asks_at_most_eight_times(walk: Walk) -> None:
    asked = {key: walk.many[key] for key in walk.ends}
    found = {key: {"frame": seen.frame, "own": seen.own} for key, seen in sorted(asked.items())}
    if os.environ.get("WRITE_SNAPSHOTS"):
        SNAPSHOT.write_text(json.dumps(found, indent=1) + "\n")
    above = {key: seen.own for key, seen in asked.items() if seen.own > MOST}
    assert above.keys() <= MORE.keys(), above
    assert all(own <= MORE[key] for key, own in above.items()), above
    assert found == json.loads(SNAPSHOT.read_text())


def test_a_page_costs_what_it_did(walk: Walk) -> None:
    assert sorted(walk.calls) == sorted(COSTED)
    if os.environ.get("WRITE_SNAPSHOTS"):
        CALLS.write_text(json.dumps(dict(sorted(walk.calls.items())), indent=1) + "\n")
    kept = json.loads(CALLS.read_text())
    changed = {
        key: (kept.get(key), made)
        for key, made in walk.calls.items()
        if abs(made - kept.get(key, 0)) > kept.get(key, 0) * DRIFT
    }
    assert changed == {}


def test_each_order_of_a_list_has_an_index(walk: Walk) -> None:
    """With sorting barred, a plan that sorts all the same has no index for its order. Within one
    value of a leading column that an index holds, PostgreSQL may sort (incremental sort)."""
    sorted_ = {
        key: plan
        for key, plans in walk.plans.items()
        for plan in plans
        if re.search(r"(?<!Incremental )Sort\b(?! Key)", plan.partition("\n")[2])
    }
    assert sorted_ == {}, "\n\n".join(sorted_.values())
    without = {key for key, plans in walk.plans.items() if not plans}
    assert without == {*SUMS, *FROM_FILES, *UNPAGED}


def test_no_list_counts_or_skips(walk: Walk) -> None:
    asked = {key: " ".join(walk.many[key].statements) for key in walk.ends}
    assert [key for key, text in asked.items() if re.search(r"\bOFFSET\b", text)] == []
    counting = {key for key, text in asked.items() if "COUNT(" in text.upper()}
    assert counting <= set(COUNTS), counting
