"""The register of assets: each with its contributors, what is depreciated, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, Sum

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..domain.assets import Terms
from ..models import Asset, AssetMonth, AssetShare, ContributorCredit, Disposal
from .cost_model import VIEW


def share_key(row: AssetShare) -> str:
    """What names a contributor in the domain: an agency's id, or a grant."""
    return str(row.customer_id) if row.customer_id else f"grant:{row.grant}"


def terms_of(asset: Asset, shares: Sequence[AssetShare] | None = None) -> Terms:
    """An asset's terms for the calculation."""
    rows = asset.shares.all() if shares is None else shares
    return Terms(
        asset.cost_minor,
        {share_key(row): row.amount_minor for row in rows},
        asset.in_service,
        asset.life_months,
    )


def _rows() -> Any:
    found = Asset.objects.filter(agency_id=centre().agency_id).select_related("pool")
    return found.prefetch_related("shares__customer")


def due_assets(period: str) -> list[Asset]:
    """The assets that a month depreciates and has not yet, by code."""
    month = FiscalPeriod.parse(period)
    found = _rows().filter(in_service__lt=month.end_day).exclude(months__period=period)
    alive = Q(disposed_on__isnull=True) | Q(disposed_on__gte=month.end_day)
    return list(found.filter(alive).order_by("code"))


@dataclass(frozen=True)
class AssetView:
    """An asset with what of it is depreciated and recovered so far, in minor units."""

    asset: Asset
    depreciated_minor: int
    recovered_minor: int

    @property
    def left_minor(self) -> int:
        """The cost that is not depreciated yet."""
        return self.asset.cost_minor - self.depreciated_minor

    @property
    def contributed_minor(self) -> int:
        """What others paid of it."""
        return sum(row.amount_minor for row in self.asset.shares.all())


def assets(actor: Actor, place: Place = FIRST) -> Listing[AssetView]:
    """A page of the register, by code."""
    require(actor, VIEW)
    page = listing(_rows(), ["code"], place)
    sums = {
        row["asset"]: row
        for row in AssetMonth.objects.filter(asset__in=[asset.pk for asset in page])
        .values("asset")
        .annotate(all=Sum("amount_minor"), own=Sum("recoverable_minor"))
    }
    none = {"all": 0, "own": 0}
    rows = [
        AssetView(asset, int(sums.get(asset.pk, none)["all"]), int(sums.get(asset.pk, none)["own"]))
        for asset in page
    ]
    return Listing(rows, page.previous, page.next)


def asset_by_code(actor: Actor, code: str) -> Asset:
    """One asset (COSTS-413)."""
    require(actor, VIEW)
    found: Asset | None = _rows().filter(code=code).first()
    if found is None:
        raise NotFound("COSTS-413", f"There is no asset “{code}”. Choose one of the register.")
    return found


def asset_view(actor: Actor, code: str) -> AssetView:
    """One asset with what is depreciated."""
    asset = asset_by_code(actor, code)
    sums = AssetMonth.objects.filter(asset=asset).aggregate(
        all=Sum("amount_minor"), own=Sum("recoverable_minor")
    )
    return AssetView(asset, int(sums["all"] or 0), int(sums["own"] or 0))


def asset_months(actor: Actor, asset: Asset, place: Place = FIRST) -> Listing[AssetMonth]:
    """A page of an asset's depreciated months, newest first."""
    require(actor, VIEW)
    return listing(AssetMonth.objects.filter(asset=asset), ["-period"], place)


def disposals(actor: Actor, asset: Asset) -> list[Disposal]:
    """What was proposed about an asset's end, newest first: few."""
    require(actor, VIEW)
    found = Disposal.objects.filter(asset=asset).select_related("asset")
    found = found.prefetch_related("credits__agency", "asset__shares__customer")
    return list(found.order_by("-recorded_at"))


def contributor_credits(actor: Actor, place: Place = FIRST) -> Listing[ContributorCredit]:
    """A page of what contributors are owed, newest first: all for the centre, else one's own."""
    found = ContributorCredit.objects.select_related("agency")
    if actor.centre:
        require(actor, VIEW)
    else:
        found = found.filter(agency_id__in=actor.agencies_with("charging.view_bills"))
    return listing(found, ["-recorded_at", "-id"], place)
