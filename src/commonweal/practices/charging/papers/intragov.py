"""A bill as agreement, order and performance: the shape of US intragovernmental transactions.

Mapped from our agreement, order and bill to the groups that the Fiscal Service's G-Invoicing data
standard (FIDS 6.0) names: general terms (7600A), order (7600B) and performance. Not certified:
field names are ours, documented in docs/reference/intragov.md; amounts are decimal strings.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

FORMAT = "commonweal-intragov-1"


def intragov(
    document: Mapping[str, Any],
    agreements: Sequence[Mapping[str, Any]],
    orders: Sequence[Mapping[str, Any]],
    order_keys: Mapping[str, str],
) -> bytes:
    """The file as JSON, indented, keys in order. `order_keys`: by order line's id, the order with
    its modification that the line belongs to."""
    value = {
        "format": FORMAT,
        "certified": False,
        "servicing_agency": document["centre"],
        "requesting_agency": {"code": document["agency"], "name": document["agency_name"]},
        "general_terms": list(agreements),
        "orders": list(orders),
        "performance": {
            "bill": document["number"],
            "period": document["period"],
            "performed_on": document["issued_on"],
            "settle_by": document["due_on"],
            "currency": document["currency"],
            "total": document["total"],
            "transactions": [
                _transaction(line, order_keys, document["period"]) for line in document["lines"]
            ],
        },
    }
    return (json.dumps(value, indent=1, ensure_ascii=False) + "\n").encode()


def _transaction(
    line: Mapping[str, Any], order_keys: Mapping[str, str], period: str
) -> dict[str, Any]:
    earlier = line["charge_period"] != period or bool(line["corrects_bill"])
    return {
        "number": line["number"],
        "type": "adjustment" if earlier else "delivered/performed",
        "order": order_keys.get(line["order_line_id"], line["order"]),
        "order_line": line["order_line"],
        "item": line["charge_item"],
        "description": line["charge_item_name"],
        "service": line["service"],
        "performance_period": line["charge_period"],
        "adjusts_bill": line["corrects_bill"],
        "quantity": line["quantity"],
        "unit_of_measure": line["unit"],
        "rate_version": line["rate_version"],
        "amount": line["amount"],
        "funding": [
            {
                "name": part["source"],
                "account_string": part["account"],
                "grant": part["grant"],
                "amount": part["amount"],
            }
            for part in line["funding"]
        ],
    }
