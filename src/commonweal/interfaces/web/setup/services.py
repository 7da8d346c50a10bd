"""Services with their owner, and what is priced in them."""

from __future__ import annotations

from datetime import date, timedelta
from operator import itemgetter
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.catalogue.public import (
    ChargeItem,
    Service,
    bundles,
    charge_items_page,
    item_by_code,
    put_charge_item,
    put_service,
    service_by_code,
    service_levels,
    units,
)
from commonweal.kernel.catalogue.public import services as all_services
from commonweal.kernel.party.public import person_names, staff
from commonweal.kernel.words.public import day as day_words
from commonweal.kernel.words.public import quantity

from ..access import centre_only
from ..centre.base import as_id, day_field, optional_day, text
from ..lists import lists, pages, place
from ..look.page import Item, Link, col
from ..requests import Asked
from .kit import Field, Form, Row, Section, Sheet, ask, sheet, to
from .rooms import CATALOGUE, anyone, rooms

CODES = ("CATALOGUE-101",)
DATES = ("CATALOGUE-108", "CATALOGUE-110", "CALENDAR-101")


def kinds() -> dict[str, str]:
    """How an item is charged, in words."""
    return {
        "metered": _("By usage: so many units in the month"),
        "fixed": _("A fixed charge for each month of an order"),
        "allocated": _("A share of a cost"),
    }


def until(ends: date | None) -> str:
    """The last day of a span that ends before `ends`."""
    return day_words(ends - timedelta(days=1)) if ends else _("no end")


def span_fields(codes: tuple[str, ...] = DATES) -> list[Field]:
    """From when to when something is offered."""
    return [
        Field("starts", _("First day"), "day", codes=codes),
        Field("ends", _("First day without it"), "day", hint=_("Empty: no end.")),
    ]


def span(request: Asked) -> dict[str, Any]:
    """From when to when, as typed."""
    return {
        "starts": day_field(request, "starts", _("First day")),
        "ends": optional_day(request, "ends", _("First day without it")),
    }


@anyone
@lists("catalogue.Service")
def services(request: Asked) -> HttpResponse:
    """The services, by code."""
    may = request.actor.may(CATALOGUE)
    found = all_services(request.actor, None, place(request))
    owners = [row.owner_person_id for row in found if row.owner_person_id]
    names = person_names(request.actor, owners)
    rows = [
        Row(
            {
                "name": row.name,
                "code": row.code,
                "owner": names.get(row.owner_person_id, "") if row.owner_person_id else "",
                "starts": row.starts,
                "ends": until(row.ends),
            },
            to("service", row.code),
        )
        for row in found
    ]
    section = Section(
        _("Services"),
        [
            col("name", _("Service")),
            col("code", _("Code")),
            col("owner", _("Owner")),
            col("starts", _("From"), "day"),
            col("ends", _("To")),
        ],
        rows,
        _("No service is here yet. Each service pays for itself: its rates recover its cost.")
        if may
        else _("No service is here yet. A finance officer or a service owner adds the first."),
        Link(_("Add a service"), to("new_service")) if may else None,
        pages(request, found),
        hidden=True,
    )
    return sheet(request, Sheet(_("Services"), [section], tabs=rooms(request.actor, "services")))


def service_fields(request: Asked, known: bool) -> list[Field]:
    """The questions about a service."""
    owners = [("", _("Nobody yet"))] + [(str(row.pk), row.name) for row in staff(request.actor)]
    hint = _("Small letters, digits, dots and hyphens, such as payroll. Never changes.")
    return [
        Field("code", _("Code"), hint=hint, width="20", codes=CODES, fixed=known),
        Field("name", _("Name")),
        Field("description", _("What it does, in plain words"), "area"),
        Field("owner", _("Owner"), "select", options=owners,
              hint=_("Proposes its rates and answers for its cost.")),
        Field("public_contact", _("Whom agencies ask"),
              hint=_("A desk or an address, not a person’s name: everybody reads it.")),
        Field("fund_code", _("Fund"), hint=_("Its account in the books: such as PAYROLL."),
              width="20", codes=("CATALOGUE-102",)),
        *span_fields(),
    ]  # fmt: skip


