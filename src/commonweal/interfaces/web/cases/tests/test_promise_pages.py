"""Promises on open cases: what they would do, then the work that puts them on."""

from __future__ import annotations

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import today
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import CaseEvent, ClockDefinition
from commonweal.kernel.jobs.public import Worker

from .test_pages import browser, page, send

ADDRESS = "/centre/cases/set-up/apply/"


def shorter(world: World) -> None:
    """The promises of a resolution take an hour from today on."""
    with act_as(SYSTEM):
        for row in ClockDefinition.objects.filter(metric="resolution", kind="sla", ends=None):
            promise = casework.Promise(
                code=row.code, name=row.name, metric="resolution", calendar="office",
                starts=today("America/Chicago"), target_seconds=3600, pauses=("requester",),
                conditions=row.conditions,
            )  # fmt: skip
            casework.put_promise(actor=world.actors["owner"], promise=promise)


def test_promises_are_seen_before_they_are_put_on_open_cases(world: World) -> None:
    owner = browser(world, "owner")
    assert "There is nothing to put on" in page(owner, ADDRESS)
    assert ADDRESS in page(owner, "/centre/cases/set-up/promises/")
    page(browser(world, "agent"), ADDRESS, 403)
    shorter(world)
    seen = page(owner, ADDRESS)
    assert "Open cases that would go by other promises" in seen
    assert "Some of those that would move" in seen
    with act_as(SYSTEM):
        cases = casework.promise_changes(world.actors["owner"]).cases
    assert cases > 1
    assert f"Put them on {cases} open cases" in seen
    assert CaseEvent.objects.filter(kind="terms").count() == 0
    send(owner, ADDRESS)
    assert "It goes on without this page" in page(owner, ADDRESS)
    assert "JOBS-409" in send(owner, ADDRESS, 422).content.decode()
    send(owner, ADDRESS, what="cancel")
    assert "It was cancelled" in page(owner, ADDRESS)
    send(owner, ADDRESS)
    Worker().run(once=True)
    done = page(owner, ADDRESS)
    assert f"{cases} open cases go by other promises now" in done
    assert "There is nothing to put on" in done
