"""Writes: what electronic invoices say of the centre and of each agency."""

from __future__ import annotations

from uuid import UUID

from ...access.public import Actor, require
from ...audit.public import action, record
from ...schema.public import NotFound
from ..invoicing import CENTRE_ONLY, INVOICE_FIELDS, wrong_detail
from ..models import Agency, InvoiceDetails
from ..rules import PartyError


def too_long(given: dict[str, str]) -> str:
    """The first field whose value is longer than what is kept; empty if none is."""
    for name, value in given.items():
        if len(value) > int(getattr(InvoiceDetails._meta.get_field(name), "max_length", 0)):
            return name
    return ""


@action
def put_invoice_details(*, actor: Actor, agency_id: UUID, fields: dict[str, str]) -> InvoiceDetails:
    """Set what electronic invoices say of a party: the fields given, of INVOICE_FIELDS.

    PARTY-130 for a field that there is not, PARTY-131 for a value that no invoice may carry,
    PARTY-132 for a centre's field of an agency, PARTY-405 if there is no such party.
    """
    party = Agency.objects.filter(pk=agency_id).first()
    if party is None:
        raise NotFound("PARTY-405", "There is no such agency.")
    own = party.kind == "centre"
    require(actor, "party.set_centre" if own else "party.manage_agencies")
    given = {name: " ".join(value.split()) for name, value in fields.items()}
    unknown = sorted(set(given) - set(INVOICE_FIELDS))
    if unknown:
        raise PartyError(
            "PARTY-130", f"There is no field {unknown[0]}. Use {', '.join(INVOICE_FIELDS)}."
        )
    if not own and any(given.get(name) for name in CENTRE_ONLY):
        raise PartyError(
            "PARTY-132",
            "Payment account and VAT are said once, of the centre. Leave them out.",
        )
    row = InvoiceDetails.objects.select_for_update().filter(agency_id=agency_id).first()
    row = row or InvoiceDetails(agency_id=agency_id)
    for name, value in given.items():
        upper = name in ("country", "vat_category")
        setattr(row, name, value.upper() if upper else value)
    values = {name: getattr(row, name) for name in INVOICE_FIELDS}
    wrong = too_long(given) or wrong_detail(values)
    if wrong:
        raise PartyError(
            "PARTY-131",
            f"“{getattr(row, wrong)}” cannot be the {INVOICE_FIELDS[wrong].lower()}. Write a "
            "country as two letters such as US, a scheme as its four digits, and a number whole.",
            field=wrong,
        )
    row.save()
    record(
        actor=actor,
        verb="party.invoice_details_put",
        target=row,
        agency_id=agency_id,
        payload={"changed": sorted(given)},
    )
    return row
