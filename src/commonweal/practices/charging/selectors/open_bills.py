"""Open forms of an issued bill: the invoice (UBL) and the intragovernmental file.

Both come from the bill's document. The invoice that was made at issue is kept; for a bill that was
issued before, or while details were missing, it is made when somebody asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.catalogue.public import Order, OrderLine, Unit
from commonweal.kernel.documents.public import documents_of, open_document
from commonweal.kernel.party.public import (
    INVOICE_FIELDS,
    Agency,
    centre,
    invoice_details,
    missing_details,
)

from ..engine import Tiered, from_document
from ..models import Bill, RateVersion
from ..papers.intragov import intragov
from ..papers.ubl import InvoiceError, Side, ubl
from .bill_document import bill_document, money_text
from .bills import bill

UBL, INTRAGOV = "ubl", "intragov"


def invoice_lacks(actor: Actor, agency_id: UUID) -> list[tuple[str, str]]:
    """What is missing before invoices can be made for an agency: (`centre` or its code, field)."""
    with act_as(SYSTEM):
        agency = Agency.objects.get(pk=agency_id)
        seller = missing_details(invoice_details(SYSTEM, centre().agency_id), seller=True)
        buyer = missing_details(invoice_details(SYSTEM, agency_id), seller=False)
    return [("centre", name) for name in seller] + [(agency.code, name) for name in buyer]


def invoice_xml(actor: Actor, bill_id: UUID | str) -> tuple[str, bytes]:
    """A file name and the open invoice of an issued bill: the one kept, or made now.

    UBL-104 before it is issued, UBL-103 with what is missing; BILL-406 if there is no such bill.
    """
    found = bill(actor, bill_id)
    for paper in documents_of(actor, ("charging.Bill", str(found.pk))):
        if paper.kind == UBL:
            return paper.filename, open_document(actor, paper.id)
    return f"{found.number}.xml", make_invoice(actor, found)


def make_invoice(actor: Actor, found: Bill) -> bytes:
    """The open invoice of a bill, from its document and today's details of both parties."""
    if found.state != "issued":
        raise InvoiceError("UBL-104", "This bill is not issued yet. Its invoice is made then.")
    lacks = invoice_lacks(actor, found.agency_id)
    if lacks:
        said = ", ".join(f"{INVOICE_FIELDS[name].lower()} of {who}" for who, name in lacks)
        raise InvoiceError(
            "UBL-103",
            f"The invoice needs what nobody entered yet: {said}. An administrator enters it on the "
            "pages of the centre and of the agency.",
            lacks=[{"party": who, "field": name} for who, name in lacks],
        )
    document = bill_document(found)
    with act_as(SYSTEM):
        profile = centre()
        seller = Side(
            document["centre"],
            invoice_details(SYSTEM, profile.agency_id),
            profile.contact_name,
            profile.contact_email,
            profile.contact_phone,
        )
        buyer = Side(document["agency_name"], invoice_details(SYSTEM, found.agency_id))
        names = dict(Unit.objects.values_list("code", "name"))
    return ubl(document, seller, buyer, unit_prices(document), names)


def unit_prices(document: Mapping[str, Any]) -> dict[str, Decimal]:
    """The price of one unit by rate version, of those that are one rate and nothing else."""
    codes = {line["rate_version"] for line in document["lines"]}
    found = {}
    for version in RateVersion.objects.filter(code__in=codes):
        model = from_document(version.model)
        if isinstance(model, Tiered) and model.kind == "per_unit" and not model.fixed:
            found[version.code] = model.tiers[0].rate
    return found


def intragov_json(actor: Actor, bill_id: UUID | str) -> tuple[str, bytes]:
    """A file name and an issued bill as agreement, order and performance (UBL-104 before issue)."""
    found = bill(actor, bill_id)
    if found.state != "issued":
        raise InvoiceError("UBL-104", "This bill is not issued yet. Its files are made then.")
    document = bill_document(found)
    keys = {line["order_line_id"] for line in document["lines"]}
    lines = OrderLine.objects.filter(pk__in=keys).select_related("order__agreement", "charge_item")
    orders = {line.order_id: line.order for line in lines}
    agreements = {order.agreement_id: order.agreement for order in orders.values()}
    data = intragov(
        document,
        [_terms(each) for each in sorted(agreements.values(), key=lambda row: row.number)],
        [_order(each) for each in sorted(orders.values(), key=str)],
        {str(line.pk): str(line.order) for line in lines},
    )
    return f"{found.number}-intragov.json", data


def _terms(agreement: Any) -> dict[str, Any]:
    return {
        "number": agreement.number,
        "title": agreement.title,
        "starts": str(agreement.starts),
        "ends": str(agreement.ends) if agreement.ends else None,
        "requesting_aid": agreement.requesting_aid,
        "servicing_aid": agreement.servicing_aid,
        "location_code": agreement.location_code,
        "form": "7600A" if agreement.profile == "7600" else "plain",
    }


def _order(order: Order) -> dict[str, Any]:
    rows = order.lines.select_related("charge_item").prefetch_related("funding").order_by("number")
    return {
        "order": str(order),
        "number": order.number,
        "modification": order.modification,
        "agreement": order.agreement.number,
        "starts": str(order.starts),
        "ends": str(order.ends) if order.ends else None,
        "currency": order.currency,
        "total_estimated": money_text(order.total_minor, order.currency),
        "advance_total": money_text(order.advance_total_minor, order.currency),
        "advance_recognition": order.advance_recognition,
        "payment_days": order.payment_days,
        "billing_frequency": order.billing_frequency,
        "location_code": order.location_code,
        "lines": [
            {
                "line": row.number,
                "item": row.charge_item.code,
                "quantity_estimated": format(row.estimated_quantity, "f"),
                "unit_of_measure": row.charge_item.unit_id,
                "amount_estimated": money_text(row.estimated_amount_minor, order.currency),
                "starts": str(row.starts),
                "ends": str(row.ends) if row.ends else None,
                "funding": [
                    {
                        "name": source.name,
                        "account_string": source.account_string,
                        "share": f"{source.share_numerator}/{source.share_denominator}",
                        "grant": source.grant,
                    }
                    for source in sorted(row.funding.all(), key=lambda each: str(each.pk))
                ],
            }
            for row in rows
        ],
    }
