"""Closing November from the cockpit: a missing source, a stop, the preview, issuing 2 bills."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from commonweal.interfaces.web.agency.tests.world import MAPPING, OCTOBER, World, moment
from commonweal.interfaces.web.centre.tests.pages import text_of
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import at
from commonweal.kernel.jobs.public import Job
from commonweal.kernel.metering.public import Usage, emit
from commonweal.practices.charging import public as charging

Browser = Callable[[str], Client]
NOVEMBER = OCTOBER.shift(1)
PAGE = f"/centre/close/{NOVEMBER}/"
LEDGER = (
    "Period,Cost centre,Category,Account,Reference,Amount\n2026-11,helpdesk,Pay,6000,n1,100.00\n"
)


@pytest.fixture
def december(world: World) -> Iterator[World]:
    """The world on 2 December, with usage and costs of November, and a source without report."""
    officer = world.actors["officer"]
    start = moment(NOVEMBER.first_day)
    with at(moment(date(2026, 12, 2))), act_as(officer):
        emit(
            actor=officer, source="desk",
            facts=[
                Usage(
                    external_id=f"{agency}-nov", agency=agency, charge_item="helpdesk.case",
                    quantity=Decimal(100), unit="C62", starts=start,
                    ends=start + timedelta(hours=1),
                )
                for agency in ("PARKS", "WATER")
            ],
        )  # fmt: skip
        charging.import_costs(
            actor=officer,
            request=charging.CostRequest(
                filename="november.csv", data=LEDGER.encode(), given=MAPPING, currency="USD"
            ),
        )
        yield world


def run(browser: Client, step: str, **form: Any) -> Any:
    """Press the button of the next step."""
    return browser.post(f"{PAGE}next/", {"step": step, **form}, follow=True)


def test_a_month_is_closed_step_by_step(december: World, signed_in: Browser) -> None:
    browser = signed_in("officer")
    text_of(browser.get("/centre/close/?period=2026-11", follow=True))
    page = text_of(browser.get("/centre/close/", follow=True))
    assert "Start the close of November 2026" in page
    started = text_of(browser.post(f"{PAGE}start/", follow=True))
    assert "Go on without these sources" in started
    assert "2 records, not reported complete yet." in started
    assert "This cannot be undone." in started

    stopped = text_of(run(browser, "freeze"), 422)
    assert "CLOSE-201" in stopped
    assert "The close of November 2026 stopped: Freeze usage" in stopped
    short = text_of(run(browser, "freeze", waived="desk", waive_reason="late"), 422)
    assert "CLOSE-202" in short
    waived = {"waived": "desk", "waive_reason": "The desk moves house this week"}
    page = text_of(run(browser, "freeze", **waived))
    assert "Done: Freeze usage." in page
    assert "Without desk: The desk moves house this week" in page
    for step in ("allocate", "rate", "prove", "draft"):
        page = text_of(run(browser, step))
    assert "Show 2 agencies their bills" in page

    page = text_of(run(browser, "preview", preview_days="3"))
    assert "until 7 December 2026" in page
    assert "Issue 2 bills" in page
    assert "An issued bill never changes" in page
    early = text_of(run(browser, "issue"), 422)
    assert "CLOSE-401" in early
    page = text_of(run(browser, "issue", end_preview="1"))
    assert charging.Bill.objects.filter(period="2026-11", state="issued").count() == 2
    for step in ("post", "notify"):
        page = text_of(run(browser, step))
    assert "November 2026 is closed" in page


def test_the_rows_that_stop_a_close_have_names(december: World, signed_in: Browser) -> None:
    browser = signed_in("officer")
    browser.post(f"{PAGE}start/")
    with act_as(SYSTEM):
        step = charging.CloseStep.objects.get(run__period="2026-11", code="rate")
        step.state = "stopped"
        step.detail = {
            "code": "CLOSE-302", "message": "2 usage records have no rate in force.",
            "rows": [
                {"agency": str(world_id), "item": str(december.items["helpdesk.case"]),
                 "problem": "no rate was in force", "records": 2, "example": "desk x"}
                for world_id in december.agencies.values()
            ],
        }  # fmt: skip
        step.save()
    page = text_of(browser.get(PAGE))
    assert "stopped: Rate usage" in page
    assert "Water Board" in page
    assert "Help-desk cases" in page
    assert str(december.agencies["WATER"]) not in page


def test_a_stale_page_decides_nothing(december: World, signed_in: Browser) -> None:
    browser = signed_in("officer")
    browser.post(f"{PAGE}start/")
    page = text_of(run(browser, "issue", end_preview="1"), 422)
    assert "FORM-104" in page
    assert "Freeze usage" in page


def test_several_steps_run_in_the_background_and_can_be_stopped(
    december: World, signed_in: Browser
) -> None:
    browser = signed_in("officer")
    browser.post(f"{PAGE}start/")
    waived = {"waived": "desk", "waive_reason": "The desk moves house this week"}
    page = text_of(run(browser, "freeze", how="through", **waived))
    with act_as(SYSTEM):
        job = Job.objects.get(kind="charging.close")
    assert job.payload["until"] == "draft"
    assert job.payload["options"]["waived"] == ["desk"]
    assert '<meta http-equiv="refresh"' in page
    assert "Stop after this step" in page
    stopped = text_of(browser.post(f"{PAGE}stop/", {"job": str(job.pk)}, follow=True))
    assert "stops after its present step" in stopped
    with act_as(SYSTEM):
        assert charging.close_run(SYSTEM, "2026-11").cancel_requested


def test_a_month_that_has_not_ended_cannot_be_started(world: World, signed_in: Browser) -> None:
    browser = signed_in("officer")
    page = text_of(browser.get("/centre/close/2026-12/"))
    assert "The month has not ended. It can be closed from 1 January 2027 on." in page
    refused = text_of(browser.post("/centre/close/2026-12/start/", follow=True), 422)
    assert "CLOSE-101" in refused
    assert browser.get("/centre/close/yesterday/").status_code == 400
