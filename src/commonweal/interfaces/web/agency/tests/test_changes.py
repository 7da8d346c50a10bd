"""Why the bill changed, unusual lines and dates of bills, on both sides' pages."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from commonweal.interfaces.web.agency.tests.test_pages import text_of
from commonweal.interfaces.web.agency.tests.world import World
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.calendar.public import now
from commonweal.kernel.schema.public import uuid7
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.models import AnomalyHold, Bill

Browser = Callable[[str], Client]


def test_any_two_months_are_compared_on_both_sides(world: World, signed_in: Browser) -> None:
    mine = text_of(signed_in("parks").get("/agency/changes/"))
    assert "The bill of October 2026 is" in mine
    assert "more than that of September 2026." in mine
    assert "Most of the rise is: use," in mine
    assert "The terms add up to the change exactly" in mine
    assert "Largest increases" in mine
    assert "No item fell." in mine
    address = "/agency/changes/?agency=PARKS&before=2026-10&after=2026-09"
    back = text_of(signed_in("director").get(address))
    assert "less than that of October 2026." in back
    assert "No item rose." in back
    same = text_of(signed_in("parks").get("/agency/changes/?before=2026-10&after=2026-10"))
    assert "The bill of October 2026 is the same as that of October 2026." in same


def test_a_month_without_a_bill_and_another_agency_are_refused(
    world: World, signed_in: Browser
) -> None:
    parks = signed_in("parks")
    none = parks.get("/agency/changes/?before=2026-01&after=2026-10")
    assert (none.status_code, "BILL-421" in none.content.decode()) == (422, True)
    assert parks.get("/agency/changes/?agency=WATER").status_code == 403


def held() -> AnomalyHold:
    """An unusual line of a bill of PARKS that is in preview, as drafting would make it."""
    with act_as(SYSTEM):
        line = charging.BillLine.objects.filter(bill__agency__code="PARKS").first()
        assert line is not None
        run = line.bill.run_id
        bill = Bill.objects.create(
            agency_id=line.agency_id, run_id=run, period="2026-11", state="preview",
            currency="USD", total_minor=line.amount_minor,
        )  # fmt: skip
        own = charging.BillLine.objects.get(pk=line.pk)
        own.id, own.bill = uuid7(), bill
        own.save(force_insert=True)
        return AnomalyHold.objects.create(
            agency_id=line.agency_id, bill=bill, line=own, amount_minor=5000, usual_minor=1000,
            percent=30, months=6, recorded_at=now(),
        )  # fmt: skip


def test_an_unusual_line_is_acknowledged_by_its_agency(world: World, signed_in: Browser) -> None:
    hold, parks = held(), signed_in("parks")
    banner = text_of(parks.get(f"/agency/bills/{hold.bill_id}/"))
    assert "An unusual line waits for you" in banner
    page = text_of(parks.get("/agency/unusual/"))
    assert "Usually $10.00, the median of the 6 months before; more than 30 % away" in page
    said = parks.post(f"/agency/unusual/{hold.pk}/", {"reason": "A campus"}, follow=True)
    assert "The bill no longer waits for this line" in text_of(said)
    assert "Acknowledged on" in text_of(parks.get("/agency/unusual/"))
    assert "A campus" in text_of(signed_in("owner").get(
        "/centre/bills/unusual/?state=acknowledged"
    ))  # fmt: skip
    assert parks.post(f"/agency/unusual/{hold.pk}/").status_code == 409


def test_the_centre_explains_after_the_preview(world: World, signed_in: Browser) -> None:
    hold, owner = held(), signed_in("owner")
    address = f"/centre/bills/unusual/{hold.pk}/explain/"
    assert "Usually $10.00" in text_of(owner.get("/centre/bills/unusual/"))
    short = owner.post(address, {"reason": "x"})
    assert (short.status_code, "ANOMALY-102" in short.content.decode()) == (422, True)
    said = owner.post(address, {"reason": "A second campus opened"}, follow=True)
    assert "The bills no longer wait for this line." in text_of(said)


def test_tolerances_are_set(world: World, signed_in: Browser) -> None:
    owner, address = signed_in("owner"), "/centre/bills/tolerances/"
    assert "No item has a tolerance yet" in text_of(owner.get(address))
    form = {"item": str(world.items["helpdesk.case"]), "percent": "30", "minimum": "100.00"}
    assert "The tolerance is saved." in text_of(owner.post(address, form, follow=True))
    for change, code in (({"percent": "0"}, "ANOMALY-101"), ({"item": ""}, "FORM-101"),
                         ({"minimum": "much"}, "FORM-103")):  # fmt: skip
        refused = owner.post(address, {**form, **change})
        assert (refused.status_code, code in refused.content.decode()) == (422, True)


def test_dates_of_bills_are_shown_to_both_sides(world: World, signed_in: Browser) -> None:
    mine = text_of(signed_in("parks").get("/agency/dates/"))
    assert "Drafted within 3 working days" in mine
    assert "cannot be determined" in mine
    director, address = signed_in("director"), "/centre/bills/dates/"
    assert "Issued within 8 working days" in text_of(director.get(address))
    saved = director.post(address, {"code": "issue", "days": "10"}, follow=True)
    assert "Issued within 10 working days" in text_of(saved)
    wrong = director.post(address, {"code": "issue", "days": "0"})
    assert (wrong.status_code, "ANOMALY-104" in wrong.content.decode()) == (422, True)