def write_service(request: Asked, code: str, kept: Service | None = None) -> Service:
    """Create the service, or change it; tags that the form does not ask for stay."""
    return put_service(
        actor=request.actor,
        code=code,
        name=text(request, "name"),
        description=text(request, "description"),
        fund_code=text(request, "fund_code"),
        owner_person_id=as_id(text(request, "owner")),
        public_contact=text(request, "public_contact"),
        tower=kept.tower if kept else "",
        cost_pool=kept.cost_pool if kept else "",
        **span(request),
    )


@centre_only(CATALOGUE)
def new_service(request: Asked) -> HttpResponse:
    """Add a service."""
    form = Form(
        _("Add a service"),
        _("Add the service"),
        service_fields(request, known=False),
        Link(_("Services"), to("services")),
    )
    return ask(
        request,
        form,
        lambda: write_service(request, text(request, "code")),
        _("The service is added. What is priced in it comes next."),
        lambda made: to("service", made.code),
    )


@centre_only(CATALOGUE)
def edit_service(request: Asked, code: str) -> HttpResponse:
    """Change a service."""
    found = service_by_code(request.actor, code)
    values = {
        "code": found.code,
        "name": found.name,
        "description": found.description,
        "owner": found.owner_person_id or "",
        "public_contact": found.public_contact,
        "fund_code": found.fund_code,
        "starts": found.starts,
        "ends": found.ends or "",
    }
    form = Form(
        _("Change %(name)s") % {"name": found.name},
        _("Save the service"),
        service_fields(request, known=True),
        Link(found.name, to("service", found.code)),
        values,
    )
    return ask(
        request,
        form,
        lambda: write_service(request, found.code, found),
        _("The service is changed."),
        to("service", found.code),
    )


@anyone
@lists("catalogue.ChargeItem", "catalogue.ServiceLevel", "catalogue.Bundle")
def service(request: Asked, code: str) -> HttpResponse:
    """One service: what it is, what is priced in it, its promises, its bundles."""
    found = service_by_code(request.actor, code)
    may = request.actor.may(CATALOGUE)
    owner = found.owner_person_id
    facts = [
        Item(_("Code"), found.code),
        Item(_("What it does"), found.description),
        Item(_("Owner"), person_names(request.actor, [owner]).get(owner, "–") if owner else "–"),
        Item(_("Whom agencies ask"), found.public_contact or "–"),
        Item(_("Fund"), found.fund_code),
        Item(_("Offered"), f"{day_words(found.starts)} – {until(found.ends)}"),
    ]
    sections = [
        items_section(request, found, may),
        levels_section(request, found, may),
        bundles_section(request, found, may),
    ]
    page = Sheet(
        found.name,
        sections,
        back=Link(_("Services"), to("services")),
        facts=facts,
        acts=[Link(_("Change the service"), to("edit_service", found.code))] if may else [],
    )
    return sheet(request, page)


def items_section(request: Asked, found: Service, may: bool) -> Section:
    """What is priced in the service."""
    items = charge_items_page(request.actor, found.pk, place(request))
    words = kinds()
    return Section(
        _("Charge items"),
        [
            col("name", _("Charge item")),
            col("code", _("Code")),
            col("kind", _("How it is charged")),
            col("unit", _("Counted in")),
            col("starts", _("From"), "day"),
            col("ends", _("To")),
        ],
        [
            Row(
                {
                    "name": row.name,
                    "code": row.code,
                    "kind": words[row.kind],
                    "unit": f"{row.measure_plural} ({row.unit_id})",
                    "starts": row.starts,
                    "ends": until(row.ends),
                },
                to("edit_item", row.code) if may else "",
            )
            for row in items
        ],
        _("Nothing is priced in this service yet."),
        Link(_("Add a charge item"), to("new_item", found.code)) if may else None,
        pages(request, items),
    )


def levels_section(request: Asked, found: Service, may: bool) -> Section:
    """What the service promises, as data."""
    signs = {"at_most": "≤", "at_least": "≥"}
    levels = service_levels(request.actor, found.pk, place=place(request, "levels"))
    return Section(
        _("Service levels"),
        [
            col("name", _("Promise")),
            col("met", _("Met when measured is")),
            col("calendar", _("Clock runs on")),
            col("starts", _("From"), "day"),
            col("ends", _("To")),
        ],
        [
            Row(
                {
                    "name": row.name,
                    "met": f"{signs[row.direction]} {quantity(row.target)} {row.unit.plural}",
                    "calendar": _("Always") if row.calendar == "always" else row.calendar,
                    "starts": row.starts,
                    "ends": until(row.ends),
                }
            )
            for row in levels
        ],
        _("This service promises no level yet."),
        Link(_("Promise a service level"), to("new_level", found.code)) if may else None,
        pages(request, levels, "levels"),
    )


