"""Opening hours on pages: drafted, holidays looked at, decided by two, put on open cases."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework.models import Clock
from commonweal.kernel.catalogue import public as catalogue
from commonweal.kernel.jobs.public import Worker


def browser(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world.users[who])
    return client


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[-2500:]
    return " ".join(answer.content.decode().split())


def test_hours_change_by_two_people_and_open_cases_follow(world: World) -> None:
    owner, director = browser(world, "owner"), browser(world, "director")
    assert "Office" in text_of(owner.get("/centre/calendars/"))
    week = {f"day{number}": "10:00–12:00, 13:00–17:00" for number in range(5)}
    draft = {"starts": "2026-11-20", "note": "Winter hours", "day5": "", "day6": "", **week}
    wrong = owner.post("/centre/calendars/office/", draft | {"day0": "9 to 5"})
    assert "9 to 5" in text_of(wrong, 422)
    made = owner.post("/centre/calendars/office/", draft)
    address = made["Location"]
    shown = text_of(owner.get(address))
    assert "10:00–12:00, 13:00–17:00" in shown
    assert re.search(r"[1-9]\d* open clocks run on this calendar", shown)
    owner.post(address, {"what": "holidays", "country": "us", "years": "2026 2027"})
    assert "Thanksgiving" in text_of(owner.get(address))
    assert owner.post(address, {"what": "propose"}).status_code == 422
    owner.post(address, {"what": "mark", "days": ["2026-12-25"], "yes": "no"})
    owner.post(address, {"what": "mark", "all": "1", "yes": "yes"})
    day = {"what": "day", "day": "2026-12-24", "kind": "partial", "hours": "10:00–12:00",
           "reason": "Christmas Eve"}  # fmt: skip
    assert owner.post(address, day).status_code == 302
    assert owner.post(address, {"what": "propose"}).status_code == 302
    assert "Your decision" not in text_of(owner.get(address))
    with act_as(SYSTEM):
        before = dict(Clock.objects.filter(state="running").values_list("pk", "due_at"))
    assert "Your decision" in text_of(director.get(address))
    assert director.post(address, {"what": "decide", "yes": "yes"}).status_code == 302
    Worker().run(once=True)
    with act_as(SYSTEM):
        after = dict(Clock.objects.filter(state="running").values_list("pk", "due_at"))
        hours = catalogue.calendar_for("office")
    assert before.keys() == after.keys()
    assert before != after
    closed = {each.day for each in hours.exceptions if not each.windows}
    assert date(2026, 11, 26) in closed
    assert date(2026, 12, 25) not in closed


def test_a_calendar_is_made_withdrawn_and_taken_in(world: World) -> None:
    owner = browser(world, "owner")
    given = {"code": "night", "name": "Night desk", "zone": "Mars/Olympus"}
    assert "Mars" in text_of(owner.post("/centre/calendars/", given), 422)
    assert owner.post("/centre/calendars/", given | {"zone": ""}).status_code == 302
    draft = {"starts": "2026-12-01", "note": "Nights", "day0": "22:00–06:00"}
    address = owner.post("/centre/calendars/night/", draft)["Location"]
    assert "22:00–06:00" in text_of(owner.get(address))
    owner.post(address, {"what": "withdraw"})
    assert "Withdrawn" in text_of(owner.get(address))
    broken = owner.post("/centre/calendars/import/", {"document": "{"})
    assert "FORM-104" in text_of(broken, 422)
    agent = browser(world, "agent")
    assert "Make the draft" not in text_of(agent.get("/centre/calendars/night/"))
    assert agent.get("/centre/calendars/import/").status_code == 403
