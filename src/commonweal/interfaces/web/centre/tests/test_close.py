"""Closing November from the cockpit: a missing source, a stop, the preview, issuing 2 bills."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from commonweal.interfaces.web.agency.tests.world import MAPPING, OCTOBER, World, moment
from commonweal.interfaces.web.centre.tests.pages import text_of
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.audit.public import events
from commonweal.kernel.calendar.public import at, now
from commonweal.kernel.jobs.public import Job, Worker
from commonweal.kernel.metering.public import Usage, emit
from commonweal.kernel.schema.public import CommonwealError
from commonweal.practices.charging import public as charging

Browser = Callable[[str], Client]
NOVEMBER = OCTOBER.shift(1)
PAGE = f"/centre/close/{NOVEMBER}/"
LEDGER = (
    "Period,Cost centre,Category,Account,Reference,Amount\n2026-11,helpdesk,Pay,6000,n1,100.00\n"
)
WAIVED = {"waived": "desk", "waive_reason": "The desk moves house this week"}


@contextmanager
def in_december(world: World) -> Iterator[World]:
    """The world on 2 December, with usage and costs of November, and a source without report."""
    officer = world.actors["officer"]
    start = moment(NOVEMBER.first_day)
    with at(moment(date(2026, 12, 2))):
        with act_as(officer):
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


@pytest.fixture
def december(world: World) -> Iterator[World]:
    """In a test's transaction: no worker."""
    with in_december(world):
        yield world


@pytest.fixture
def own_december(own_world: World) -> Iterator[World]:
    """In a database of the test's own, for tests with a worker."""
    with in_december(own_world):
        yield own_world


def run(browser: Client, step: str, **form: Any) -> Any:
    """Press the button of the next step."""
    return browser.post(f"{PAGE}next/", {"step": step, **form}, follow=True)


def worked(browser: Client, step: str, **form: Any) -> str:
    """Press the button, let a worker do what was asked for, refresh: the page."""
    asked = text_of(run(browser, step, **form))
    assert "asked for it on 2 December 2026" in asked
    assert "It waits for a worker." in asked
    assert Worker().run(once=True) >= 1
    return text_of(browser.get(PAGE))


def test_a_month_is_closed_step_by_step(
    own_december: World, browser_of: Callable[[World, str], Client]
) -> None:
    browser = browser_of(own_december, "officer")
    text_of(browser.get("/centre/close/?period=2026-11", follow=True))
    page = text_of(browser.get("/centre/close/", follow=True))
    assert "Start the close of November 2026" in page
    started = text_of(browser.post(f"{PAGE}start/", follow=True))
    assert "Go on without these sources" in started
    assert "2 records, not reported complete yet." in started
    assert "This cannot be undone." in started

    stopped = worked(browser, "freeze")
    assert "CLOSE-201" in text_of(browser.get("/centre/audit/work/?state=dead"))
    assert "The close of November 2026 stopped: Freeze usage" in stopped
    assert "Usage is missing or incomplete from: Help desk." in stopped
    worked(browser, "freeze", waived="desk", waive_reason="late")
    page = worked(browser, "freeze", **WAIVED)
    assert "next is “Allocate costs”" in page
    assert "Without desk: The desk moves house this week" in page
    assert "Begun 09:00, done 2 December 2026, 09:00" in page
    page = worked(browser, "allocate", how="through")
    assert "Show 2 agencies their bills" in page

    refused = text_of(run(browser, "preview", preview_days="3"), 422)
    assert "CLOSE-502" in refused
    page = worked(browser, "preview", preview_days="3", preview_reason="The holidays come first")
    assert "until 7 December 2026" in page
    assert "The bills of November 2026 wait for approval" in page
    assert "Your roles do not let you decide this." in page
    director = browser_of(own_december, "director")
    assert "Approve the issue of 2 bills" in text_of(director.get(PAGE))
    page = approve(director)
    assert "Issue 2 bills" in text_of(browser.get(PAGE))
    assert "An issued bill never changes" in text_of(browser.get(PAGE))
    early = worked(browser, "issue")
    assert "stopped: Issue bills" in early
    assert "Agencies may look at their bills until 2026-12-07." in early
    asked = text_of(run(browser, "issue", end_preview="1", preview_reason="All have confirmed"))
    assert "A second person is asked to approve this." in asked
    assert "The preview ends now, before 7 December 2026: All have confirmed" in asked
    approve(director)
    assert Worker().run(once=True) >= 1  # goes on as the officer, who asked for it
    with act_as(SYSTEM):
        assert charging.Bill.objects.filter(period="2026-11", state="issued").count() == 2
        made = events(SYSTEM, verb="close.issue_done").rows[0]
        assert made.actor_id == own_december.users["officer"].pk
    assert "November 2026 is closed" in worked(browser, "post", how="through")


