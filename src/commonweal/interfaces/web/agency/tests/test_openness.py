"""Open pages: the money, unit costs, the rate book's data, and the ledger against the bills."""

from __future__ import annotations

import json
from collections.abc import Callable

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World

In = Callable[[str], Client]
SWITCH = "/agency/money/?agency=PARKS"
MONEY = "/money/PARKS/?year=2027"


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def test_a_citizen_reads_where_the_money_went_once_the_agency_opened_it(
    world: World, signed_in: In
) -> None:
    citizen, parks = Client(), signed_in("parks")
    assert "No agency has opened its page yet." in read(citizen, "/money/")
    assert citizen.get(MONEY).status_code == 404
    assert "Only people of this agency" in read(parks, MONEY)
    assert "The page was never opened." in read(parks, SWITCH)
    refused = parks.post(SWITCH, {"do": "open", "reason": "why"})
    assert refused.status_code == 422
    assert "OPEN-101" in refused.content.decode()
    opened = parks.post(SWITCH, {"do": "open", "reason": "Decided by the council."})
    assert opened.status_code == 302
    text = read(citizen, MONEY)
    assert "takes the largest part of the money" in text
    assert "What one cost" in text
    assert "Pia" not in text
    assert "Open or close this page" not in text
    assert "/money/PARKS/" in read(citizen, "/money/")
    data = citizen.get("/money/PARKS/money.csv?year=2027").content.decode()
    assert data.startswith("agency,fiscal_year,service")
    assert "Everybody can read" in read(parks, SWITCH)
    closed = parks.post(SWITCH, {"do": "close", "reason": "The council changed its mind."})
    assert closed.status_code == 302
    assert citizen.get(MONEY).status_code == 404


def test_the_centre_may_open_it_and_a_year_without_bills_says_so(
    world: World, signed_in: In
) -> None:
    director = signed_in("director")
    assert "Open the page to everybody" in read(director, SWITCH)
    opened = director.post(SWITCH, {"do": "open", "reason": "Decided by the board."})
    assert opened.status_code == 302
    text = read(Client(), "/money/PARKS/?year=2024")
    assert "nothing was paid for shared services" in text
    assert "Open the page to everybody" not in read(signed_in("parks-approver"), SWITCH)


def test_unit_costs_are_compared_with_five_agencies_at_least(world: World, signed_in: In) -> None:
    text = read(signed_in("parks"), "/agency/unit-costs/?year=2027")
    assert "Fewer than five agencies" in text
    assert "Nothing can be compared yet" in text
    assert "Hyndman and Fan" in text
    assert "Unit costs" in read(signed_in("director"), "/agency/unit-costs/?year=2027")
    data = signed_in("parks").get("/agency/unit-costs.csv?year=2027").content.decode()
    assert "quartile_1,median,quartile_3" in data
    assert signed_in("parks-employee").get("/agency/unit-costs/").status_code == 403


def test_the_rate_book_is_open_data(world: World) -> None:
    book = read(Client(), "/rates/")
    assert "/rates/rates.csv" in book
    data = Client().get("/rates/rates.csv").content.decode()
    assert "numerator,denominator" in data.splitlines()[0]
    assert "helpdesk.case" in data
    found = json.loads(Client().get("/rates/rates.json").content)["rates"]
    assert {row["service"] for row in found} >= {"helpdesk"}
    assert all(row["decided_by"] for row in found)
    page = read(Client(), "/rates/helpdesk.case/")
    assert "How it is priced" in page
    assert "Price of one" in page or "method" in page.lower()


def test_from_the_ledger_to_the_bills(world: World, signed_in: In) -> None:
    director = signed_in("director")
    text = read(director, "/centre/costs/to-bills/?period=2026-10")
    assert "From the ledger to the bills" in text
    assert "Lines of the bills = the centre" in text
    year = read(director, "/centre/costs/to-bills/?period=2026-10&span=year")
    assert "All the closed months together" in year
    assert "Not closed, so not counted" in year
    data = director.get("/centre/costs/to-bills.csv?period=2026-10").content.decode()
    assert data.startswith("period,service,equation")
    assert "No month asked for is closed" in read(
        director, "/centre/costs/to-bills/?period=2020-01"
    )
    assert signed_in("parks").get("/centre/costs/to-bills/").status_code == 403
