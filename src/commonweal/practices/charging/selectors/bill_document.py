"""The complete content of a bill as plain data: what its hash, its pack and its API say."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from commonweal.kernel.money.public import Money
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Listing, Place, listing

from ..models import Bill, BillLine

FORMAT = "commonweal-bill-1"


def money_text(minor: int, currency: str) -> str:
    """Cents as a decimal string."""
    return str(Money(minor, currency).decimal)


def quantity_text(quantity: Decimal) -> str:
    """A quantity with six decimals, as facts carry it."""
    return format(quantity.quantize(Decimal("0.000001")), "f")


def bill_lines(bill: Bill, place: Place | None = None) -> Listing[BillLine]:
    """A bill's lines with all they name, in order; two queries. Without a place all of them."""
    found = (
        BillLine.objects.filter(bill_id=bill.id)
        .select_related(
            "service",
            "charge_item",
            "charge_item__unit",
            "rate_version",
            "rate_version__charge_item",
            "order_line",
            "order_line__order",
            "corrects",
            "corrects__bill",
            "credit__credit",
            "exchange",
            "credit__credit",
        )
        .prefetch_related("funding__source")
    )
    return listing(found, ["number"], place)


def line_document(line: BillLine, currency: str) -> dict[str, Any]:
    """One line as plain data; `cell` (of a matrix) and `credit` only on lines that have one.

    What a line lacks has no key: bills issued before there were such lines keep their document.
    """
    more = {"cell": line.cell, "credit": str(line.credit_id or "")}
    return {
        "id": str(line.id),
        "number": line.number,
        "kind": line.kind,
        "service": line.service.code,
        "service_name": line.service.name,
        "charge_item": line.charge_item.code,
        "charge_item_name": line.charge_item.name,
        "unit": line.charge_item.unit.code,
        "charge_period": line.charge_period,
        "corrects": str(line.corrects_id) if line.corrects_id else None,
        "corrects_bill": _corrected_bill(line),
        "rate_version": line.rate_version.code,
        "order": line.order_line.order.number,
        "order_line": line.order_line.number,
        "order_line_id": str(line.order_line_id),
        "quantity": quantity_text(line.quantity),
        "facts": line.facts,
        "amount_exact": format(line.amount_exact, "f"),
        "amount": money_text(line.amount_minor, currency),
        "rounding": line.rounding,
        **_before(line),
        "funding": [
            {
                "source": part.source.name,
                "account": part.source.account_string,
                "grant": part.source.grant,
                "amount": money_text(part.amount_minor, currency),
            }
            for part in sorted(line.funding.all(), key=lambda part: str(part.source_id))
        ],
        **{key: value for key, value in more.items() if value},
    }


def _before(line: BillLine) -> dict[str, Any]:
    """What earlier lines came to, and the conversion from another currency, where there is one."""
    found: dict[str, Any] = {}
    if line.exact_before:
        found["exact_before"] = format(line.exact_before, "f")
    if line.exchange is not None and line.priced_exact is not None:
        found["priced"] = {
            "currency": line.exchange.currency,
            "exact": format(line.priced_exact, "f"),
            "before": format(line.priced_before, "f"),
            "numerator": str(line.exchange.numerator),
            "denominator": str(line.exchange.denominator),
            "from": str(line.exchange.starts),
            "source": line.exchange.source,
        }
    return found


def _corrected_bill(line: BillLine) -> str | None:
    """The number of the earlier bill that a line corrects; a line of the same bill names none."""
    if line.corrects is None or line.corrects.bill_id == line.bill_id:
        return None
    return str(line.corrects.bill.number)


def bill_document(bill: Bill, lines: Sequence[BillLine] | None = None) -> dict[str, Any]:
    """A bill as plain data: as it was issued, or as it stands while it is a draft.

    Amounts and quantities are decimal strings, dates ISO 8601. `lines`: those of `bill_lines`,
    where the caller has them already.
    """
    if bill.document is not None:
        return dict(bill.document)
    return drawn_document(bill, lines)


def drawn_document(bill: Bill, lines: Sequence[BillLine] | None = None) -> dict[str, Any]:
    """The document drawn from today's rows, with today's names."""
    profile = centre()
    return {
        "format": FORMAT,
        "centre": profile.name if profile else "",
        "agency": bill.agency.code,
        "agency_name": bill.agency.name,
        "number": bill.number,
        "period": bill.period,
        "currency": bill.currency,
        "issued_on": str(bill.issued_on) if bill.issued_on else None,
        "due_on": str(bill.due_on) if bill.due_on else None,
        "total": money_text(bill.total_minor, bill.currency),
        "lines": [
            line_document(line, bill.currency)
            for line in (bill_lines(bill) if lines is None else lines)
        ],
    }
