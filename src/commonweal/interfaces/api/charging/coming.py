"""The corrections of a bill to come, as they stand now."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from commonweal.kernel.party.public import agency as find_agency
from commonweal.practices.charging import public as charging

from ..kit import paging
from ..kit.doors import Asked, Door, needs
from ..kit.types import AgencyKey, Exact, Out, Page

door = Door("coming-corrections", "What an agency's next bill corrects so far.")


class ComingOut(Out):
    """One correction as it would be drafted now."""

    bill_period: str
    charge_item: str
    charge_period: str
    rate_version_id: UUID
    order_line_id: UUID
    corrects: UUID | None
    quantity: Exact
    records: int
    amount_exact: Exact
    amount_minor: int


@door.get(
    "/coming-corrections",
    access=needs("charging.view_bills", "charging.view_all_bills"),
    returns=Page[ComingOut],
)
def list_coming(
    request: Asked,
    agency: AgencyKey,
    after: str = paging.after_query(),
    limit: int = paging.limit_query(),
) -> dict[str, Any]:
    """Late usage of the open months as draft lines, worked out now; nothing is kept."""
    rows = [
        {
            "bill_period": each.period,
            "charge_item": each.item.code,
            "charge_period": each.line.charge_period,
            "rate_version_id": each.line.rate_version_id,
            "order_line_id": each.line.order_line_id,
            "corrects": each.line.corrects_id,
            "quantity": each.line.quantity,
            "records": each.line.facts,
            "amount_exact": each.line.amount_exact,
            "amount_minor": each.line.amount_minor,
        }
        for each in charging.coming_corrections(
            request.actor, find_agency(request.actor, agency).pk
        )
    ]
    return paging.part_of(
        rows, after, limit,
        lambda row: "|".join(
            str(row[name])
            for name in ("bill_period", "charge_item", "charge_period", "rate_version_id",
                         "order_line_id")
        ),
    )  # fmt: skip
