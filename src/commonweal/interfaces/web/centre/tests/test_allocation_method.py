"""The page on which people compare, propose and decide how pools give to pools."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.tests.pages import text_of

Browser = Callable[[str], Client]
PAGE, CHANGE = "/centre/costs/allocations/method/", "/centre/costs/allocations/method/change/"
ASKED = {"what": "propose", "method": "reciprocal", "starts": "2027-07-01",
         "reason": "The offices serve one another"}  # fmt: skip


def test_a_method_is_compared_proposed_and_decided(world: World, signed_in: Browser) -> None:
    officer, director = signed_in("officer"), signed_in("director")
    text = text_of(officer.get(PAGE))
    assert "Today: Step-down" in text
    assert "Nothing was decided yet, so the step-down counts." in text
    assert "under each method" in text
    refused = officer.post(CHANGE, {**ASKED, "starts": "2027-07-02"})
    said = text_of(refused, 422)
    assert "COSTS-231" in said
    assert "The offices serve one another" in said
    assert 'value="reciprocal" checked' in said
    assert "COSTS-236" in text_of(officer.post(CHANGE, {**ASKED, "starts": "2026-10-01"}), 422)
    assert "Saved." in text_of(officer.post(CHANGE, ASKED, follow=True))
    waiting = text_of(director.get(PAGE))
    assert "Waiting for a decision: Reciprocal, from 1 July 2027" in waiting
    made = waiting.split('name="method_id" value="')[1].split('"')[0]
    decision = {"what": "decide", "method_id": made, "verdict": "approve"}
    assert officer.post(CHANGE, decision).status_code == 403
    done = text_of(director.post(CHANGE, decision, follow=True))
    assert "Decided" in done
    assert "Today: Step-down" in done
    assert "Pools give to pools by: Step-down" in text_of(officer.get("/centre/costs/allocations/"))
    assert officer.get(CHANGE).status_code == 302
    assert signed_in("parks").get(PAGE).status_code == 403
