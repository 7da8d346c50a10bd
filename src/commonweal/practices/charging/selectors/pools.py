"""Prices that all agencies share: where one agency stands among them, without naming the others."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, Sum

from ..models import Bill, BillLine

ZERO = Decimal(0)


def pool_places(bill: Bill, lines: Iterable[BillLine]) -> dict[str, dict[str, dict[str, str]]]:
    """By `RATE-CODE PERIOD`: for the month's usage, and for corrections as billed before and now,
    the quantity of all agencies (`total`), of those before this one in their row (`start`), and
    its own. Enough to work its part out again; nothing of it belongs to one other agency."""
    pooled = [line for line in lines if line.rate_version.model.get("kind") == "pooled"]
    found: dict[str, dict[str, dict[str, str]]] = {}
    for line in pooled:
        version, period = line.rate_version, line.charge_period
        places = found.setdefault(f"{version.code} {period}", {})
        same = BillLine.objects.filter(
            rate_version_id=version.pk,
            charge_period=period,
            charge_item_id=line.charge_item_id,
            kind__in=("usage", "correction"),
        )
        here = Q(bill__period=bill.period)
        if line.kind == "correction":
            earlier = same.filter(bill__state="issued", bill__period__lt=bill.period)
            places["billed"] = _place(earlier, bill.agency_id)
            places["now"] = _place(earlier | same.filter(here), bill.agency_id)
        elif line.kind == "usage":
            places["usage"] = _place(same.filter(here, kind="usage"), bill.agency_id)
    return found


def _place(lines: object, agency_id: UUID) -> dict[str, str]:
    rows = lines.values_list("agency_id").annotate(q=Sum("quantity")).order_by()  # type: ignore[attr-defined]
    quantities = {str(agency): quantity for agency, quantity in rows}
    own = str(agency_id)
    return {
        "total": format(sum(quantities.values(), ZERO), "f"),
        "start": format(sum((q for key, q in quantities.items() if key < own), ZERO), "f"),
        "own": format(quantities.get(own, ZERO), "f"),
    }
