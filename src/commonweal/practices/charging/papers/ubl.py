"""An issued bill as an open invoice: UBL 2.1 Invoice or CreditNote, EN 16931, Peppol BIS Billing 3.

Made from the bill's immutable document, so that the total is the bill's in every form. A bill below
zero is a credit note with every sign turned. One invoice line for each bill line: net = quantity ×
price ÷ base quantity, exactly. Where a line is one rate times a quantity the price is that rate,
with all its decimals; where it is not (tiers, fixed parts), the line's amount is the price of its
whole quantity; where quantity and amount do not go together, it is a charge or an allowance.

Sources: EN 16931-1:2017; OASIS UBL 2.1 (2013); Peppol BIS Billing 3.0 (2026).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.errors import CommonwealError

CUSTOMIZATION = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"
_OASIS = "urn:oasis:names:specification:ubl:schema:xsd:"
KNOWN_UNITS = frozenset(
    re.findall(
        r"\w+",
        "C62 EA IE HUR MIN SEC DAY E49 WEE MON ANN AD 4L E34 E35 E36 A99 E20 KWH P1 ZP E48 LS E51 "
        "E54",
    )
)
"""The units that come with the catalogue, all of UN/ECE Recommendation 20. Others travel as ZZ, “as
agreed”, with their name beside it."""


class InvoiceError(CommonwealError):
    """No open invoice can be made of a bill as things are."""


@dataclass(frozen=True)
class Side:
    """What the invoice says of the centre or of the agency; `details`: party's InvoiceDetails."""

    name: str
    details: Any
    contact_name: str = ""
    contact_email: str = ""
    contact_phone: str = ""


@dataclass(frozen=True)
class Priced:
    """How a line's net amount comes from its quantity."""

    quantity: Decimal
    price: Decimal
    base: Decimal | None
    charge: Decimal = Decimal(0)


def priced(quantity: Decimal, amount: Decimal, rate: Decimal | None) -> Priced:
    """Quantity × price ÷ base + charge = amount; the price is never below zero (BR-27).

    `rate`: the price of one unit, where the line is one. It stands if the product differs from the
    amount by the line's rounding only.
    """
    half_cent = Decimal("0.005")
    if rate is not None and rate >= 0 and abs(quantity * rate - amount) <= half_cent:
        return Priced(quantity, rate, None)
    if not amount:
        return Priced(quantity, Decimal(0), None)
    if quantity * amount > 0:
        return Priced(quantity, abs(amount), abs(quantity))
    return Priced(quantity, Decimal(0), None, amount)


def plain(value: Decimal) -> str:
    """A decimal without exponent and without needless zeros."""
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def clean(text: str) -> str:
    """Text that XML 1.0 can hold, on one line, never empty."""
    kept = "".join(mark if mark.isprintable() else " " for mark in text)
    return " ".join(kept.split()) or "-"


class _Writer:
    """Adds children with the prefixes of UBL, in the order in which they are written."""

    def __init__(self, kind: str, currency: str) -> None:
        self.currency = currency
        self.root = Element(
            kind,
            {
                "xmlns": f"{_OASIS}{kind}-2",
                "xmlns:cac": f"{_OASIS}CommonAggregateComponents-2",
                "xmlns:cbc": f"{_OASIS}CommonBasicComponents-2",
            },
        )

    def group(self, parent: Element, name: str) -> Element:
        return SubElement(parent, f"cac:{name}")

    def text(self, parent: Element, name: str, value: str, **attributes: str) -> None:
        if value:
            SubElement(parent, f"cbc:{name}", attributes).text = clean(value)

    def amount(self, parent: Element, name: str, value: Decimal) -> None:
        self.text(parent, name, format(value, ".2f"), currencyID=self.currency)

    def price(self, parent: Element, value: Decimal) -> None:
        self.text(parent, "PriceAmount", plain(value), currencyID=self.currency)


