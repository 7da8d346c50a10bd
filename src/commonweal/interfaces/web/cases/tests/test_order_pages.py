"""Ordering on pages: the price and the promise first, an approval, in service, given up."""

from __future__ import annotations

import html
import re

from django.test import Client

from commonweal.interfaces.web.agency.tests.world import World
from commonweal.kernel.access.public import SYSTEM, act_as
from commonweal.kernel.casework import public as casework

from .test_pages import browser, page, send

OFFER = "/cases/order/space/"


def shown(text: str, label: str) -> str:
    """The value of a summary list's row."""
    found = re.search(rf"{label}</dt>\s*<dd[^>]*>([^<]*)", text)
    assert found, label
    return found.group(1).strip()


def test_a_thing_is_ordered_after_its_price_was_seen(world: World) -> None:
    employee, approver = browser(world, "parks-employee"), browser(world, "parks-approver")
    assert "Room for files" in page(employee, "/cases/order/")
    assert "Room for files" not in page(employee, "/cases/ask/")
    assert employee.get("/cases/ask/space/").headers["Location"] == OFFER
    one, ten = page(employee, OFFER), page(employee, f"{OFFER}?quantity=10")
    assert shown(one, "Each month") != shown(ten, "Each month")
    assert "A month that has begun counts whole." in ten
    year = re.search(r'name="year_minor" value="(\d+)"', ten)
    assert year
    send(employee, OFFER, 422, what="order", quantity="10", year_minor="1")
    send(employee, OFFER, 422, what="order", quantity="10", year_minor="")
    assert "CASE-240" in page(employee, f"{OFFER}?quantity=many", 422)
    send(employee, OFFER, what="order", quantity="10", year_minor=year.group(1), text="For maps")
    with act_as(SYSTEM):
        order = casework.CaseOrder.objects.select_related("case").latest("ordered_at")
        approval = order.case.approvals.get()
    assert order.year_minor == int(year.group(1))
    address = f"/cases/{order.case.number}/"
    assert "Waits for approval" in page(employee, address)
    assert order.case.number in page(employee, "/cases/orders/")
    send(approver, address, what="decide", approval=approval.pk, yes="yes")
    desk = f"/centre/cases/{order.case.number}/"
    agent = browser(world, "agent")
    assert "10 × Mailbox storage" in page(agent, desk)
    send(agent, desk, what="move", state="resolved", resolution="It is there.")
    assert "In service" in page(employee, address)
    send(employee, address, what="end_order")
    assert "Given up" in page(employee, address)
    send(agent, desk, 422, what="end_order")


def test_an_offer_is_set_up_by_hand_and_one_that_no_agreement_covers_is_not_ordered(
    world: World,
) -> None:
    owner = browser(world, "owner")
    send(
        owner, "/centre/cases/set-up/kinds/", code="goods", name="Goods", family="order",
        audience="agency", service="helpdesk", queue="it", publication="private",
        retention_days="100",
    )  # fmt: skip
    send(
        owner, "/centre/cases/set-up/subjects/", code="more-cases", name="More cases",
        case_type="goods", order_item="helpdesk.case", order_recurs="once",
    )  # fmt: skip
    assert "Once, on the bill of the month" in page(
        browser(world, "parks"), "/cases/order/more-cases/"
    )
    with act_as(SYSTEM):
        kind = casework.CaseType.objects.get(code="goods")
    assert kind.machine == casework.CATALOGUE_ORDER
    send(
        owner, "/centre/cases/set-up/subjects/", 422, code="nothing", name="Nothing",
        case_type="goods", order_item="no.such", order_recurs="once",
    )  # fmt: skip


def test_a_kind_changed_by_its_form_keeps_what_it_had(world: World) -> None:
    owner = browser(world, "owner")
    with act_as(SYSTEM):
        casework.CaseType.objects.filter(code="incident").update(
            closes_after_days=3, skills=["print"],
            form=[{"code": "where", "label": "Where", "kind": "string"}],
        )  # fmt: skip
        code = casework.CaseType.objects.values_list("code", flat=True).get(code="incident")
    kinds = "/centre/cases/set-up/kinds/"
    assert f"{kinds}?code={code}#change" in page(owner, kinds)
    typed = page(owner, f"{kinds}?code={code}")
    asked = re.findall(r'<textarea[^>]*name="([\w-]+)"[^>]*>\s*([^<]*)</textarea>', typed)
    for tag in re.findall(r"<input[^>]*>", typed):
        name, value = (re.search(rf'{each}="([^"]*)"', tag) for each in (" name", " value"))
        if name and value and 'type="text"' in tag:
            asked.append((name[1], value[1]))
    form = {name: html.unescape(value) for name, value in asked}
    assert form["code"] == code
    assert (form["form-0-label"], form["form-0-code"]) == ("Where", "where")
    chosen = {"family": "incident", "audience": "agency", "service": "helpdesk", "queue": "it",
              "publication": "private", "form-0-kind": "string"}  # fmt: skip
    items = "* = helpdesk.case\ncontact:phone = helpdesk.hour"
    send(owner, kinds, **{**form, **chosen, "name": "Fault", "items": items})
    with act_as(SYSTEM):
        kind = casework.CaseType.objects.get(code=code)
    assert (kind.name, kind.closes_after_days, kind.skills) == ("Fault", 3, ["print"])
    assert kind.items == {"*": "helpdesk.case", "contact:phone": "helpdesk.hour"}
    assert kind.form[0]["code"] == "where"
    wrong = page_of(owner, kinds, {**form, **chosen, "items": "fone = helpdesk.case"})
    assert "CASE-250" in wrong
    assert "fone = helpdesk.case" in wrong


def page_of(who: Client, address: str, form: dict[str, str]) -> str:
    answer = who.post(address, form)
    assert answer.status_code == 422
    return answer.content.decode()


def test_an_order_sent_twice_is_one_order(world: World) -> None:
    employee = browser(world, "parks-employee")
    shown_page = page(employee, OFFER)
    draft = re.search(r'name="draft" value="([0-9a-f-]+)"', shown_page)
    year = re.search(r'name="year_minor" value="(\d+)"', shown_page)
    assert draft
    assert year
    with act_as(SYSTEM):
        before = casework.CaseOrder.objects.count()
    for _ in range(2):
        send(employee, OFFER, what="order", quantity="1", year_minor=year[1], draft=draft[1])
    with act_as(SYSTEM):
        assert casework.CaseOrder.objects.count() == before + 1
