"""Lists ask the database at most eight times (design §7); a change shows in `query_counts.json`.

Counted is the page with its frame, after the person's rights were read: signing in and the scope
cost the same on every page.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from django.contrib.messages.storage.fallback import FallbackStorage
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.tests.pages import LISTS
from commonweal.kernel.access.public import act_as
from commonweal.kernel.party.selectors import forget_centre

SNAPSHOT = Path(__file__).with_name("query_counts.json")
MOST = 8
# Not a list: five answers at once. Flat all the same.
OVERVIEWS = {"director"}


def count(world: World, name: str) -> int:
    """How many statements a page costs."""
    address = reverse(f"centre:{name}")
    request = RequestFactory().get(address)
    request.user, request.actor = world.users["officer"], world.actors["officer"]
    request.session = {}
    request._messages = FallbackStorage(request)
    forget_centre()
    with act_as(request.actor), CaptureQueriesContext(connection) as seen:
        response = resolve(address).func(request)
    assert response.status_code == 200
    return len([each for each in seen if "SAVEPOINT" not in each["sql"]])


@pytest.mark.parametrize("name", LISTS)
def test_a_list_asks_at_most_eight_times(world: World, name: str) -> None:
    found = count(world, name)
    known = json.loads(SNAPSHOT.read_text())
    if os.environ.get("WRITE_SNAPSHOTS"):
        SNAPSHOT.write_text(json.dumps({**known, name: found}, indent=1, sort_keys=True) + "\n")
        return
    assert found == known[name], f"{name} asks {found} times; the snapshot says {known[name]}"
    assert found <= MOST or name in OVERVIEWS
