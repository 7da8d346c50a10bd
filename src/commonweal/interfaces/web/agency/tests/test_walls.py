"""Agency A reaches nothing of agency B: by page, file, guessed id, or form."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from commonweal.interfaces.web.agency.tests.world import SEPTEMBER, World
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue.public import Agreement
from commonweal.practices.charging import public as charging
from commonweal.practices.charging.selectors import bills as bill_reads

Browser = Callable[[str], Client]


def places(world: World) -> list[str]:
    """Every address that names something of Parks."""
    bill, line = world.bill(), world.line()
    with act_as(SYSTEM):
        agreement = Agreement.objects.get(agency_id=world.agencies["PARKS"])
    return [
        f"/agency/bills/{bill.number}/",
        f"/agency/bills/{bill.pk}/",
        f"/agency/bills/{bill.number}/pdf",
        f"/agency/bills/{bill.number}/csv",
        f"/agency/bills/{bill.number}/pack",
        f"/agency/bills/{bill.number}/journal.csv",
        f"/agency/lines/{line.pk}/",
        f"/agency/lines/{line.pk}/usage/",
        f"/agency/lines/{line.pk}/usage.csv",
        f"/agency/agreements/{agreement.pk}/",
        f"/agency/orders/{line.order_line.order_id}/",
    ]


def test_another_agency_finds_nothing(world: World, signed_in: Browser) -> None:
    mine, theirs = signed_in("parks"), signed_in("water")
    for place in places(world):
        assert mine.get(place).status_code == 200, place
        refused = theirs.get(place)
        assert refused.status_code == 404, place
        assert "PARKS" not in refused.content.decode()


def test_the_database_holds_even_if_a_selector_forgets(
    world: World, signed_in: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        bill_reads, "visible_bills", lambda actor: charging.Bill.objects.select_related("agency")
    )
    theirs = signed_in("water")
    bill, line = world.bill(), world.line()
    for place in (
        f"/agency/bills/{bill.number}/",
        f"/agency/lines/{line.pk}/",
        f"/agency/lines/{line.pk}/usage.csv",
    ):
        assert theirs.get(place).status_code == 404, place


def test_another_agency_changes_nothing(world: World, signed_in: Browser) -> None:
    theirs, line = signed_in("water"), world.line()
    asked = theirs.post(f"/agency/lines/{line.pk}/ask/", {"kind": "question", "text": "Mine?"})
    assert asked.status_code == 404
    assert theirs.post("/agency/accounts/", {"agency": "PARKS", "default": "1"}).status_code == 403
    assert theirs.post("/agency/forecasts/", {"agency": "PARKS"}).status_code == 403
    assert theirs.get("/agency/usage.csv?agency=PARKS").status_code == 403
    approver = signed_in("water-approver")
    signed = approver.post(f"/agency/orders/{world.open_order}/", {"agree": "1", "do": "sign"})
    assert signed.status_code == 404
    with act_as(SYSTEM):
        assert not charging.queries(SYSTEM, bill_id=world.bill().pk)


def test_who_holds_no_role_for_bills_is_told_so(world: World, signed_in: Browser) -> None:
    response = signed_in("parks-employee").get("/agency/bills/")
    assert response.status_code == 403
    assert "ACCESS-403" in response.content.decode()


def test_nobody_signed_in_is_asked_to_sign_in(world: World) -> None:
    browser = Client()
    for place in places(world):
        response = browser.get(place)
        assert response.status_code == 302, place
        assert response["Location"].startswith("/sign-in/")
    assert "Sign in" in browser.get("/sign-in/", follow=True).content.decode()


def test_a_draft_is_the_centres_alone(world: World, signed_in: Browser) -> None:
    bill = world.bill(period=SEPTEMBER)
    with act_as(SYSTEM):
        draft = charging.Bill.objects.create(
            agency_id=bill.agency_id, run_id=bill.run_id, period="2026-11", currency="USD"
        )
    assert signed_in("parks").get(f"/agency/bills/{draft.pk}/").status_code == 404
    assert signed_in("officer").get(f"/agency/bills/{draft.pk}/").status_code == 200


def test_a_preview_says_that_nothing_is_due(world: World, signed_in: Browser) -> None:
    bill = world.bill(period=SEPTEMBER)
    with act_as(SYSTEM):
        preview = charging.Bill.objects.create(
            agency_id=bill.agency_id, run_id=bill.run_id, period="2026-11", currency="USD",
            state="preview",
        )  # fmt: skip
    browser = signed_in("parks")
    page = browser.get(f"/agency/bills/{preview.pk}/").content.decode()
    assert "This is a preview. Nothing is due yet" in page
    assert "This is a preview" in browser.get("/agency/bills/").content.decode()
