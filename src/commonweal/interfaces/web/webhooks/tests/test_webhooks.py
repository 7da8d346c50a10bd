"""Webhooks on pages: set up by an agency for its own cases, and by the centre."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World, _person
from commonweal.interfaces.web.centre.tests.pages import hooked
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.notices import public as notices
from commonweal.kernel.party.public import centre

KEY = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")
FORM = {
    "name": "Our screen", "url": "https://hooks.parks.org/commonweal",
    "types": ["commonweal.case.opened.v1", "commonweal.case.closed.v1"],
}  # fmt: skip


@pytest.fixture
def people(world: World) -> World:
    """The small world with one liaison at each agency."""
    found = replace(world)
    with act_as(SYSTEM):
        _person(found, "lena", "Lena", "agency_liaison", "PARKS")
        _person(found, "wim", "Wim", "agency_liaison", "WATER")
    return found


def browser(world: World, who: str) -> Client:
    client = Client()
    client.force_login(world.users[who])
    return client


def page(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.content.decode()[-2500:]
    return " ".join(answer.content.decode().split())


def only() -> notices.WebhookSubscription:
    with act_as(SYSTEM):
        return notices.WebhookSubscription.objects.get()


def test_an_agency_sets_one_up_and_sees_its_key_once(people: World) -> None:
    lena = browser(people, "lena")
    start = page(lena.get("/agency/webhooks/"))
    assert "There is no webhook" in start
    assert "/agency/webhooks/new/" in start
    wrong = page(lena.post("/agency/webhooks/new/", {**FORM, "url": "https://127.0.0.1/"}), 422)
    assert "NOTICES-121" in wrong
    assert "Our screen" in wrong
    assert not KEY.search(wrong)
    made = lena.post("/agency/webhooks/new/", FORM)
    key = KEY.search(page(made))
    assert key is not None
    assert made["Cache-Control"] == "no-store"
    row = only()
    assert row.agency_id == people.agencies["PARKS"]
    seen = page(lena.get(f"/agency/webhooks/{row.pk}/"))
    assert "A case was opened" in seen
    assert "Nothing here. Send a test" in seen
    assert not KEY.search(seen)
    assert "Our screen" in page(lena.get("/agency/webhooks/"))


def test_what_was_sent_and_what_can_be_done(people: World) -> None:
    hook = hooked(people, "lena", people.agencies["PARKS"])
    lena, here = browser(people, "lena"), f"/agency/webhooks/{hook.pk}/"
    seen = page(lena.get(here))
    assert "503: it refused" in seen
    assert "204" in seen
    assert "&#34;specversion&#34;: &#34;1.0&#34;" in seen
    assert "204" not in page(lena.get(here + "?state=failed")).partition("What was sent")[2]
    assert "Send all that failed again" in page(lena.get(here + "?state=failed"))
    with act_as(SYSTEM):
        failed = notices.WebhookDelivery.objects.get(state="failed")
    page(lena.post(here, {"do": "again"}), 422)
    page(lena.post(here, {"do": "dance"}), 422)
    page(lena.post(here, {"do": "again", "delivery": failed.pk}), 302)
    again = page(lena.post(here, {"do": "again", "delivery": failed.pk}), 422)
    assert "NOTICES-129" in again
    for do, state in (("test", "active"), ("pause", "paused"), ("resume", "active")):
        page(lena.post(here, {"do": do}), 302)
        assert only().state == state
    with act_as(SYSTEM):
        assert notices.WebhookDelivery.objects.filter(state="waiting").count() == 3
        notices.WebhookDelivery.objects.update(state="failed")
    said = lena.post(here, {"do": "failed"}, follow=True)
    assert "4 events are sent again." in page(said)
    rotated = lena.post(here, {"do": "rotate"})
    assert KEY.search(page(rotated))
    assert rotated["Cache-Control"] == "no-store"
    assert "The key before signs until" in page(lena.get(here))
    page(lena.post(here, {"do": "end"}), 302)
    assert only().state == "ended"
    ended = page(lena.get(here))
    assert "End this webhook" not in ended
    assert "NOTICES-126" in page(lena.post(here, {"do": "rotate"}), 422)


def test_the_centre_hears_of_all_and_sees_everybodys(people: World) -> None:
    hooked(people, "lena", people.agencies["PARKS"])
    admin = browser(people, "admin")
    page(admin.post("/centre/webhooks/new/", {**FORM, "name": "The centre's own"}))
    seen = page(admin.get("/centre/webhooks/"))
    assert "The centre&#39;s own" in seen
    assert "The desk&#39;s screen" in seen
    with act_as(SYSTEM):
        own = notices.WebhookSubscription.objects.get(name="The centre's own")
        assert own.agency_id == centre().agency_id
    events = page(admin.get("/centre/webhooks/events/"))
    assert "commonweal.case.promise_missed.v1" in events
    assert "promised_at" in events


def test_others_see_nothing_of_it(people: World) -> None:
    hook = hooked(people, "lena", people.agencies["PARKS"])
    wim = browser(people, "wim")
    here = f"/agency/webhooks/{hook.pk}/"
    page(wim.get(here), 404)
    for do in ("end", "rotate", "test", "pause", "failed"):
        page(wim.post(here, {"do": do}), 404)
    assert only().state == "active"
    assert "desk" not in page(wim.get("/agency/webhooks/")).partition("Webhooks, newest")[2]
    parks = str(people.agencies["PARKS"])
    page(wim.post("/agency/webhooks/new/", {**FORM, "agency": parks}), 403)
    page(browser(people, "parks").get(here), 403)
    page(browser(people, "officer").get("/centre/webhooks/"), 403)
    page(browser(people, "lena").get("/centre/webhooks/"), 403)
    assert Client().get("/agency/webhooks/").status_code == 302
