"""Fees on pages: shown before asking, paid online and at the till, waived, given back; letters."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from commonweal.interfaces.payments.test_provider import read_token, signed, told
from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.cases.tests.test_pages import browser, one, page, send
from commonweal.interfaces.web.cases.tests.world import LAMP, scan
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.models import CaseFee, FeeReceipt, Payback, ScannedLetter


@pytest.fixture(autouse=True)
def test_payments(settings: Any) -> None:
    settings.PAYMENT_PROVIDER, settings.PAYMENT_TEST = "test", True


def fee(name: str) -> CaseFee:
    with act_as(SYSTEM):
        return CaseFee.objects.select_related("case").get(name=name)


def put_fee(world: World, kind: str, **more: Any) -> None:
    owner = world.actors["owner"]
    with act_as(owner):
        casework.put_fee(actor=owner, code="new", name="Permit", case_type=kind,
                         amount_minor=4_500, **more)  # fmt: skip


def choose(client: Client, url: str, card: str) -> str:
    """Pay on the test provider's page; the address that it sends back to."""
    assert client.get(url).status_code == 200
    return str(send(client, url, card=card)["Location"])


def test_an_agency_reads_the_price_asks_and_pays(world: World) -> None:
    put_fee(world, "incident", before="resolved")
    employee = browser(world, "parks-employee")
    assert "Permit: $45.00" in page(employee, "/cases/ask/printer/")
    where = send(employee, "/cases/ask/printer/", subject="A new one", text="Please.")["Location"]
    assert "Pay $45.00" in page(employee, where)
    row = fee("Permit")
    pay = f"{where}pay/{row.pk}/"
    assert "We never see your card" in page(employee, pay)
    provider = send(employee, pay)["Location"]
    assert "Payment begun, not finished" in page(employee, pay)
    assert choose(employee, provider, "decline").startswith(f"{pay}?payment=test-")
    assert "nothing was taken" in page(employee, pay)
    number = row.case.number
    agent = browser(world, "agent")
    answer = send(agent, f"/centre/cases/{number}/", 422, what="move", state="resolved",
                  resolution="Done.")  # fmt: skip
    assert b"CASE-216" in answer.content
    back = choose(employee, send(employee, pay)["Location"], "approve")
    assert "Paid. Thank you." in page(employee, back)
    send(employee, pay, 422)
    assert "A fee was paid: $45.00" in page(agent, f"/centre/cases/{number}/")
    send(agent, f"/centre/cases/{number}/", what="move", state="resolved", resolution="Done.")
    page(browser(world, "water"), pay, 404)


def test_a_fee_whose_bank_has_to_answer_is_not_paid_twice_unawares(world: World) -> None:
    put_fee(world, "incident")
    employee = browser(world, "parks-employee")
    where = send(employee, "/cases/ask/printer/", subject="A new one", text="Please.")["Location"]
    pay = f"{where}pay/{fee('Permit').pk}/"
    token = send(employee, pay)["Location"].rstrip("/").rpartition("/")[2]
    body = told(read_token(token), "pending")
    answer = Client().post(
        "/pay/told/test/", body, content_type="application/json", headers=signed(body)
    )
    assert answer.status_code == 200
    assert "Look at the payment" in page(employee, where)
    shown = page(employee, pay)
    assert "Your bank has not answered yet" in shown
    refused = send(employee, pay, 422)
    assert b"CASE-232" in refused.content
    assert send(employee, pay, again="1")["Location"].startswith("/pay/test/")


def test_the_providers_word_is_signed_and_counts_once(world: World) -> None:
    put_fee(world, "incident")
    employee = browser(world, "parks-employee")
    where = send(employee, "/cases/ask/printer/", subject="A new one", text="Please.")["Location"]
    row = fee("Permit")
    provider = send(employee, f"{where}pay/{row.pk}/")["Location"]
    body = told(read_token(provider.rstrip("/").rpartition("/")[2]), "paid")
    bank = Client()

    def tell(headers: dict[str, str]) -> Any:
        return bank.post("/pay/told/test/", body, content_type="application/json", headers=headers)

    assert tell({}).status_code == 403
    assert fee("Permit").state == "started"
    assert tell(signed(body)).json() == {"result": "moved"}
    assert tell(signed(body)).json() == {"result": "again"}
    assert fee("Permit").paid_minor == 4_500