def ubl(
    document: Mapping[str, Any],
    seller: Side,
    buyer: Side,
    rates: Mapping[str, Decimal],
    unit_names: Mapping[str, str],
) -> bytes:
    """The invoice or credit note of an issued bill's document; the same inputs give the same bytes.

    `rates`: the price of one unit by rate version's code, of those that have one. UBL-101 for a
    bill without lines (BR-16), UBL-102 for a currency of other than two decimals.
    """
    lines, total = document["lines"], Decimal(document["total"])
    if not lines:
        raise InvoiceError(
            "UBL-101", "This bill has no lines, so there is no invoice. Its total is nothing."
        )
    if -int(total.as_tuple().exponent) != 2:
        raise InvoiceError(
            "UBL-102", "Open invoices carry two decimals; this currency has others. Use the CSV."
        )
    credit = total < 0
    out = _Writer("CreditNote" if credit else "Invoice", document["currency"])
    _head(out, document, buyer, credit)
    _party(out, "AccountingSupplierParty", seller, is_seller=True)
    _party(out, "AccountingCustomerParty", buyer, is_seller=False)
    _payment(out, document, seller, credit)
    _sums(out, abs(total), seller)
    sign = -1 if credit else 1
    for line in lines:
        _line(out, line, sign, rates, unit_names, seller, credit, document["period"])
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(out.root, "unicode").encode()


def _head(out: _Writer, document: Mapping[str, Any], buyer: Side, credit: bool) -> None:
    root, period = out.root, FiscalPeriod.parse(document["period"])
    out.text(root, "CustomizationID", CUSTOMIZATION)
    out.text(root, "ProfileID", PROFILE)
    out.text(root, "ID", document["number"])
    out.text(root, "IssueDate", document["issued_on"])
    if credit:
        out.text(root, "CreditNoteTypeCode", "381")
    else:
        out.text(root, "DueDate", document["due_on"] or "")
        out.text(root, "InvoiceTypeCode", "380")
    out.text(root, "Note", f"Charges for {document['period']}, bill {document['number']}")
    out.text(root, "DocumentCurrencyCode", document["currency"])
    out.text(root, "BuyerReference", buyer.details.buyer_reference or document["agency"])
    span = out.group(root, "InvoicePeriod")
    out.text(span, "StartDate", str(period.first_day))
    out.text(span, "EndDate", str(last_day(period)))
    orders = sorted({line["order"] for line in document["lines"]})
    if len(orders) == 1:
        out.text(out.group(root, "OrderReference"), "ID", orders[0])
    earlier = {line["corrects_bill"] for line in document["lines"] if line.get("corrects_bill")}
    for number in sorted(earlier):
        reference = out.group(root, "BillingReference")
        out.text(out.group(reference, "InvoiceDocumentReference"), "ID", number)


def last_day(period: FiscalPeriod) -> Any:
    """The last day of a month."""
    from datetime import timedelta

    return period.end_day - timedelta(days=1)


def _party(out: _Writer, name: str, side: Side, *, is_seller: bool) -> None:
    details = side.details
    party = out.group(out.group(out.root, name), "Party")
    out.text(party, "EndpointID", details.endpoint_id, schemeID=details.endpoint_scheme)
    out.text(out.group(party, "PartyName"), "Name", side.name)
    address = out.group(party, "PostalAddress")
    out.text(address, "StreetName", details.street)
    out.text(address, "CityName", details.city)
    out.text(address, "PostalZone", details.postal_code)
    out.text(address, "CountrySubentity", details.subdivision)
    out.text(out.group(address, "Country"), "IdentificationCode", details.country)
    if is_seller and details.vat_category == "E" and details.vat_id:
        scheme = out.group(party, "PartyTaxScheme")
        out.text(scheme, "CompanyID", details.vat_id)
        out.text(out.group(scheme, "TaxScheme"), "ID", "VAT")
    legal = out.group(party, "PartyLegalEntity")
    out.text(legal, "RegistrationName", details.legal_name)
    if details.registration_id:
        scheme_id = details.registration_scheme
        known = {"schemeID": scheme_id} if scheme_id else {}
        out.text(legal, "CompanyID", details.registration_id, **known)
    if side.contact_name or side.contact_email or side.contact_phone:
        contact = out.group(party, "Contact")
        out.text(contact, "Name", side.contact_name)
        out.text(contact, "Telephone", side.contact_phone)
        out.text(contact, "ElectronicMail", side.contact_email)


def _payment(out: _Writer, document: Mapping[str, Any], seller: Side, credit: bool) -> None:
    account = seller.details.payment_account
    if account and not credit:
        means = out.group(out.root, "PaymentMeans")
        out.text(means, "PaymentMeansCode", "30")
        out.text(means, "PaymentID", document["number"])
        out.text(out.group(means, "PayeeFinancialAccount"), "ID", account)
    terms = "To be set off or paid back." if credit else f"Name bill {document['number']}."
    out.text(out.group(out.root, "PaymentTerms"), "Note", terms)


