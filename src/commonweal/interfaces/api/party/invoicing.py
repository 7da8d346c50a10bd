"""What electronic invoices say of the centre and of each agency."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from commonweal.kernel.party import public as party

from ..kit.doors import Asked, Door, needs
from ..kit.types import AgencyKey, In, Out, Text

door = Door("invoice-details", "What electronic invoices say of the centre and its agencies.")
SET = needs("party.set_centre", "party.manage_agencies")
Short = Annotated[Text, Field(max_length=160)]


class InvoiceDetailsOut(Out):
    """Names, address and identifiers on invoices. Account and VAT are the centre's only."""

    legal_name: str
    street: str
    city: str
    postal_code: str
    subdivision: str
    country: str
    endpoint_scheme: str
    endpoint_id: str
    registration_scheme: str
    registration_id: str
    buyer_reference: str
    payment_account: str
    vat_category: str
    vat_reason: str
    vat_id: str


class InvoiceDetailsIn(In):
    """The fields to set; those left out stay."""

    legal_name: Short | None = None
    street: Short | None = None
    city: Short | None = None
    postal_code: Short | None = None
    subdivision: Short | None = None
    country: Short | None = None
    endpoint_scheme: Short | None = None
    endpoint_id: Short | None = None
    registration_scheme: Short | None = None
    registration_id: Short | None = None
    buyer_reference: Short | None = None
    payment_account: Short | None = None
    vat_category: Short | None = None
    vat_reason: Short | None = None
    vat_id: Short | None = None


@door.get(
    "/agencies/{agency}/invoice-details",
    access=needs("party.view_people"),
    returns=InvoiceDetailsOut,
)
def read_invoice_details(request: Asked, agency: AgencyKey) -> Any:
    """What electronic invoices say of a party; the centre is the agency CENTRE."""
    return party.invoice_details(request.actor, party.agency(request.actor, agency).pk)


@door.put("/agencies/{agency}/invoice-details", access=SET, returns=InvoiceDetailsOut)
def put_invoice_details(request: Asked, agency: AgencyKey, data: InvoiceDetailsIn) -> Any:
    """Set what electronic invoices say of a party."""
    return party.put_invoice_details(
        actor=request.actor,
        agency_id=party.agency(request.actor, agency).pk,
        fields=data.model_dump(exclude_none=True),
    )
