"""What can be ordered, at which price and by when; and what was ordered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from ...access.public import Actor, require
from ...calendar.public import now, today
from ...catalogue.public import ChargeItem, coverage
from ...party.public import Agency, centre
from ...schema.public import FIRST, Listing, NotFound, Place, listing
from ..clocks.ahead import due_ahead
from ..clocks.definitions import all_definitions
from ..domain.ordering import Priced, Units, check_quantity
from ..domain.states import MATRIX, priority_of
from ..models import Case, CaseOrder, Category, ClockDefinition
from ..registry import prices
from ..rules import ASK, VIEW, VIEW_ALL, WORK, require_case

ONE = Decimal(1)


@dataclass(frozen=True)
class Offer:
    """Something that can be ordered, as an agency would order it now.

    `price` None: nobody can say it ahead. `promise`, `due`: the promise by which it is in service
    and until when, if it were approved at once; None: nothing is promised. `covered`: an order of
    the agency's agreement covers the item today, without which it may not be charged.
    """

    category: Category
    item: ChargeItem
    quantity: Decimal
    price: Priced | None
    promise: ClockDefinition | None
    due: datetime | None
    covered: bool

    @property
    def recurs(self) -> str:
        """once or monthly."""
        return self.category.order_recurs

    @property
    def approval(self) -> bool:
        """Whether somebody of the agency must approve it first."""
        return bool(self.category.case_type.approval)

    @property
    def orderable(self) -> bool:
        """Whether it can be ordered: it has a price, and an order line that covers it."""
        return self.price is not None and self.covered


def _require(actor: Actor, agency_id: UUID) -> None:
    if actor.centre:
        require(actor, WORK)
    else:
        require(actor, ASK, agency_id)


def _offered() -> Iterable[Category]:
    rows = Category.objects.filter(active=True, case_type__active=True, case_type__family="order")
    return rows.exclude(order_item="").select_related("case_type", "case_type__service")


def offers(actor: Actor, agency_id: UUID, agency_code: str) -> list[Offer]:
    """Everything that an agency can order, by name, with the price of one of each: as many as the
    centre offers."""
    _require(actor, agency_id)
    rows = [row for row in _offered() if row.agency_code in ("", agency_code)]
    rows.sort(key=lambda row: (row.group, row.name, str(row.pk)))
    return _as_offers(actor, agency_id, rows, ONE)


def offer(actor: Actor, agency_id: UUID, code: str, quantity: Decimal = ONE) -> Offer:
    """One thing that can be ordered, for a number of units (CASE-413, 240)."""
    _require(actor, agency_id)
    row = next((each for each in _offered() if each.code == code), None)
    if row is not None and row.agency_code:
        whose = Agency.objects.filter(pk=agency_id).values_list("code", flat=True).first()
        row = row if row.agency_code == whose else None  # another agency's own
    if row is None:
        raise NotFound("CASE-413", "There is nothing like this to ask for. Look at the list.")
    return _as_offers(actor, agency_id, [row], check_quantity(quantity))[0]


def _as_offers(
    actor: Actor, agency_id: UUID, rows: Sequence[Category], quantity: Decimal
) -> list[Offer]:
    codes = {row.order_item for row in rows}
    items = {
        item.code: item
        for item in ChargeItem.objects.filter(code__in=codes).select_related("service", "unit")
    }
    wanted = {row.order_item: Units(quantity, row.order_recurs) for row in rows}
    found = prices(actor, agency_id, wanted) if wanted else {}
    day, moment = today(centre().zone), now()
    lines, definitions = coverage([agency_id], day), all_definitions()
    made = []
    for row in rows:
        item = items[row.order_item]
        ahead = due_ahead(facts_ahead(row, agency_id), moment, definitions)
        made.append(
            Offer(
                row,
                item,
                quantity,
                found.get(item.code),
                ahead[0] if ahead else None,
                ahead[1] if ahead else None,
                lines.resolve(agency_id, item.pk, None, day) is not None,
            )
        )
    return made


def facts_ahead(row: Category, agency_id: UUID) -> dict[str, str]:
    """What the conditions of promises may ask of an order that would be made on the web now."""
    kind = row.case_type
    return {
        "case_type": kind.code,
        "family": kind.family,
        "service": str(kind.service_id),
        "category": row.code,
        "agency": str(agency_id),
        "channel": "web",
        "priority": priority_of(
            kind.default_impact, kind.default_urgency, kind.matrix or MATRIX
        ),
    }  # fmt: skip


def orders(actor: Actor, agency_id: UUID, place: Place = FIRST) -> Listing[CaseOrder]:
    """What an agency ordered, the newest first: all of it for those who see its cases, else one's
    own."""
    rows = CaseOrder.objects.filter(agency_id=agency_id)
    if actor.centre:
        require(actor, VIEW_ALL)
    elif not actor.may(VIEW, agency_id):
        require(actor, ASK, agency_id)
        rows = rows.filter(case__requester__person_id=actor.person_id)
    rows = rows.select_related(
        "case", "case__category", "case__requester", "case__agency", "case__case_type"
    )
    return listing(rows, ("-ordered_at", "-id"), place)


def order_of(actor: Actor, case: Case) -> CaseOrder | None:
    """What a case ordered; None where it is not an order."""
    require_case(actor, case)
    return CaseOrder.objects.filter(case=case).first()