def test_nobody_pays_through_the_test_provider_where_it_is_refused(
    world: World, settings: Any
) -> None:
    settings.PAYMENT_TEST = False
    number = one(LAMP).number
    row = fee("Survey of the place")
    agent = browser(world, "agent")
    assert "Survey of the place" in page(agent, f"/centre/cases/{number}/")
    answer = Client().post("/pay/told/test/", b"{}", content_type="application/json")
    assert answer.status_code == 404
    assert fee("Survey of the place").state == row.state == "due"


def test_a_providers_page_elsewhere_is_reached_by_a_link(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("commonweal.interfaces.web.cases.fees.begin",
                        lambda *_, **__: "https://pay.example/x")  # fmt: skip
    put_fee(world, "incident")
    employee = browser(world, "parks-employee")
    where = send(employee, "/cases/ask/printer/", subject="A new one", text="Please.")["Location"]
    answer = send(employee, f"{where}pay/{fee('Permit').pk}/", 200)
    assert b'href="https://pay.example/x"' in answer.content


def test_a_citizen_pays_at_the_door(world: World) -> None:
    put_fee(world, "report")
    citizen = Client()
    asks = "/help/parks/ask/streetlight/"
    assert "Permit: $45.00" in page(citizen, asks)
    where = send(citizen, asks, text="It is dark.", place="Elm Street 4")["Location"]
    assert "What it costs" in page(citizen, where)
    row = fee("Permit")
    pay = f"{where}pay/{row.pk}/"
    assert "Department of Parks" in page(citizen, pay) or "Parks" in page(citizen, pay)
    back = choose(citizen, send(citizen, pay)["Location"], "approve")
    assert "Paid. Thank you." in page(citizen, back)
    page(Client(), pay, 404)
    with act_as(SYSTEM):
        text = FeeReceipt.objects.get().text
    page(citizen, f"{where}receipts/{text}/", 404)


def test_an_agent_charges_and_waives(world: World) -> None:
    put_fee(world, "incident", automatic=False)
    case = one("The printer prints nothing")
    address = f"/centre/cases/{case.number}/"
    agent, owner = browser(world, "agent"), browser(world, "owner")
    send(agent, address, what="charge", rule="new")
    send(agent, address, 422, what="charge", rule="new")
    row = fee("Permit")
    assert "Waive it" not in page(agent, address)
    assert "Waive it" in page(owner, address)
    send(owner, address, 422, what="waive", fee=str(row.pk), waive_reason="no")
    send(owner, address, what="waive", fee=str(row.pk), waive_reason="Decided by the council")
    assert "Waived" in page(agent, address)


def test_a_till_takes_prints_closes_and_is_signed(world: World) -> None:
    owner, director = browser(world, "owner"), browser(world, "director")
    number = one(LAMP).number
    tills = page(owner, f"/centre/cases/tills/?number={number.lower()}")
    assert "Survey of the place" in tills
    take = f"/centre/cases/tills/FRONT/{number}/"
    assert take in tills
    assert "CASE-424" in owner.get("/centre/cases/tills/?number=X-1").content.decode()
    send(owner, take, 422, fee=str(fee("Survey of the place").pk), tendered="45")
    send(owner, take, 422, method="cash", tendered="45")
    done = send(owner, take, fee=str(fee("Survey of the place").pk), method="cash",
                tendered="50.00")  # fmt: skip
    receipt = page(owner, done["Location"])
    for words in ("FRONT-2027-000002", "$45.00", "$5.00", "Cash"):
        assert words in receipt
    till = "/centre/cases/tills/FRONT/"
    assert "There should be $45.00 in cash" in page(owner, till)
    send(owner, till, 422, what="close", cash="44")
    send(owner, till, what="close", cash="44", reason="A dollar is missing")
    assert re.search(r"Difference \W+1\.00", page(director, till))
    assert "Waits for another person" in page(owner, till)
    with act_as(SYSTEM):
        closing = casework.till_closings(SYSTEM, casework.till(SYSTEM, "FRONT")).rows[0]
    send(owner, till, 422, what="sign", closing=str(closing.pk))
    send(director, till, what="sign", closing=str(closing.pk))
    assert "signed by" in page(owner, till)


def test_money_goes_back_by_two_people(world: World) -> None:
    owner, director = browser(world, "owner"), browser(world, "director")
    number = one(LAMP).number
    asked = page(director, "/centre/cases/tills/give-back/")
    assert "A page of it was missing" in asked
    with act_as(SYSTEM):
        waiting = Payback.objects.get()
    send(owner, "/centre/cases/tills/give-back/", 422, payback=str(waiting.pk), yes="yes")
    send(director, "/centre/cases/tills/give-back/", payback=str(waiting.pk), yes="yes")
    assert "Nothing waits" in page(owner, "/centre/cases/tills/give-back/")
    take = f"/centre/cases/tills/FRONT/{number}/"
    assert "give back or undo" in page(owner, take)
    with act_as(SYSTEM):
        attempt = waiting.attempt_id
    ask = {"attempt": str(attempt), "kind": "refund", "reason": "All of it was wrong"}
    send(owner, f"{take}give-back/", **ask, amount="9")
    assert "No more can be given back" in page(owner, take)
    send(owner, f"{take}give-back/", **ask)
    send(director, "/centre/cases/tills/give-back/", yes="no", payback=_last())
    with act_as(SYSTEM):
        assert sorted(Payback.objects.values_list("state", flat=True)) == ["done", "refused"]


def _last() -> str:
    with act_as(SYSTEM):
        return str(Payback.objects.latest("id").pk)


def test_fees_and_tills_are_set_up(world: World) -> None:
    owner = browser(world, "owner")
    sheet = "/centre/cases/set-up/fees/"
    fields = {"code": "dog", "name": "Dog licence", "of": "report:streetlight", "amount": "12.5"}
    send(owner, sheet, 422, **fields | {"amount": "0"})
    send(owner, sheet, 422, **fields | {"before": "nowhere"})
    send(owner, sheet, **fields)
    assert "$12.50" in page(owner, sheet)
    send(owner, "/centre/cases/set-up/tills/", code="back", name="Back office")
    assert "BACK" in page(owner, "/centre/cases/set-up/tills/")


def files(*names: str) -> list[SimpleUploadedFile]:
    colours = iter(("red", "green", "blue"))
    return [SimpleUploadedFile(name, scan(next(colours)), "image/png") for name in names]


def test_letters_are_taken_in_and_sorted(world: World) -> None:
    agent = browser(world, "agent")
    letters = "/centre/cases/letters/"
    assert "letter.png" in page(agent, letters)
    send(agent, letters, 422)
    bad = SimpleUploadedFile("notes.txt", b"Dear all,", "text/plain")
    answer = send(agent, letters, 422, letters=[*files("one.png"), bad])
    assert b"CASE-240" in answer.content
    send(agent, letters, letters=files("one.png", "two.png"))
    said = page(agent, letters)
    assert "1 letter was there before." in said
    with act_as(SYSTEM):
        rows = {row.name: row for row in ScannedLetter.objects.all()}
    assert set(rows) == {"letter.png", "one.png", "two.png"}
    number = one("The printer prints nothing").number
    first = f"{letters}{rows['one.png'].pk}/"
    assert agent.get(f"{first}scan/").status_code == 200
    send(agent, first, 422, what="file", number="X-1")
    send(agent, first, what="file", number=number)
    assert "one.png" in page(agent, f"/centre/cases/{number}/")
    page(agent, f"{first}scan/", 404)
    assert "Sorted" in page(agent, first)
    second = f"{letters}{rows['two.png'].pk}/"
    new = {"what": "open", "category": "printer", "subject": "A letter about a printer"}
    send(agent, second, 422, **new)
    more = {"agency": str(world.agencies["PARKS"]), "name": "Anna", "address": "1 Elm Street"}
    assert agent.post(second, new | more).status_code == 302
    assert one("A letter about a printer").channel == "letter"
    third = f"{letters}{rows['letter.png'].pk}/"
    send(agent, third, 422, what="drop", reason="no")
    send(agent, third, what="drop", reason="It is advertising")
    assert "Every letter is with its case" in page(agent, letters)


def test_a_cover_sheet_is_printed(world: World) -> None:
    number = one("The printer prints nothing").number
    sheet = page(browser(world, "agent"), f"/centre/cases/{number}/cover/")
    assert re.search(rf"CWL1:{number}:[A-Z2-7]{{20}}", sheet)
    assert "<svg viewBox=" in sheet