def _sums(out: _Writer, total: Decimal, seller: Side) -> None:
    tax = out.group(out.root, "TaxTotal")
    out.amount(tax, "TaxAmount", Decimal(0))
    part = out.group(tax, "TaxSubtotal")
    out.amount(part, "TaxableAmount", total)
    out.amount(part, "TaxAmount", Decimal(0))
    category = _category(out, part, "TaxCategory", seller)
    reason = Element("cbc:TaxExemptionReason")
    reason.text = clean(seller.details.vat_reason)
    category.insert(len(category) - 1, reason)
    sums = out.group(out.root, "LegalMonetaryTotal")
    for name in ("LineExtensionAmount", "TaxExclusiveAmount", "TaxInclusiveAmount"):
        out.amount(sums, name, total)
    out.amount(sums, "PayableAmount", total)


def _category(out: _Writer, parent: Element, name: str, seller: Side) -> Element:
    """VAT: not subject to it (O, without a rate), or exempt (E, at zero)."""
    category = out.group(parent, name)
    out.text(category, "ID", seller.details.vat_category)
    if seller.details.vat_category == "E":
        out.text(category, "Percent", "0")
    out.text(out.group(category, "TaxScheme"), "ID", "VAT")
    return category


def _line(
    out: _Writer,
    line: Mapping[str, Any],
    sign: int,
    rates: Mapping[str, Decimal],
    unit_names: Mapping[str, str],
    seller: Side,
    credit: bool,
    period: str,
) -> None:
    amount = sign * Decimal(line["amount"])
    how = priced(sign * Decimal(line["quantity"]), amount, rates.get(line["rate_version"]))
    unit = line["unit"] if line["unit"] in KNOWN_UNITS else "ZZ"
    node = out.group(out.root, "CreditNoteLine" if credit else "InvoiceLine")
    out.text(node, "ID", str(line["number"]))
    out.text(node, "CreditedQuantity" if credit else "InvoicedQuantity", plain(how.quantity),
        unitCode=unit)  # fmt: skip
    out.amount(node, "LineExtensionAmount", amount)
    accounts = {part["account"] for part in line["funding"] if part["account"]}
    if len(accounts) == 1:
        out.text(node, "AccountingCost", accounts.pop())
    out.text(out.group(node, "OrderLineReference"), "LineID", str(line["order_line"]))
    if how.charge:
        extra = out.group(node, "AllowanceCharge")
        out.text(extra, "ChargeIndicator", "true" if how.charge > 0 else "false")
        out.text(extra, "AllowanceChargeReason", _charge_reason(line))
        out.amount(extra, "Amount", abs(how.charge))
    _item(out, node, line, unit, unit_names, seller, period)
    price = out.group(node, "Price")
    out.price(price, how.price)
    if how.base is not None:
        out.text(price, "BaseQuantity", plain(how.base), unitCode=unit)


def _charge_reason(line: Mapping[str, Any]) -> str:
    if line["kind"] == "credit":  # proceeds, a year's end, idle capacity: it corrects nothing
        what = "Credit" if Decimal(line["amount"]) < 0 else "Charge"
        return f"{what} by decision, beside bill {line['corrects_bill']}"
    if line.get("corrects_bill"):
        return f"Correction of bill {line['corrects_bill']}"
    return "Amount by the rate, not by the quantity alone"


def _item(
    out: _Writer,
    node: Element,
    line: Mapping[str, Any],
    unit: str,
    unit_names: Mapping[str, str],
    seller: Side,
    period: str,
) -> None:
    item = out.group(node, "Item")
    out.text(item, "Description", line["service_name"])
    out.text(item, "Name", line["charge_item_name"])
    out.text(out.group(item, "SellersItemIdentification"), "ID", line["charge_item"])
    _category(out, item, "ClassifiedTaxCategory", seller)
    facts: Sequence[tuple[str, str]] = (
        ("Service", line["service"]),
        ("Rate version", line["rate_version"]),
        ("Kind of line", line["kind"]),
        ("Charge period", "" if line["charge_period"] == period else line["charge_period"]),
        ("Order", f"{line['order']}, line {line['order_line']}"),
        ("Unit", unit_names.get(line["unit"], line["unit"]) if unit == "ZZ" else ""),
    )
    for name, value in facts:
        if value:
            one = out.group(item, "AdditionalItemProperty")
            out.text(one, "Name", name)
            out.text(one, "Value", value)
