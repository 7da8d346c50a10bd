"""A large usage file from the page: tried and taken in by a worker, cancelled, gone on with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.tests.pages import text_of
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.jobs.public import Job, Worker
from commonweal.kernel.metering import background
from commonweal.kernel.metering import public as metering
from commonweal.kernel.metering.models import UsageFact

HEAD = "Ref,Agency,Item,Count,Unit,From,To\n"
PATH = "/centre/intake/upload/"
Browser = Callable[[World, str], Client]


def lines(rows: int) -> bytes:
    """Every tenth row has no quantity."""
    return HEAD.encode() + b"".join(
        f"big-{number},PARKS,helpdesk.case,{'' if number % 10 == 5 else 2},C62,"
        "2026-11-02T10:00:00Z,2026-11-02T11:00:00Z\n".encode()
        for number in range(rows)
    )


def form(page: str, **more: str) -> dict[str, str]:
    """The form with every column mapped."""
    token = re.search(r'name="token" value="([0-9a-f-]{36})"', page)
    assert token
    return {"token": token[1], "filename": "big.csv", "source": "desk", "do": "try",
            "column-id": "Ref", "column-agency": "Agency", "column-charge_item": "Item",
            "column-quantity": "Count", "column-unit": "Unit", "column-from": "From",
            "column-to": "To", **more}  # fmt: skip


def sent(browser: Client, rows: int, **more: str) -> Any:
    """Upload a file and press the button of its form; the page that follows."""
    file = SimpleUploadedFile("big.csv", lines(rows))
    page = text_of(browser.post(PATH, {"file": file}))
    return browser.post(PATH, form(page, **more), follow=True)


def place_of(response: Any) -> str:
    """Where a form led to."""
    return str(response.redirect_chain[-1][0])


@pytest.fixture(autouse=True)
def everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test needs no four megabytes."""
    monkeypatch.setattr(background, "INLINE_BYTES", 100)


def test_a_large_file_is_tried_then_taken_in_by_a_worker(
    own_world: World, browser_of: Browser
) -> None:
    browser = browser_of(own_world, "officer")
    assert "larger than 4.2 MB is tried" in text_of(browser.get(PATH)).replace("\xa0", " ")
    tried = sent(browser, 100)
    waiting, place = text_of(tried), place_of(tried)
    assert "The file waits for a worker" in waiting
    assert "0 of about 100 rows." in waiting
    assert 'hx-trigger="every 3s"' in waiting
    Worker().run(once=True)
    over = browser.get(place, headers={"HX-Request": "true"})
    assert over.headers["HX-Refresh"] == "true"
    page = text_of(over)
    assert "90 of 100 rows would be taken in" in page
    assert "Nothing is stored yet" in page
    assert "All 10 refused rows (CSV)" in page
    assert "USAGE-104" in browser.get(f"{place}problems.csv").content.decode()
    with act_as(SYSTEM):
        assert not UsageFact.objects.filter(external_id__startswith="big-").exists()

    trial = place.rstrip("/").rpartition("/")[2]
    again = text_of(browser.get(f"{PATH}?trial={trial}"))
    assert "Which column is what?" in again
    assert '<option value="Count" selected>' in again
    assert '<option value="desk" selected>' in again

    taking = browser.post(place, {"do": "take"}, follow=True)
    assert "The file waits for a worker" in text_of(taking)
    Worker().run(once=True)
    done = text_of(browser.get(place_of(taking)))
    assert "90 of 100 rows were taken in" in done
    assert "Go on with the file" not in done
    listed = text_of(browser.get("/centre/intake/deliveries/"))
    assert "only tried" in listed
    with act_as(SYSTEM):
        assert UsageFact.objects.filter(external_id__startswith="big-").count() == 90
    assert "FORM-110" in text_of(browser.get(f"{PATH}?trial={trial_of(taking)}"), 422)


def trial_of(response: Any) -> str:
    """The id in the address of an upload."""
    return place_of(response).rstrip("/").rpartition("/")[2]


def test_it_is_cancelled_and_gone_on_with(world: World, signed_in: Callable[[str], Client]) -> None:
    """As it is after three tenths of the file."""
    browser = signed_in("officer")
    taking = sent(browser, 100, do="take")
    place = place_of(taking)
    with act_as(SYSTEM):
        upload = metering.upload(SYSTEM, trial_of(taking))  # type: ignore[arg-type]
        type(upload).objects.update(rows_done=30, accepted=27, rejected=3)
        Job.objects.update(state="running")
    page = text_of(browser.get(f"{place}?again=1"))
    assert "Taking the file in: 30 rows done" in page
    assert "30 of about 100 rows." in page
    assert '<meta http-equiv="refresh" content="5">' in page
    assert "Cancel" not in text_of(signed_in("owner").get(place))
    stopping = text_of(browser.post(place, {"do": "cancel"}, follow=True))
    assert "What was taken in stays." in stopping
    assert 'value="cancel"' not in stopping
    with act_as(SYSTEM):
        Job.objects.update(state="cancelled")
    page = text_of(browser.get(place))
    assert "Cancelled after 30 rows" in page
    assert "Go on with the file" in page
    assert "Go on with the file" not in text_of(signed_in("owner").get(place))
    assert "JOBS-104" in text_of(browser.post(place, {"do": "cancel"}), 422)
    assert "waits for a worker" in text_of(browser.post(place, {"do": "resume"}, follow=True))
    assert "JOBS-409" in text_of(browser.post(place, {"do": "resume"}), 422)
    assert "FORM-101" in text_of(browser.post(place, {"do": "dance"}), 422)
    work = text_of(browser.get("/centre/audit/work/"))
    assert "Take in a usage file" in work
    assert f'href="{place}">The file' in work


def test_a_failure_says_its_code_and_what_to_do(
    world: World, signed_in: Callable[[str], Client]
) -> None:
    browser = signed_in("officer")
    place = place_of(sent(browser, 100, do="take"))
    with act_as(SYSTEM):
        Job.objects.update(state="dead", last_error="ACCESS-403")
    page = text_of(browser.get(place))
    assert "Stopped after 0 rows" in page
    assert "The work failed (ACCESS-403)" in page
    assert "Ask somebody who may to start it anew." in page
    wrong = text_of(sent(browser, 100, **{"column-unit": ""}), 422)
    assert "USAGE-203" in wrong
