"""Lists ask the database at most eight times (design §7); a change shows in `query_counts.json`.

Counted is the page with its frame, after the person's rights were read: signing in and the scope
cost the same on every page.
"""

from __future__ import annotations

import json
import os
from datetime import date
from pathlib import Path

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from commonweal.interfaces.web.agency.tests.world import World, moment
from commonweal.interfaces.web.centre.tests.pages import LISTS
from commonweal.kernel.access.public import act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.party.selectors import forget_centre
from commonweal.practices.charging import public as charging

SNAPSHOT = Path(__file__).with_name("query_counts.json")
MOST = 8
# Not a list: five answers at once. Flat all the same.
OVERVIEWS = {"director"}


def count(world: World, name: str, *args: str) -> int:
    """How many statements a page costs."""
    address = reverse(f"centre:{name}", args=args)
    request = RequestFactory().get(address)
    request.user, request.actor = world.users["officer"], world.actors["officer"]
    request.session = {}
    request._messages = FallbackStorage(request)
    forget_centre()
    with act_as(request.actor), CaptureQueriesContext(connection) as seen:
        found = resolve(address)
        response = found.func(request, *found.args, **found.kwargs)
    assert response.status_code == 200
    return len([each for each in seen if "SAVEPOINT" not in each["sql"]])


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_at_most_eight_times(world: World, name: str) -> None:
    compare(name, count(world, name))


def test_the_cockpit_asks_at_most_eight_times(world: World) -> None:
    """Of a closed month, and of one that is being closed."""
    officer = world.actors["officer"]
    compare("close_month", count(world, "close_month", "2026-10"))
    with at(moment(date(2026, 12, 2))), act_as(officer):
        charging.ask_close(actor=officer, period="2026-11")
        compare("close_month, running", count(world, "close_month", "2026-11"))


def compare(name: str, found: int) -> None:
    """With the snapshot; `WRITE_SNAPSHOTS` writes it anew."""
    known = json.loads(SNAPSHOT.read_text())
    if os.environ.get("WRITE_SNAPSHOTS"):
        SNAPSHOT.write_text(json.dumps({**known, name: found}, indent=1, sort_keys=True) + "\n")
        return
    assert found == known[name], f"{name} asks {found} times; the snapshot says {known[name]}"
    assert found <= MOST or name in OVERVIEWS
