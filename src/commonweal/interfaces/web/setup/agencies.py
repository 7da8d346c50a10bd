"""Agencies, their bureaus, and the centre's suppliers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import (
    Agency,
    bureaus,
    create_agency,
    create_bureau,
    create_supplier,
    update_agency,
)
from commonweal.kernel.party.public import agencies as all_agencies
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import suppliers as all_suppliers

from ..access import centre_only
from ..centre.base import text, whole_field
from ..lists import lists, pages, place
from ..look.page import Item, Link, col
from ..requests import Asked
from .kit import Field, Form, Row, Section, Sheet, ask, sheet, to
from .rooms import AGENCIES, anyone, rooms


@anyone
@lists("party.Agency")
def agencies(request: Asked) -> HttpResponse:
    """The centre's customers, by code."""
    found = all_agencies(request.actor, place=place(request))
    rows = [
        Row(
            {"name": row.name, "code": row.code, "size": row.size, "mail": row.contact_email},
            to("agency", row.code),
        )
        for row in found
    ]
    columns = [
        col("name", _("Agency")),
        col("code", _("Code")),
        col("size", _("Headcount"), "quantity"),
        col("mail", _("E-mail address")),
    ]
    add = Link(_("Add an agency"), to("new_agency")) if request.actor.may(AGENCIES) else None
    empty = _("No agency is here yet. An agency is whoever gets bills.")
    section = Section(_("Agencies"), columns, rows, empty, add, pages(request, found), hidden=True)
    return sheet(request, Sheet(_("Agencies"), [section], tabs=rooms(request.actor, "agencies")))


def agency_fields(known: bool) -> list[Field]:
    """The questions about an agency; its code is asked once."""
    never = _("Stands on every bill, and never changes.")
    return [
        Field(
            "code", _("Code"), hint=never, width="10", codes=("PARTY-101", "PARTY-104"), fixed=known
        ),
        Field("name", _("Name"), codes=("PARTY-102",)),
        Field(
            "size",
            _("Headcount"),
            "number",
            hint=_("Full-time equivalents."),
            width="5",
            codes=("PARTY-127",),
        ),
        Field(
            "contact_email",
            _("E-mail address"),
            "mail",
            hint=_("Whom the centre writes to about bills."),
            codes=("PARTY-126",),
        ),
        Field("address", _("Address"), "area"),
    ]


def given(request: Asked) -> dict[str, Any]:
    """What the form says of an agency."""
    return {
        "name": text(request, "name"),
        "size": whole_field(request, "size", _("Headcount"), default=0),
        "contact_email": text(request, "contact_email"),
        "address": text(request, "address"),
    }


@centre_only(AGENCIES)
def new_agency(request: Asked) -> HttpResponse:
    """Add an agency."""
    back = Link(_("Agencies"), to("agencies"))
    form = Form(_("Add an agency"), _("Add the agency"), agency_fields(False), back)
    return ask(
        request,
        form,
        lambda: create_agency(actor=request.actor, code=text(request, "code"), **given(request)),
        _("The agency is added. Its people and its bureaus come next."),
        lambda made: to("agency", made.code),
    )


@anyone
@lists("party.Bureau")
def agency(request: Asked, code: str) -> HttpResponse:
    """One agency: what it is, and its bureaus."""
    found = find_agency(request.actor, code)
    may = request.actor.may(AGENCIES)
    facts = [
        Item(_("Code"), found.code),
        Item(_("Headcount"), str(found.size)),
        Item(_("E-mail address"), found.contact_email or "–"),
        Item(_("Address"), found.address or "–"),
    ]
    acts = [Link(_("Change the agency"), to("edit_agency", found.code))] if may else []
    if request.actor.may("party.view_people"):
        people = reverse("centre:people") + f"?agency={found.pk}"
        acts.append(Link(_("Its people"), people))
    page = Sheet(
        found.name,
        [bureau_section(request, found, may)],
        back=Link(_("Agencies"), to("agencies")),
        facts=facts,
        acts=acts,
    )
    return sheet(request, page)


def bureau_section(request: Asked, found: Agency, may: bool) -> Section:
    """The agency's parts."""
    rows = bureaus(request.actor, found.pk, place(request))
    return Section(
        _("Bureaus"),
        [col("name", _("Bureau")), col("code", _("Code"))],
        [Row({"name": row.name, "code": row.code}) for row in rows],
        _("No bureau yet. An agency that is billed as a whole needs none."),
        Link(_("Add a bureau"), to("new_bureau", found.code)) if may else None,
        pages(request, rows),
    )


@centre_only(AGENCIES)
def edit_agency(request: Asked, code: str) -> HttpResponse:
    """Change an agency."""
    found = find_agency(request.actor, code)
    values = {
        "code": found.code,
        "name": found.name,
        "size": found.size,
        "contact_email": found.contact_email,
        "address": found.address,
    }
    form = Form(
        _("Change %(name)s") % {"name": found.name},
        _("Save the agency"),
        agency_fields(True),
        Link(found.name, to("agency", found.code)),
        values,
        intro=_("Bills that are issued keep the name they were issued with."),
    )
    return ask(
        request,
        form,
        lambda: update_agency(actor=request.actor, agency_id=found.pk, **given(request)),
        _("The agency is changed."),
        to("agency", found.code),
    )


def code_and_name(codes: tuple[str, ...]) -> list[Field]:
    """The two questions about a bureau or a supplier."""
    return [
        Field("code", _("Code"), width="10", codes=codes),
        Field("name", _("Name"), codes=("PARTY-102",)),
    ]


@centre_only(AGENCIES)
def new_bureau(request: Asked, code: str) -> HttpResponse:
    """Add a part of an agency."""
    found: Agency = find_agency(request.actor, code)
    agency_id: UUID = found.pk
    form = Form(
        _("Add a bureau of %(name)s") % {"name": found.name},
        _("Add the bureau"),
        code_and_name(("PARTY-101", "PARTY-104")),
        Link(found.name, to("agency", found.code)),
        intro=_("Usage and lines of orders may name a bureau; bills then show it."),
    )
    return ask(
        request,
        form,
        lambda: create_bureau(
            actor=request.actor,
            agency_id=agency_id,
            code=text(request, "code"),
            name=text(request, "name"),
        ),
        _("The bureau is added."),
        to("agency", found.code),
    )


@anyone
@lists("party.Supplier")
def suppliers(request: Asked) -> HttpResponse:
    """Companies that the centre buys from, by code."""
    found = all_suppliers(request.actor, place(request))
    section = Section(
        _("Suppliers"),
        [col("name", _("Supplier")), col("code", _("Code"))],
        [Row({"name": row.name, "code": row.code}) for row in found],
        _("No supplier is here yet."),
        Link(_("Add a supplier"), to("new_supplier")) if request.actor.may(AGENCIES) else None,
        pages(request, found),
        hidden=True,
    )
    return sheet(request, Sheet(_("Suppliers"), [section], tabs=rooms(request.actor, "suppliers")))


@centre_only(AGENCIES)
def new_supplier(request: Asked) -> HttpResponse:
    """Add a supplier."""
    form = Form(
        _("Add a supplier"),
        _("Add the supplier"),
        code_and_name(("PARTY-101", "PARTY-104")),
        Link(_("Suppliers"), to("suppliers")),
    )
    return ask(
        request,
        form,
        lambda: create_supplier(
            actor=request.actor, code=text(request, "code"), name=text(request, "name")
        ),
        _("The supplier is added."),
        to("suppliers"),
    )
