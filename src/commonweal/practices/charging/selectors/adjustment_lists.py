"""Reading year-end adjustments: the centre's, an agency's own, grant by grant, and into rates."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

from django.db.models import QuerySet, Sum

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.catalogue.public import ChargeItem, FundingSource
from commonweal.kernel.money.public import Money, round_quotient
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..domain import rates as rate_domain
from ..domain.year_end import RATE_METHODS
from ..models import Adjustment, AdjustmentPart
from .cost_model import VIEW


def adjustments(
    actor: Actor, *, service: str = "", fiscal_year: int | None = None, place: Place = FIRST
) -> Listing[Adjustment]:
    """A page of year-end adjustments, newest first."""
    require(actor, VIEW)
    found = Adjustment.objects.select_related("service")
    if service:
        found = found.filter(service__code=service)
    if fiscal_year:
        found = found.filter(fiscal_year=fiscal_year)
    return listing(found, ["-id"], place)


def adjustment(actor: Actor, adjustment_id: UUID) -> Adjustment:
    """One adjustment (RECOVERY-405)."""
    require(actor, VIEW)
    found = Adjustment.objects.select_related("service").filter(pk=adjustment_id).first()
    if found is None:
        raise NotFound("RECOVERY-405", "There is no such adjustment. Choose one from the list.")
    return found


def _parts() -> QuerySet[AdjustmentPart]:
    return AdjustmentPart.objects.select_related(
        "agency", "service", "source", "order_line", "order_line__order"
    )


def adjustment_parts(
    actor: Actor, adjustment_id: UUID, place: Place | None = None
) -> Listing[AdjustmentPart]:
    """Every agency's part of an adjustment, by order line and funding source."""
    require(actor, VIEW)
    return listing(_parts().filter(adjustment_id=adjustment_id), ["id"], place)


def own_adjustments(
    actor: Actor, agency_id: UUID | None = None, place: Place = FIRST
) -> Listing[AdjustmentPart]:
    """A page of the approved adjustments of one's own agencies, newest first."""
    found = _parts().filter(state="approved")
    if agency_id:
        found = found.filter(agency_id=agency_id)
    if not (actor.centre and actor.may("charging.view_all_bills")):
        found = found.filter(agency_id__in=actor.agencies_with("charging.view_bills"))
    return listing(found, ["-id"], place)


@dataclass(frozen=True)
class GrantShare:
    """What a grant gets back (+) or pays more (−) of one service's adjustments, in minor units."""

    agency: str
    source: str
    account: str
    reference: str
    amount_minor: int
    interest_minor: int


def grant_shares(actor: Actor, adjustment_id: UUID) -> list[GrantShare]:
    """An adjustment's grant-funded share, grant by grant."""
    sums: dict[tuple[str, UUID], list[int]] = defaultdict(lambda: [0, 0])
    sources: dict[UUID, FundingSource] = {}
    for part in adjustment_parts(actor, adjustment_id):
        if part.grant:
            sources[part.source_id] = part.source
            both = sums[(part.agency.code, part.source_id)]
            both[0] += part.amount_minor
            both[1] += part.interest_minor
    return [
        GrantShare(
            agency,
            sources[source].name,
            sources[source].account_string,
            sources[source].grant_ref,
            amount,
            interest,
        )
        for (agency, source), (amount, interest) in sorted(sums.items())
    ]


def carried_into(
    actor: Actor, charge_item_id: UUID, fiscal_year: int, share: str | Fraction = "1"
) -> list[rate_domain.Adjustment]:
    """What approved adjustments carry into the rates of a year, for the part of the service's cost
    that an item recovers: negative where customers get it back."""
    require(actor, VIEW)
    item = ChargeItem.objects.select_related("service").filter(pk=charge_item_id).first()
    if item is None:
        raise NotFound("CHARGING-405", "There is no such charge item. See the rate book.")
    part = rate_domain.parse_share(share)
    rows = Adjustment.objects.filter(
        service=item.service,
        state="approved",
        method__in=RATE_METHODS,
        document__inputs__choices__into_year=fiscal_year,
    ).order_by("id")
    found = []
    for row in rows:
        sums = AdjustmentPart.objects.filter(adjustment_id=row.pk, way__in=RATE_METHODS).aggregate(
            total=Sum("amount_minor")
        )
        moved = Fraction(-int(sums["total"] or 0)) * part
        minor = round_quotient(moved.numerator, moved.denominator, "half_up")
        if minor:
            found.append(
                rate_domain.Adjustment(
                    f"Year-end adjustment of {row.fiscal_year}",
                    Money(minor, row.currency).decimal,
                    f"Decision {row.decision_id}",
                )
            )
    return found
