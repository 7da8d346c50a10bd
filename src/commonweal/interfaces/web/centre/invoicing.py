"""What electronic invoices say of the centre and of each agency, and what is still missing."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from commonweal.kernel.party.public import (
    INVOICE_FIELDS,
    centre,
    invoice_details,
    missing_details,
    put_invoice_details,
)
from commonweal.kernel.party.public import agency as find_agency

from ..access import centre_only
from ..requests import Asked
from .base import attempt, done, show, text
from .people import VIEW

CENTRE_ONLY = ("payment_account", "vat_category", "vat_reason", "vat_id")


@centre_only(VIEW)
def details(request: Asked, agency_id: UUID) -> HttpResponse:
    """One party's names, address and identifiers on invoices; changing them."""
    agency = find_agency(request.actor, agency_id)
    own = agency.pk == centre().agency_id
    fields = [name for name in INVOICE_FIELDS if own or name not in CENTRE_ONLY]
    errors: tuple[Any, ...] = ()
    if request.method == "POST":
        errors = attempt(
            lambda: put_invoice_details(
                actor=request.actor,
                agency_id=agency.pk,
                fields={name: text(request, name) for name in fields},
            )
        )
        if not errors:
            return done(
                request, _("Saved. Invoices made from now on say so."), "invoicing", agency.pk
            )
    found = invoice_details(request.actor, agency.pk)
    words, hints = field_words(), field_hints()
    context = {
        "agency": agency,
        "own": own,
        "rows": [
            {
                "name": name,
                "label": words[name],
                "value": request.POST.get(name, getattr(found, name)),
                "hint": hints.get(name),
            }
            for name in fields
        ],
        "missing": [words[name] for name in missing_details(found, seller=own)],
        "may_set": request.actor.may("party.set_centre" if own else "party.manage_agencies"),
    }
    return show(request, "centre/invoicing.jinja", context, errors)


def field_words() -> dict[str, str]:
    """What each field is called."""
    return {
        "legal_name": _("Legal name"),
        "street": _("Street"),
        "city": _("City"),
        "postal_code": _("Postal code"),
        "subdivision": _("State or region"),
        "country": _("Country"),
        "endpoint_scheme": _("Scheme of the electronic address"),
        "endpoint_id": _("Electronic address"),
        "registration_scheme": _("Scheme of the registration"),
        "registration_id": _("Registration number"),
        "buyer_reference": _("Reference that its bills carry"),
        "payment_account": _("Account to pay into"),
        "vat_category": _("VAT category"),
        "vat_reason": _("Why no VAT is charged"),
        "vat_id": _("VAT number"),
    }


def field_hints() -> dict[str, str]:
    """What helps to fill a field in."""
    return {
        "country": _("Two letters, such as US."),
        "endpoint_scheme": _(
            "Four digits of the EAS list: 9959 for a US employer number, 0088 for a GLN."
        ),
        "registration_scheme": _("Four digits of the ICD list, if the register has one."),
        "buyer_reference": _("Empty: the agency's code."),
        "vat_category": _("O: not subject to VAT. E: exempt."),
    }
