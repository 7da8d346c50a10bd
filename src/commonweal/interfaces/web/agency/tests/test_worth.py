"""Was sharing worth it: the pages, from an empty year to a verified saving and a printed loss."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.practices.consolidation import public as worth

In = Callable[[str], Client]
SERVICE = "/agency/worth/helpdesk/?agency=PARKS&year=2027"
DRAFT = "/agency/worth/helpdesk/baseline/?agency=PARKS&year=2027"
ALONE = {
    "staff-amount": "900,000.00", "staff-text": "Nine agents", "staff-varies": "1",
    "hosting-amount": "10000", "hosting-text": "The old ticket system",
    "charge_item": "helpdesk.case", "volume": "16320", "service_level": "Eight hours, mostly kept",
    "price_year": "2025", "index": "IT", "forecast": "",
}  # fmt: skip


def paper() -> SimpleUploadedFile:
    return SimpleUploadedFile("budget.pdf", b"%PDF-1.7 b", content_type="application/pdf")


def prices(world: World, now: str = "100") -> None:
    officer = world.actors["officer"]
    with act_as(officer):
        worth.put_index(actor=officer, code="IT", name="Computing prices", source="Bureau")
        for year, value in ((2025, "100"), (2027, now)):
            worth.put_index_value(
                actor=officer, index="IT", year=year, value=value, source="Bureau, June"
            )


def row() -> worth.Baseline:
    with act_as(SYSTEM):
        return worth.Baseline.objects.get()


def draft(parks: Client) -> worth.Baseline:
    assert parks.post(DRAFT, ALONE).status_code == 302
    found = row()
    done = parks.post(SERVICE, {"do": "paper", "baseline": str(found.pk), "evidence": paper()})
    assert done.status_code == 302
    return found


def signed(world: World, signed_in: In, now: str = "100") -> worth.Baseline:
    prices(world, now)
    parks, approver = signed_in("parks"), signed_in("parks-approver")
    found = draft(parks)
    assert parks.post(SERVICE, {"do": "propose", "baseline": str(found.pk)}).status_code == 302
    assert approver.post(SERVICE, {"do": "sign", "baseline": str(found.pk)}).status_code == 302
    for kind in worth.OWN_KINDS:
        form = {"do": "cost", "kind": kind, "period": "2027", "amount": "0", "note": ""}
        assert parks.post(SERVICE, form).status_code == 302
    return found


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def test_without_a_baseline_the_page_says_what_is_missing(world: World, signed_in: In) -> None:
    text = read(signed_in("parks"), "/agency/worth/")
    assert "cannot be determined" in text
    assert "a baseline that the agency signed" in text
    text = read(signed_in("parks"), SERVICE)
    assert "There is no baseline." in text
    assert "Write the baseline" in text


def test_a_wrong_draft_keeps_what_was_typed(world: World, signed_in: In) -> None:
    prices(world)
    wrong = ALONE | {"volume": "", "staff-text": "Nine agents and a <b>dog</b>"}
    answer = signed_in("parks").post(DRAFT, wrong)
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "WORTH-112" in text
    assert "Nine agents and a &lt;b&gt;dog" in text
    answer = signed_in("parks").post(SERVICE, {"do": "cost", "kind": "retained", "period": "soon",
                                               "amount": "5", "note": "kept"})  # fmt: skip
    assert answer.status_code == 422
    assert "WORTH-202" in answer.content.decode()
    assert "kept" in answer.content.decode()
    assert signed_in("parks").post(SERVICE, {"do": "dance"}).status_code == 422
    assert signed_in("parks").post(SERVICE, {"do": "sign", "baseline": "x"}).status_code == 422
    assert signed_in("parks").post(SERVICE, {"do": "paper", "baseline": "x"}).status_code == 422


def test_a_late_baseline_is_shown_and_never_proved(world: World, signed_in: In) -> None:
    found = signed(world, signed_in)
    text = read(signed_in("parks"), SERVICE)
    assert "Signed late" in text
    assert "In fiscal year 2027 sharing" in text
    assert "The same year, read in four ways" in text
    assert row().content_hash in text
    assert "cannot be changed" in read(signed_in("parks"), DRAFT)
    with act_as(SYSTEM):
        papers = worth.evidence(SYSTEM, found)
    assert signed_in("parks").get(f"/agency/worth/papers/{papers[0].pk}/").content == b"%PDF-1.7 b"
    assert signed_in("water").get(f"/agency/worth/papers/{papers[0].pk}/").status_code == 404


def test_falling_prices_print_a_loss_in_words(world: World, signed_in: In) -> None:
    signed(world, signed_in, now="1")
    text = read(signed_in("parks"), SERVICE)
    assert "lost" in text
    assert "Prices and volumes turn it into a loss." in " ".join(text.split())
    assert "Loss" in read(signed_in("parks"), "/agency/worth/?year=2027")
    centre = read(signed_in("director"), "/centre/worth/?year=2027")
    assert "Losses" in centre
    assert "sharing lost" in centre


def test_a_saving_is_claimed_confirmed_and_evidenced(world: World, signed_in: In) -> None:
    found = signed(world, signed_in)
    approver, parks = signed_in("parks-approver"), signed_in("parks")
    form = {"do": "claim", "baseline": str(found.pk), "cashable": "1.00", "budget": "1.00",
            "attributed_to": "Old ticket system"}  # fmt: skip
    assert approver.post(SERVICE, form | {"cashable": "lots"}).status_code == 422
    assert approver.post(SERVICE, form).status_code == 302
    with act_as(SYSTEM):
        claim = worth.Claim.objects.get()
    for do, who in (("withdraw_claim", approver),):
        assert who.post(SERVICE, {"do": do, "claim": str(claim.pk)}).status_code == 302
    assert approver.post(SERVICE, form).status_code == 302
    with act_as(SYSTEM):
        claim = worth.Claim.objects.get(state="proposed")
    refuse = {"do": "refuse_claim", "claim": str(claim.pk), "reason": "no"}
    assert parks.post(SERVICE, refuse).status_code == 422
    sent = {"do": "claim_paper", "claim": str(claim.pk), "evidence": paper()}
    assert approver.post(SERVICE, sent).status_code == 302
    assert parks.post(SERVICE, {"do": "confirm", "claim": str(claim.pk)}).status_code == 302
    text = read(parks, SERVICE)
    assert "Confirmed by the agency" in text
    assert "signed late" in text


def test_refusing_and_withdrawing_make_it_a_draft_again(world: World, signed_in: In) -> None:
    prices(world)
    parks, approver = signed_in("parks"), signed_in("parks-approver")
    found = draft(parks)
    form: dict[str, Any] = {"do": "propose", "baseline": str(found.pk)}
    parks.post(SERVICE, form)
    assert "Sign the baseline" in read(approver, SERVICE)
    approver.post(SERVICE, form | {"do": "refuse", "reason": "The figures are of 2019."})
    assert row().state == "draft"
    assert "Change the draft" in read(parks, SERVICE)
    assert "Nine agents" in read(parks, DRAFT)
    parks.post(SERVICE, form)
    parks.post(SERVICE, form | {"do": "withdraw"})
    assert row().state == "draft"


def test_own_costs_have_papers_too(world: World, signed_in: In) -> None:
    signed(world, signed_in)
    with act_as(SYSTEM):
        cost = worth.OwnCost.objects.filter(superseded_at=None).first()
    assert cost is not None
    sent = {"do": "cost_paper", "cost": str(cost.pk), "evidence": paper()}
    assert signed_in("parks").post(SERVICE, sent).status_code == 302


def test_the_csv_has_what_the_page_has(world: World, signed_in: In) -> None:
    signed(world, signed_in)
    own = signed_in("parks").get("/agency/worth.csv?year=2027").content.decode()
    assert own.startswith("agency,service,fiscal_year")
    assert "PARKS,helpdesk,2027,2,USD,late," in own
    assert "WATER" not in own
    assert (
        "WATER,helpdesk"
        in signed_in("director").get("/centre/worth.csv?year=2027").content.decode()
    )


def test_price_indices_are_entered_by_the_finance_officer(world: World, signed_in: In) -> None:
    officer, page = signed_in("officer"), "/centre/worth/prices/"
    assert "No price index is entered." in read(officer, page)
    form = {"do": "index", "code": "CPI", "name": "Consumer prices", "source": "Bureau"}
    assert officer.post(page, form).status_code == 302
    value = {"do": "value", "index": "CPI", "year": "2025", "value": "x", "value_source": "B"}
    assert officer.post(page, value).status_code == 422
    for number in ("100", "101.5"):
        assert officer.post(page, value | {"value": number}).status_code == 302
    text = read(signed_in("director"), page)
    assert "101.5" in text
    assert "Replaced" in text
    assert "Enter the value" not in text


def test_the_walls(world: World, signed_in: In) -> None:
    assert signed_in("water").get(SERVICE).status_code == 403
    assert signed_in("director").get(SERVICE).status_code == 200
    assert signed_in("director").get("/agency/worth/").status_code == 404
    assert signed_in("parks-employee").get("/agency/worth/").status_code == 403
    assert signed_in("parks").get("/agency/worth/nothing/").status_code == 404
