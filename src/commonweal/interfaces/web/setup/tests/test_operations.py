"""What the set-up pages do, done by programs: the same actions by the API."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.kernel.access.public import SYSTEM, User, act_as
from commonweal.kernel.catalogue.public import Bundle, ServiceLevel, Unit
from commonweal.kernel.jobs.public import Job
from commonweal.kernel.ledger.public import Account, Journal, LedgerPeriod
from commonweal.kernel.notices.public import Message
from commonweal.kernel.party.public import Person, Supplier, centre

Browser = Callable[[str], Client]


def call(browser: Client, method: str, path: str, status: int = 200, **body: Any) -> Any:
    """Ask the API; the answer's document, after checking the status."""
    answer = browser.generic(
        method, f"/api/v1{path}", json.dumps(body), content_type="application/json"
    )
    assert answer.status_code == status, answer.content.decode()[:2000]
    return answer.json()


def test_the_catalogue_is_written(world: World, signed_in: Browser) -> None:
    owner = signed_in("owner")
    words = {"name": "kilowatt hour", "singular": "kilowatt hour", "plural": "kilowatt hours"}
    assert call(owner, "PUT", "/units/KWH", **words)["code"] == "KWH"
    companions = {"helpdesk.base": "1.5"}
    made = call(owner, "PUT", "/charge-items/helpdesk.case/bundle", name="Help",
                companions=companions)  # fmt: skip
    assert made["companions"] == {"helpdesk.base": "1.500000"}
    level = {"name": "Quick", "target": "30", "unit": "MIN", "calendar": "always",
             "starts": "2026-11-01"}  # fmt: skip
    assert call(owner, "PUT", "/services/helpdesk/levels/wait", **level)["target"] == "30"
    refused = call(owner, "PUT", "/charge-items/none/bundle", 422, name="x", companions={"y": "1"})
    assert refused["code"] == "CATALOGUE-104"
    call(signed_in("officer"), "PUT", "/units/KWH", **words)
    call(signed_in("director"), "PUT", "/units/KWH", 403, **words)
    with act_as(SYSTEM):
        assert Unit.objects.filter(pk="KWH").exists()
        assert Bundle.objects.get(lead__code="helpdesk.case").companions.count() == 1
        assert ServiceLevel.objects.get(metric="wait").direction == "at_most"


def test_the_centre_its_suppliers_and_accounts(world: World, signed_in: Browser) -> None:
    admin = signed_in("admin")
    assert call(admin, "PATCH", "/centre", short_name="MSD")["short_name"] == "MSD"
    assert call(admin, "PATCH", "/centre", 422, zone="Mars/Olympus")["code"] == "PARTY-105"
    call(admin, "PATCH", "/centre", 422, currency="GBP")
    call(admin, "POST", "/suppliers", 201, code="acme", name="Acme")
    person = call(admin, "POST", "/people", 201, name="Nia New", email="nia@new.example")["id"]
    account = f"/people/{person}/account"
    assert call(admin, "POST", f"{account}/invitation", 404)["code"] == "API-406"
    assert call(admin, "POST", account, 201)["active"] is True
    assert call(admin, "PUT", account, active=False)["active"] is False
    assert call(admin, "POST", f"{account}/invitation", 422)["code"] == "NOTICES-106"
    call(admin, "PUT", account, active=True)
    call(admin, "POST", f"{account}/invitation")
    call(signed_in("director"), "PUT", account, 403, active=False)
    call(admin, "DELETE", f"/people/{person}")
    call(signed_in("parks"), "PUT", "/me/language", language="es")
    with act_as(SYSTEM):
        assert centre().short_name == "MSD"
        assert Supplier.objects.filter(code="ACME").exists()
        assert User.objects.get(email="nia@new.example").is_active
        assert Person.objects.get(pk=person).name == "Erased person"
        assert Job.objects.filter(kind="notices.invite").count() == 2
        assert User.objects.get(pk=world.users["parks"].pk).language == "es"


def test_an_unsent_message_is_tried_again(world: World, signed_in: Browser) -> None:
    with act_as(SYSTEM):
        failed = Message.objects.create(
            to_address="x@y.example", topic="bills", template="t", subject="Your bill", body="",
            message_id="<1@x>", state="failed", attempts=9, last_error="refused",
        )  # fmt: skip
    admin = signed_in("admin")
    assert [row["id"] for row in call(admin, "GET", "/outbox/failed")["items"]] == [str(failed.pk)]
    assert call(admin, "POST", f"/outbox/{failed.pk}/retry")["attempts"] == 0
    assert call(admin, "GET", "/outbox/failed")["items"] == []
    call(signed_in("officer"), "GET", "/outbox/failed", 403)


def test_the_books_are_written_and_corrected(world: World, signed_in: Browser) -> None:
    officer, director = signed_in("officer"), signed_in("director")
    chart = {"accounts": [{"code": "9100", "name": "Cash", "type": "asset"},
                          {"code": "9200", "name": "Gifts", "type": "revenue"}],
             "funds": [{"code": "GIFTS", "name": "Gifts"}]}  # fmt: skip
    call(officer, "PUT", "/ledger/PARKS/chart", **chart)
    month = "/ledger/PARKS/periods/2027-02"
    assert call(officer, "PUT", month, state="open")["state"] == "open"
    lines = [{"account": "9100", "fund": "GIFTS", "amount": "12.34"},
             {"account": "9200", "fund": "GIFTS", "amount": "-12.34"}]  # fmt: skip
    journal = {"period": "2027-02", "effective_date": "2027-02-03", "description": "A gift",
               "key": "gift-1", "lines": lines}  # fmt: skip
    posted = call(officer, "POST", "/ledger/PARKS/journals", 201, **journal)
    again = call(officer, "POST", "/ledger/PARKS/journals", 201, **journal)
    assert (posted["replayed"], again["replayed"]) == (False, True)
    off = [lines[0], {**lines[1], "amount": "-12.33"}]
    call(officer, "POST", "/ledger/PARKS/journals", 422, **{**journal, "key": "x", "lines": off})
    why = {"period": "2027-02", "effective_date": "2027-02-04", "reason": "It was not a gift"}
    back = call(officer, "POST", f"/journals/{posted['id']}/reverse", 201, **why)
    call(officer, "PATCH", "/ledger/PARKS/accounts/9200", active=False)
    assert call(officer, "PUT", month, state="closed")["state"] == "closed"
    assert call(officer, "PUT", month, 409, state="open")["code"] == "LEDGER-411"
    call(officer, "POST", f"{month}/reopen", 403, reason="A bill was late")
    call(director, "POST", f"{month}/reopen", reason="A bill was late")
    with act_as(SYSTEM):
        parks = world.agencies["PARKS"]
        assert Journal.objects.get(pk=back["id"]).reverses_id is not None
        assert not Account.objects.get(agency=parks, code="9200").active
        assert LedgerPeriod.objects.get(agency=parks, code="2027-02").state == "open"
