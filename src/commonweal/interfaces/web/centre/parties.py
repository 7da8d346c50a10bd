"""The centre's own settings, its agencies with their bureaus, and its suppliers."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.conf import settings as installation
from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import (
    Agency,
    bureaus,
    centre,
    create_agency,
    create_bureau,
    create_supplier,
    set_centre,
    update_agency,
    update_bureau,
    update_supplier,
)
from commonweal.kernel.party.public import agencies as all_agencies
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import suppliers as all_suppliers
from commonweal.kernel.words.public import month_name

from ..access import centre_only
from ..lists import lists, pages, place, report
from ..requests import Asked
from .base import attempt, done, required_id, show, text, whole_field
from .people import VIEW, people_tabs

MANAGE = "party.manage_agencies"
SET = "party.set_centre"
CONTACT = ("name", "short_name", "zone", "locale", "contact_name", "contact_email", "contact_phone")


@centre_only(VIEW)
@lists("party.Agency")
def agencies(request: Asked) -> HttpResponse:
    """The agencies by code; adding one."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        made: list[Agency] = []
        errors = attempt(
            lambda: made.append(
                create_agency(
                    actor=request.actor,
                    code=text(request, "code"),
                    name=text(request, "name"),
                    size=whole_field(request, "size", _("People"), default=0),
                    contact_email=text(request, "contact_email"),
                )
            )
        )
        if not errors:
            words = _("Added. Give it its bureaus and people now.")
            return done(request, words, "agency", made[0].pk)
    rows = all_agencies(request.actor, place=place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "asked": request.POST,
        "may_manage": request.actor.may(MANAGE),
        "tabs": people_tabs(request.actor, "agencies"),
    }
    return show(request, "centre/agencies.jinja", context, errors)


@centre_only(VIEW)
@report("an agency's own bureaus, which an administrator set up")
def agency(request: Asked, agency_id: UUID) -> HttpResponse:
    """One agency: its name, size and contact, its bureaus; changing them."""
    found = find_agency(request.actor, agency_id)
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        said: list[str] = []
        errors = attempt(lambda: said.append(_change(request, agency_id)))
        if not errors:
            return done(request, said[0], "agency", agency_id)
    context = {
        "found": found,
        "rows": bureaus(request.actor, agency_id),
        "asked": request.POST,
        "may_manage": request.actor.may(MANAGE),
    }
    return show(request, "centre/agency.jinja", context, errors)


def _change(request: Asked, agency_id: UUID) -> str:
    do = text(request, "do")
    if do == "add":
        create_bureau(
            actor=request.actor,
            agency_id=agency_id,
            code=text(request, "bureau_code"),
            name=text(request, "bureau_name"),
        )
        return _("The bureau was added.")
    if do == "rename":
        update_bureau(
            actor=request.actor,
            bureau_id=required_id(request, "bureau", _("Choose the bureau.")),
            name=text(request, "new_name"),
        )
        return _("The bureau was renamed.")
    update_agency(
        actor=request.actor,
        agency_id=agency_id,
        name=text(request, "name"),
        size=whole_field(request, "size", _("People"), default=0),
        contact_email=text(request, "contact_email"),
        address=text(request, "address"),
    )
    return _("The agency was changed.")


@centre_only(VIEW)
@lists("party.Supplier")
def suppliers(request: Asked) -> HttpResponse:
    """The companies that the centre buys from, by code; adding and renaming one."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        adding = text(request, "do") == "add"
        write = _add_supplier if adding else _rename_supplier
        errors = attempt(lambda: write(request))
        if not errors:
            words = _("The supplier was added.") if adding else _("The supplier was renamed.")
            return done(request, words, "suppliers")
    rows = all_suppliers(request.actor, place(request))
    context = {
        "rows": rows,
        "pages": pages(request, rows),
        "asked": request.POST,
        "may_manage": request.actor.may(MANAGE),
        "tabs": people_tabs(request.actor, "suppliers"),
    }
    return show(request, "centre/suppliers.jinja", context, errors)


def _add_supplier(request: Asked) -> None:
    create_supplier(actor=request.actor, code=text(request, "code"), name=text(request, "name"))


def _rename_supplier(request: Asked) -> None:
    update_supplier(
        actor=request.actor,
        supplier_id=required_id(request, "supplier", _("Choose the supplier.")),
        name=text(request, "new_name"),
    )


@centre_only(VIEW)
def settings(request: Asked) -> HttpResponse:
    """The centre's names and contact, and the forms it uses; an administrator changes them."""
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        given: dict[str, Any] = {
            name: text(request, name) for name in CONTACT if name in request.POST
        }
        if "fiscal_start" in request.POST:
            given["fiscal_year_start_month"] = whole_field(
                request, "fiscal_start", _("The fiscal year begins in")
            )
        errors = attempt(
            lambda: set_centre(
                actor=request.actor,
                **given,
                federal_forms=text(request, "federal_forms") == "1",
            )
        )
        if not errors:
            return done(request, _("The centre's settings were changed."), "settings")
    context = {
        "found": centre(),
        "asked": request.POST,
        "year_months": [(str(n), month_name(date(2000, n, 1))) for n in range(1, 13)],
        "languages": installation.LANGUAGES,
        "may_set": request.actor.may(SET),
        "tabs": people_tabs(request.actor, "settings"),
    }
    return show(request, "centre/settings.jinja", context, errors)
