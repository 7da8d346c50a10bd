"""New orders and modifications: the form that keeps what was typed, before and after, history."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.interfaces.web.centre.tests.pages import text_of
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.catalogue.public import Agreement, Order
from commonweal.kernel.party.public import set_centre

Browser = Callable[[str], Client]
SIGN = {"do": "sign", "agree": "1"}
FORM = {
    "lines": "1", "sources": "1", "starts": "2020-01-01", "ends": "2020-02-01",
    "item-1": "helpdesk.case", "quantity-1": "100", "amount-1": "1,700.00",
    "source-1": "General fund", "share-1": "60", "account-1": "01", "do": "propose",
}  # fmt: skip


def fields(page: Any) -> dict[str, str]:
    """What a form would send as it stands: every input and the chosen options."""
    text = page.content.decode()
    found = {}
    for tag in re.findall(r"<input [^>]*>", text):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag:
            found[name[1]] = html.unescape(value[1]) if value else ""
    for name, options in re.findall(r'<select [^>]*name="([^"]*)"[^>]*>(.*?)</select>', text, re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    for name, value in re.findall(
        r'<textarea [^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', text, re.S
    ):
        found[name] = html.unescape(value)
    found.pop("csrfmiddlewaretoken", None)
    return found


def test_an_order_says_every_problem_at_once(world: World, signed_in: Browser) -> None:
    owner = signed_in("owner")
    path = f"/centre/agreements/{world.line().order_line.order.agreement_id}/order/"
    page = text_of(owner.post(path, FORM), 422)
    assert "CATALOGUE-201" in page
    assert "CATALOGUE-203" in page
    assert '<a href="#item-1">' in page
    wrong = {**FORM, "quantity-1": "some", "share-1": "1/0", "until-1": "soon", "starts": ""}
    page = text_of(owner.post(path, wrong), 422)
    assert page.count("FORM-103") == 1
    assert page.count("FORM-102") == 2
    assert page.count("FORM-111") == 1
    for kept in ("some", "1/0", "soon"):
        assert f'value="{kept}"' in page
    assert '<a href="#quantity-1">' in page


def test_lines_and_sources_are_added_and_removed_without_losing_a_word(
    world: World, signed_in: Browser
) -> None:
    owner = signed_in("owner")
    path = f"/centre/agreements/{world.line().order_line.order.agreement_id}/order/"
    first = owner.get(path)
    assert "Line 3" in text_of(first)
    assert "Line 4" not in text_of(first)
    typed = {
        **fields(first),
        "item-2": "helpdesk.base",
        "note-2": "Two <clinics>",
        "do": "add_line",
    }
    grown = owner.post(path, typed)
    # Rows left empty are closed up; the one that was filled in comes first, a new one behind it.
    assert fields(grown)["item-1"] == "helpdesk.base"
    assert fields(grown)["note-1"] == "Two <clinics>"
    assert fields(grown)["lines"] == "2"
    more = owner.post(path, {**fields(grown), "source-1": "Fund", "do": "add_source"})
    assert fields(more)["sources"] == "2"
    less = owner.post(path, {**fields(more), "do": "drop_line-1"})
    assert fields(less)["item-1"] == ""
    assert fields(less)["source-1"] == "Fund"


def test_an_order_for_a_bureau_with_shares_of_its_own(world: World, signed_in: Browser) -> None:
    owner = signed_in("owner")
    path = f"/centre/agreements/{world.line().order_line.order.agreement_id}/order/"
    page = owner.get(path)
    bureau = next(value for value, name in _options(page, "bureau-1") if name == "Field offices")
    good = {
        **FORM, "lines": "2", "sources": "2", "starts": "2027-07-01", "ends": "2028-07-01",
        "bureau-1": bureau, "source-2": "Grant", "share-2": "40", "grant-2": "G-9",
        "item-2": "helpdesk.base", "quantity-2": "12", "amount-2": "$120", "shares-2": "1/3; 2/3",
        "from-2": "2027-08-01", "until-2": "2028-06-01", "note-2": "Clinics", "payment_days": "45",
    }  # fmt: skip
    short = text_of(owner.post(path, {**good, "shares-2": "100"}), 422)
    assert "Give one share for each of the 2 sources" in short
    shown = text_of(owner.post(path, {**good, "do": "show"}))
    assert "What you propose" in shown
    assert "2 added" in shown
    made = text_of(owner.post(path, good, follow=True))
    assert "The order is proposed." in made
    assert "Order A-0001-03.0: $1,820.00 estimated" in made
    assert "Field offices" in made
    assert "Grant 66.7%" in made
    assert "General fund 60%" in made
    assert "1 August 2027 – 31 May 2028" in made
    assert "within 45 days of the bill" in made
    with act_as(SYSTEM):
        order = Order.objects.get(number="A-0001-03")
    copy = fields(owner.get(f"{path}?like={order.pk}"))
    assert copy["shares-2"] == "1/3, 2/3"
    assert (copy["share-1"], copy["share-2"], copy["bureau-1"]) == ("60", "40", bureau)


def _options(page: Any, name: str) -> list[tuple[str, str]]:
    text = page.content.decode()
    select = re.search(rf'<select [^>]*name="{name}"[^>]*>(.*?)</select>', text, re.S)
    assert select
    return re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)<', select[1])


def test_the_7600_form_is_there_only_where_the_centre_uses_it(
    world: World, signed_in: Browser
) -> None:
    owner, new = signed_in("owner"), "/centre/agreements/new/"
    assert "7600" not in text_of(owner.get(new))
    with act_as(SYSTEM):
        set_centre(actor=SYSTEM, federal_forms=True)
    assert "Forms 7600A and 7600B" in text_of(owner.get(new))
    form = {"agency": str(world.agencies["WATER"]), "title": "Form A", "terms": "As agreed.",
            "starts": "2027-07-01", "ends": "2028-07-01", "profile": "7600",
            "requesting_aid": "012", "servicing_aid": "345",
            "location_code": "12345678"}  # fmt: skip
    assert "A2707-012-345-000002" in text_of(owner.post(new, form, follow=True))
    with act_as(SYSTEM):
        made = Agreement.objects.get(title="Form A")
    for who in ("director", "water-approver"):
        side = "centre" if who == "director" else "agency"
        signed_in(who).post(f"/{side}/agreements/{made.pk}/", SIGN)
    path = f"/centre/agreements/{made.pk}/order/"
    page = owner.get(path)
    assert "OYYMM-AID-AID-NNNNNN" in text_of(page)
    order = {
        **fields(page), **FORM, "starts": "2027-07-01", "ends": "2028-07-01", "share-1": "100",
        "advance-1": "100", "total": "1,800.00", "do": "propose",
    }  # fmt: skip
    wrong = text_of(owner.post(path, {**order, "location_code": "87654321"}), 422)
    for code in ("CATALOGUE-202", "CATALOGUE-244", "CATALOGUE-247"):
        assert code in wrong
    good = {**order, "total": "1,700.00", "advance_recognition": "straight_line"}
    done = text_of(owner.post(path, good, follow=True))
    assert "O2707-012-345-000001" in done
    assert "Advances</dt>" in done


def modified(world: World, browser: Client, side: str = "centre") -> tuple[str, dict[str, str]]:
    """A modification of the running order from 1 January 2027 on: address and fields."""
    order = world.line().order_line.order_id
    path = f"/{side}/orders/{order}/modify/"
    return path, fields(browser.get(path))


def test_a_modification_begins_with_the_order_as_it_is(world: World, signed_in: Browser) -> None:
    owner = signed_in("owner")
    path, form = modified(world, owner)
    assert form["starts"] == form["prefilled"] == "2026-12-01"
    assert (form["lines"], form["item-1"]) == ("3", "helpdesk.case")
    # 212 of the 426 days from 1 May 2026 to 30 June 2027 remain.
    assert (form["quantity-1"], form["amount-1"]) == ("498", "19,906.10")
    assert (form["source-2"], form["share-2"], form["grant-2"]) == ("Federal grant", "30", "G-26")
    nothing = text_of(owner.post(path, {**form, "reason": "Nothing", "do": "propose"}), 422)
    assert "CATALOGUE-252" in nothing
    later = {**form, "starts": "2027-01-01", "quantity-2": "7", "do": "day"}
    again = fields(owner.post(path, later))
    assert (again["quantity-1"], again["quantity-2"]) == ("425", "7")
    assert again["prefilled"] == "2027-01-01"
    unread = fields(owner.post(path, {**form, "starts": "soon", "do": "day"}))
    assert (unread["starts"], unread["quantity-1"]) == ("soon", "498")


def test_before_and_after_then_both_sides_sign(world: World, signed_in: Browser) -> None:
    owner, director = signed_in("owner"), signed_in("director")
    path, form = modified(world, owner)
    form = fields(owner.post(path, {**form, "do": "drop_line-2"}))
    change = {**form, "quantity-1": "900", "amount-1": "36,000.00", "reason": "More laptops"}
    shown = text_of(owner.post(path, {**change, "do": "show"}))
    assert "From 1 December 2026 on, lines: 1 changed, 1 ended and 1 as before." in shown
    assert "<del>498 help-desk cases</del> → <ins>900 help-desk cases</ins>" in shown
    assert "The estimated" not in shown
    page = text_of(owner.post(path, {**change, "do": "propose"}, follow=True))
    assert "The modification is proposed." in page
    assert "<del>19,906.10</del> → <ins>36,000.00</ins>" in page
    assert "More laptops" in page
    with act_as(SYSTEM):
        made = Order.objects.get(modification=1)
    approver = signed_in("parks-approver")
    waiting = text_of(approver.get("/agency/agreements/to-sign/"))
    assert "Modification A-0001-01.1" in waiting
    text_of(director.post(f"/centre/orders/{made.pk}/", SIGN, follow=True))
    done = text_of(approver.post(f"/agency/orders/{made.pk}/", SIGN, follow=True))
    assert "In force from 1 December 2026" in done
    assert "A-0001-01.0: In force until 30 November 2026" in done
    # Before and after stay readable when the order before was cut short.
    assert "<del>19,906.10</del> → <ins>36,000.00</ins>" in done
    assert "Dana Director" in text_of(owner.get(f"/centre/orders/{made.pk}/"))


def test_closed_months_never_change(world: World, signed_in: Browser) -> None:
    owner = signed_in("owner")
    path, form = modified(world, owner)
    early = {**form, "starts": "2026-10-15", "reason": "Backdated", "amount-1": "1"}
    for do in ("show", "propose"):
        page = text_of(owner.post(path, {**early, "do": do}), 422)
        assert "CATALOGUE-250" in page
        assert "1 November 2026 or a later day" in page


def test_an_agency_proposes_a_modification_too(world: World, signed_in: Browser) -> None:
    parks = signed_in("parks")
    path, form = modified(world, parks, "agency")
    change = {**form, "amount-3": "0", "reason": "We keep our own base", "do": "propose"}
    page = text_of(parks.post(path, change, follow=True))
    assert "You proposed this, so somebody else must decide." in page
    assert "May sign: Paul Approver (Agency approver)" in page
    assert "May not: Pia Parks (Agency finance officer): proposed it" in page
    assert signed_in("parks-approver").get(path).status_code == 403
    assert signed_in("water").get(path).status_code == 404
