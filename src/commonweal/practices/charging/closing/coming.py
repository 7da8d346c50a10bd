"""What an agency's next bill corrects so far: late usage priced at once, before the month closes.

The same functions as the close's own steps, for one agency and on demand, so that a late record
is a draft line the moment it arrived. Held records are no part of it. Nothing is written.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, require
from commonweal.kernel.catalogue.public import ChargeItem
from commonweal.kernel.metering.public import late_months
from commonweal.kernel.party.public import centre

from ..domain.bills import DraftLine
from ..models import BillLine
from .corrections import corrected_line, corrections
from .drafting import CauseError, RatedGroup, draft_lines, funding_shares
from .exchange import in_book_currency
from .late import Corrected, Place
from .rates import approved_rates

VIEW = "charging.view_bills"


@dataclass(frozen=True)
class Coming:
    """One correction of a bill to come: what it adds to which month, and the line it corrects."""

    period: str
    item: ChargeItem
    line: DraftLine
    corrects: BillLine | None


def coming_corrections(actor: Actor, agency_id: UUID) -> list[Coming]:
    """The corrections of an agency's open months, as they would be drafted now.

    What has no rate stops the close, and so is refused here with the same words (CLOSE-302).
    """
    if not actor.may("charging.view_all_bills"):
        require(actor, VIEW, agency_id)
    profile = centre()
    found: list[Coming] = []
    with act_as(SYSTEM):
        for period in late_months(SYSTEM, agency_id):
            rates = approved_rates(profile.zone)
            priced = corrections(SYSTEM, period, rates, {}, agency_id=agency_id)
            if rates.missing:
                raise CauseError(
                    "CLOSE-302",
                    f"{len(rates.missing)} usage records or order lines have no cause: no rate "
                    "was in force, no order covers them, or their order charges them already. "
                    "Approve the rate or sign the order, then resume.",
                    rows=rates.missing[:200],
                )
            own = [each for each in priced if each.place.agency_id == agency_id]
            groups = in_book_currency(_groups(own), profile.currency)
            funding = funding_shares({group.order_line_id for group in groups})
            lines = draft_lines(groups, funding, profile.currency).get(agency_id, [])
            found += _coming(period, lines)
    return found


def _groups(priced: Sequence[Corrected]) -> list[RatedGroup]:
    together: dict[tuple[Place, UUID], list[Corrected]] = defaultdict(list)
    for each in priced:
        together[each.place, each.order_line_id].append(each)
    return [
        RatedGroup(
            agency_id=place.agency_id,
            kind="correction",
            charge_period=place.charge_period,
            charge_item_id=place.charge_item_id,
            rate_version_id=place.rate_version_id,
            order_line_id=order_line,
            quantity=sum((each.counted for each in found), Decimal(0)),
            facts=sum(1 for each in found if each.fact is not None),
            amount=sum((each.amount for each in found), Decimal(0)),
            corrects_id=corrected_line(place, order_line),
            cell=place.cell,
        )
        for (place, order_line), found in together.items()
    ]


def _coming(period: str, lines: Sequence[DraftLine]) -> list[Coming]:
    items = ChargeItem.objects.in_bulk({line.charge_item_id for line in lines})
    corrected = BillLine.objects.select_related("bill").in_bulk(
        {line.corrects_id for line in lines if line.corrects_id is not None}
    )
    return [
        Coming(
            period,
            items[line.charge_item_id],
            line,
            corrected.get(line.corrects_id) if line.corrects_id else None,
        )
        for line in lines
    ]
