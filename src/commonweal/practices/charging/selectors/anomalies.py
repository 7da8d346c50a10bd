"""Reads of unusual lines and of the tolerances behind them."""

from __future__ import annotations

from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.schema.public import FIRST, Listing, Place, listing
from commonweal.kernel.words import public as words

from ..models import AnomalyHold, Bill, ItemTolerance
from .bills import bill as visible_bill

VIEW_ALL, VIEW = "charging.view_all_bills", "charging.view_bills"


def holds(
    actor: Actor, *, agency_id: UUID | None = None, state: str = "", place: Place = FIRST
) -> Listing[AnomalyHold]:
    """A page of unusual lines, oldest first; agencies see theirs from the preview on."""
    found = AnomalyHold.objects.select_related(
        "agency", "bill", "line", "line__charge_item", "line__service"
    )
    if not actor.centre:
        own = actor.agencies_with(VIEW)
        found = found.filter(agency_id__in=own).exclude(bill__state="draft")
    elif not actor.may(VIEW_ALL):
        found = found.none()
    if agency_id:
        found = found.filter(agency_id=agency_id)
    if state:
        found = found.filter(state=state)
    return listing(found, ["recorded_at", "id"], place)


def held_items(actor: Actor, bill: Bill) -> str:
    """The names of a bill's items that wait to be acknowledged; empty: none does."""
    if bill.state == "issued":
        return ""
    found = AnomalyHold.objects.filter(bill=visible_bill(actor, bill.pk), state="open")
    return words.listing(found.order_by("id").values_list("line__charge_item__name", flat=True))


def tolerances(actor: Actor, place: Place = FIRST) -> Listing[ItemTolerance]:
    """A page of tolerances by charge item."""
    require(actor, VIEW_ALL)
    found = ItemTolerance.objects.select_related("charge_item", "charge_item__service")
    return listing(found, ["charge_item__code"], place)