def approve(browser: Client, **form: str) -> str:
    """Read what the second person reads, and approve it."""
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', text_of(browser.get(PAGE)))
    assert seen is not None
    data = {"seen": seen[1], "decision": "approve", **form}
    page = text_of(browser.post(f"{PAGE}decide/", data, follow=True))
    assert "The bills are approved." in page
    return page


def test_the_second_person_sees_what_they_approve(
    own_december: World, browser_of: Callable[[World, str], Client]
) -> None:
    officer = own_december.actors["officer"]
    charging.advance_close(
        officer, "2026-11",
        charging.CloseOptions(**{**WAIVED, "waived": ("desk",)}, no_costs_reason="It comes later"),
    )  # fmt: skip
    agency = own_december.actors["water"]
    with act_as(agency):
        line = charging.BillLine.objects.filter(bill__period="2026-11").order_by("number").first()
        assert line is not None
        charging.raise_query(
            actor=agency, line_id=line.pk, kind="dispute", text="We never asked for this."
        )
    browser = browser_of(own_december, "director")
    assert f'href="{PAGE}"' in text_of(browser.get("/centre/overview/"))
    page = text_of(browser.get(PAGE))
    assert "What each service recovers" in page
    assert "Recovered?" in page
    assert "We never asked for this." in page
    assert "Dana Director" in page
    stale = browser.post(f"{PAGE}decide/", {"seen": "0", "decision": "approve"})
    assert "FORM-104" in text_of(stale, 422)
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    assert seen is not None
    bare = browser.post(f"{PAGE}decide/", {"seen": seen[1], "decision": "approve"})
    refused = text_of(bare, 422)
    assert "CLOSE-504" in refused
    assert 'href="#reason"' in refused
    approve(browser, reason="It is answered with the next bill")
    assert "1 line is disputed: It is answered with the next bill" in text_of(browser.get(PAGE))
    assert browser_of(own_december, "officer").post(f"{PAGE}decide/").status_code == 403


def test_a_rejected_month_says_why_and_can_be_asked_for_again(
    own_december: World, browser_of: Callable[[World, str], Client]
) -> None:
    officer, browser = own_december.actors["officer"], browser_of(own_december, "director")
    charging.advance_close(
        officer, "2026-11",
        charging.CloseOptions(**{**WAIVED, "waived": ("desk",)}, no_costs_reason="It comes later"),
    )  # fmt: skip
    seen = re.search(r'name="seen" value="([0-9a-f]+)"', text_of(browser.get(PAGE)))
    assert seen is not None
    form = {"seen": seen[1], "decision": "reject", "reason": "Payroll cannot be right"}
    page = text_of(browser.post(f"{PAGE}decide/", form, follow=True))
    assert "The close of November 2026 stopped: Have the issue approved" in page
    assert "Payroll cannot be right" in page
    again = browser_of(own_december, "officer")
    assert "Ask for the approval again" in text_of(again.get(PAGE))
    asked = text_of(run(again, "approve"))
    assert "A second person is asked to approve this." in asked
    assert "The bills of November 2026 wait for approval" in asked


def test_work_that_goes_on_is_shown_and_read_anew(december: World, signed_in: Browser) -> None:
    """As it is while a worker is in the middle of the drafts."""
    browser = signed_in("officer")
    browser.post(f"{PAGE}start/")
    asked = text_of(run(browser, "freeze", how="through", **WAIVED))
    assert "Femi Officer asked for it" in asked
    assert 'hx-trigger="every 3s"' in asked
    assert "htmx.min.js" in asked
    assert "http-equiv" not in asked
    assert ">Refresh</a>" in asked
    with act_as(SYSTEM):
        job = Job.objects.get(kind="charging.close")
        assert job.payload == {"period": "2026-11", "until": "draft"}
        assert charging.close_run(SYSTEM, "2026-11").options["waived"] == ["desk"]
        Job.objects.filter(pk=job.pk).update(
            state="running", started_at=now(), progress_done=1, progress_total=2,
            progress_note="freeze",
        )  # fmt: skip
        charging.CloseStep.objects.filter(run__period="2026-11", code="freeze").update(
            state="running", started_at=now()
        )
    page = text_of(browser.get(f"{PAGE}?again=1"))
    assert '<meta http-equiv="refresh" content="5">' in page
    assert "hx-trigger" not in page
    assert "Stop refreshing by itself" in page
    assert "Femi Officer runs it since 2 December 2026, 09:00" in page
    assert "Being done" in page
    assert "1 of 2" in page
    second = text_of(run(signed_in("officer"), "freeze", **WAIVED), 422)
    assert "CLOSE-409" in second
    assert "Femi Officer runs it since 2 December 2026, 09:00" in second
    stopping = text_of(browser.post(f"{PAGE}stop/", follow=True))
    assert "The close is being stopped." in stopping
    assert "Stop the close" not in stopping
    with act_as(SYSTEM):
        Job.objects.filter(pk=job.pk).update(state="cancelled")
    over = browser.get(PAGE, headers={"HX-Request": "true"})
    assert over.headers["HX-Refresh"] == "true"
    page = text_of(over)
    assert "It is done anew." in page
    assert "hx-trigger" not in page
    idle = text_of(browser.post(f"{PAGE}stop/", follow=True))
    assert "being stopped" in idle  # nobody can know whether a step that says it runs was killed


