"""My data: asking for the archive, watching it, fetching it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

from django.test import Client

from commonweal.interfaces.web.agency.tests.test_pages import text_of
from commonweal.interfaces.web.agency.tests.world import World
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.documents.models import TakeOut
from commonweal.kernel.jobs.models import Job
from commonweal.kernel.jobs.public import Worker
from commonweal.kernel.party import public as party
from commonweal.kernel.party.models import Person

Browser = Callable[[str], Client]


def test_it_is_asked_for_watched_and_fetched(world: World, signed_in: Browser) -> None:
    browser = signed_in("parks")
    page = text_of(browser.get("/agency/data/"))
    assert "No archive was asked for yet" in page
    asked = text_of(browser.post("/agency/data/", follow=True))
    assert "The archive is being made" in asked
    assert "waits for the worker" in asked
    again = browser.post("/agency/data/")
    assert again.status_code == 409
    assert "DOCUMENTS-413" in again.content.decode()
    with act_as(SYSTEM):
        Job.objects.update(progress_done=12)
    assert "12 files so far" in text_of(browser.get("/agency/data/"))
    Worker().run(once=True)
    assert "kept until" in text_of(browser.get("/agency/data/"))
    with act_as(SYSTEM):
        found = TakeOut.objects.get()
    file = browser.get(f"/agency/data/{found.pk}.zip")
    with zipfile.ZipFile(io.BytesIO(b"".join(file.streaming_content))) as archive:
        assert "README.txt" in archive.namelist()
    with act_as(SYSTEM):
        Job.objects.update(state="dead")
        TakeOut.objects.update(finished_at=None)
    assert "Ask for a new one; if it fails again" in text_of(browser.get("/agency/data/"))


def test_who_may_not_take_everything_away_has_no_such_page(
    world: World, signed_in: Browser
) -> None:
    with act_as(SYSTEM):
        person = Person.objects.get(email="parks-employee@example.test")
        party.add_membership(
            actor=SYSTEM, person_id=person.pk, role="agency_liaison",
            agency_id=world.agencies["PARKS"],
        )  # fmt: skip
    browser = signed_in("parks-employee")
    assert browser.get("/agency/data/").status_code == 403
    assert browser.post("/agency/data/").status_code == 403
    assert "My data" not in text_of(browser.get("/agency/bills/"))
