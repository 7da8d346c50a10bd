"""The page of an asset: its end proposed and decided, and what became of each part."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.tests.pages import text_of
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.practices.charging import public as charging

Browser = Callable[[str], Client]
PLACE = "/centre/costs/assets/"


def test_who_paid_for_an_asset_sees_what_became_of_its_part(
    world: World, signed_in: Browser
) -> None:
    officer, director = signed_in("officer"), signed_in("director")
    made = officer.post(f"{PLACE}change/", {
        "what": "put", "code": "van", "name": "Delivery van", "pool": "security", "cost": "1,000",
        "in_service": "2026-11-01",
        "life_months": "60", "contributors": "PARKS 300\ngrant:SLFRF-7 200",
    }, follow=True)  # fmt: skip
    assert "The asset is registered." in text_of(made)
    asked = {"what": "propose", "day": "2027-02-01",
             "proceeds": "400.03", "reason": "Sold to a dealer", "bills": "500"}  # fmt: skip
    wrong = text_of(officer.post(f"{PLACE}van/dispose/", asked), 422)
    assert "next 1 to 120 bills" in wrong
    assert 'value="500"' in wrong  # nothing that was typed is lost
    officer.post(f"{PLACE}van/dispose/", {**asked, "bills": "2"})
    page = text_of(director.get(f"{PLACE}van/"))
    assert "Waiting for a decision" in page
    assert "Who got the proceeds" not in page
    with act_as(SYSTEM):
        asset = charging.asset_by_code(SYSTEM, "van")
        (row,) = charging.disposals(SYSTEM, asset)
    decided = director.post(
        f"{PLACE}van/dispose/",
        {"what": "decide", "disposal": str(row.pk), "verdict": "approve", "verdict_reason": ""},
        follow=True,
    )
    page = text_of(decided)
    assert "Who got the proceeds" in page
    for said in ("200.01", "120.01", "80.01", "400.03", "Credited to the pool",
                 "Held for the grant", "Credit on 2 bills from", "$120.01 is still to come",
                 "What was given is not taken back."):  # fmt: skip
        assert said in page, said
    with act_as(SYSTEM):
        row.refresh_from_db()
        share = next(each for each in charging.proceeds_of(SYSTEM, row) if each.credit)
        assert share.credit is not None
    assert f"/agency/credits/{share.credit.pk}/" in page
    own = text_of(signed_in("parks").get(f"/agency/credits/{share.credit.pk}/"))
    assert "Proceeds of an asset" in own
    assert "Your share of what “Delivery van” brought" in own