def bundles_section(request: Asked, found: Service, may: bool) -> Section:
    """Items of the service that are ordered only together with others."""
    rows = bundles(request.actor, found.pk, place(request, "bundles"))
    return Section(
        _("Bundles"),
        [
            col("name", _("Bundle")),
            col("lead", _("Who orders")),
            col("companions", _("Must order with each")),
        ],
        [
            Row(
                {
                    "name": row.name,
                    "lead": row.lead.name,
                    "companions": ", ".join(
                        f"{quantity(each.quantity)} × {each.item.name}"
                        for each in row.companions.all()
                    ),
                },
                to("edit_bundle", row.lead.code) if may else "",
            )
            for row in rows
        ],
        _("No item of this service has mandatory companions."),
        Link(_("Name mandatory companions"), to("new_bundle", found.code)) if may else None,
        pages(request, rows, "bundles"),
    )


def unit_choices(request: Asked) -> list[tuple[str, str]]:
    """The units to choose from, by name; the code is for who knows it."""
    rows = ((row.code, f"{row.name} ({row.code})") for row in units(request.actor))
    return sorted(rows, key=itemgetter(1))


def item_fields(request: Asked, known: bool) -> list[Field]:
    """The questions about a charge item."""
    offered = unit_choices(request)
    same = ("CATALOGUE-107",)
    hint = _("Begins with its service, such as payroll.payslip. Never changes.")
    return [
        Field("code", _("Code"), hint=hint, width="20", codes=CODES, fixed=known),
        Field("name", _("Name")),
        Field("description", _("What is counted, in plain words"), "area"),
        Field("kind", _("How it is charged"), "select", options=list(kinds().items()), codes=same),
        Field("unit", _("Unit of usage records"), "select", options=offered, codes=same,
              hint=_("By UN/ECE Recommendation 20; C62 is one piece.")),
        Field("measure_singular", _("Word for one"), hint=_("As on a bill: payslip."), width="20"),
        Field("measure_plural", _("Word for many"), hint=_("As on a bill: payslips."), width="20"),
        Field("late_policy", _("What happens to usage that comes late"), "area",
              hint=_("Agencies read it.")),
        *span_fields(),
    ]  # fmt: skip


def write_item(request: Asked, code: str, service_code: str) -> ChargeItem:
    """Create the charge item, or change it."""
    names = ("name", "description", "kind", "unit", "measure_singular", "measure_plural")
    given: dict[str, Any] = {name: text(request, name) for name in (*names, "late_policy")}
    return put_charge_item(
        actor=request.actor, code=code, service=service_code, **given, **span(request)
    )


@centre_only(CATALOGUE)
def new_item(request: Asked, code: str) -> HttpResponse:
    """Add a charge item to a service."""
    found = service_by_code(request.actor, code)
    values = {
        "code": f"{found.code}.",
        "kind": "metered",
        "unit": "C62",
        "late_policy": _("Booked as a correction on the next bill."),
        "starts": found.starts,
        "ends": found.ends or "",
    }
    form = Form(
        _("Add a charge item to %(service)s") % {"service": found.name},
        _("Add the charge item"),
        item_fields(request, known=False),
        Link(found.name, to("service", found.code)),
        values,
    )
    return ask(
        request,
        form,
        lambda: write_item(request, text(request, "code"), found.code),
        _("The charge item is added. It charges nothing before a rate is decided."),
        to("service", found.code),
    )


@centre_only(CATALOGUE)
def edit_item(request: Asked, code: str) -> HttpResponse:
    """Change a charge item; what old bills were made with stays once an order names it."""
    found = item_by_code(request.actor, code)
    names = ("code", "name", "description", "kind", "measure_singular", "measure_plural")
    values = {name: getattr(found, name) for name in (*names, "late_policy", "starts")}
    form = Form(
        _("Change %(name)s") % {"name": found.name},
        _("Save the charge item"),
        item_fields(request, known=True),
        Link(found.service.name, to("service", found.service.code)),
        {**values, "unit": found.unit_id, "ends": found.ends or ""},
        intro=_("Once an order names it, its unit and how it is charged stay."),
    )
    return ask(
        request,
        form,
        lambda: write_item(request, found.code, found.service.code),
        _("The charge item is changed."),
        to("service", found.service.code),
    )