def test_work_that_failed_says_its_code_and_what_to_do(december: World, signed_in: Browser) -> None:
    browser = signed_in("officer")
    browser.post(f"{PAGE}start/")
    run(browser, "freeze", **WAIVED)
    with act_as(SYSTEM):
        Job.objects.update(state="dead", last_error="ACCESS-403", finished_at=now())
    page = text_of(browser.get(PAGE))
    assert "The close of November 2026 failed: Freeze usage" in page
    assert "The background work failed (ACCESS-403)." in page
    assert "Ask somebody who may to start it anew." in page
    assert "It waits for a worker." in text_of(run(browser, "freeze", **WAIVED))
    with act_as(SYSTEM):
        Job.objects.update(last_error="OperationalError")
    assert "OperationalError. It is tried again on 2 December 2026" in text_of(browser.get(PAGE))


def test_a_month_that_was_not_started_cannot_be_stopped(
    december: World, signed_in: Browser
) -> None:
    browser = signed_in("officer")
    assert browser.post(f"{PAGE}stop/").status_code == 404
    browser.post(f"{PAGE}start/")
    assert "CLOSE-411" in text_of(browser.post(f"{PAGE}stop/"), 422)


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


def test_a_month_that_has_not_ended_cannot_be_started(world: World, signed_in: Browser) -> None:
    browser = signed_in("officer")
    page = text_of(browser.get("/centre/close/2026-12/"))
    assert "The month has not ended. It can be closed from 1 January 2027 on." in page
    refused = text_of(browser.post("/centre/close/2026-12/start/", follow=True), 422)
    assert "CLOSE-101" in refused
    assert browser.get("/centre/close/yesterday/").status_code == 400


def test_a_month_without_costs_is_never_called_recovered(
    world: World, signed_in: Callable[[str], Client]
) -> None:
    officer, browser = world.actors["officer"], signed_in("officer")
    reason = "The ledger of November comes next week"
    waived = {"waived": ("desk",), "waive_reason": "The desk moves house"}
    with at(moment(date(2026, 12, 2))):
        with pytest.raises(CommonwealError, match="CLOSE-203"):
            charging.advance_close(officer, "2026-11", charging.CloseOptions(**waived))
        page = text_of(browser.get(PAGE))
        assert "2026-11 has no ledger costs. The month before, 2026-10, has 3 ledger lines." in page
        assert 'name="no_costs_reason"' in page
        charging.advance_close(
            officer, "2026-11",
            charging.CloseOptions(**waived, no_costs_reason=reason, end_preview=True,
                                  preview_reason="Every agency has confirmed its bill"),
        )  # fmt: skip
        with act_as(world.actors["director"]):
            charging.approve_bills(actor=world.actors["director"], period="2026-11")
        charging.advance_close(officer, "2026-11")
        assert f"No ledger costs: {reason}" in text_of(browser.get(PAGE))
        overview = text_of(browser.get("/centre/overview/?period=2026-11"))
        costs = text_of(browser.get("/centre/costs/?period=2026-11"))
        book = text_of(browser.get("/rates/"))
    assert f"The month was closed without ledger costs: {reason}" in overview
    assert "ecovered its cost" not in overview
    assert "Over-recovered" not in overview
    assert "Cannot be determined" in costs
    assert reason in costs
    assert "Reconciled" not in costs
    assert "Cannot be determined for November 2026: its costs are not known." in book
