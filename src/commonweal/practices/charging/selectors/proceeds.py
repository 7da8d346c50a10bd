"""What became of a disposal's proceeds: whose part went by which way, to the cent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db.models import Q, Sum

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import today
from commonweal.kernel.catalogue.public import OrderLine
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import derived_id

from ..models import (
    AllocationRun,
    BillLine,
    ContributorCredit,
    CostPool,
    Credit,
    Disposal,
    Settlement,
)
from .cost_model import VIEW
from .costs import reached

CHARGED = ("usage", "fixed", "correction")


def credit_id_of(disposal_id: UUID, agency_id: UUID) -> UUID:
    """The credit of an agency's part of a disposal; one id, so it is given once."""
    return derived_id("disposal-credit", disposal_id, agency_id)


def refund_key(disposal_id: UUID) -> str:
    """The key of what a disposal pays an agency back, and of its journals."""
    return f"disposal:{disposal_id}"


def _fed_services(pool: CostPool) -> set[str]:
    """The codes of the services that a pool's cost reaches, by the newest allocation of actual
    costs that has the pool; a service's own pool reaches that service."""
    if pool.service is not None:
        return {pool.service.code}
    runs = AllocationRun.objects.filter(agency_id=pool.agency_id, edges__source=pool.code)
    newest = runs.filter(basis="actual").order_by("-recorded_at", "-id").first()
    return reached(newest.pk, pool.code) if newest else set()


def share_lines(agency_id: UUID, pool: CostPool) -> list[BillLine]:
    """The lines of a customer's newest issued bill that carry its part of the proceeds of an asset
    in a pool: those of the services that the pool reaches, or else all of them.

    Empty: it is no customer any more (no order line in force today or later), or has no such bill.
    Read in the centre's scope, inside the decision.
    """
    day = today(centre().zone)
    orders = OrderLine.objects.filter(Q(ends__isnull=True) | Q(ends__gt=day), active=True)
    if not orders.filter(agency_id=agency_id).exists():
        return []
    charged = BillLine.objects.filter(
        agency_id=agency_id, bill__state="issued", kind__in=CHARGED, amount_minor__gt=0
    )
    newest = charged.order_by("-bill__period").values_list("bill_id", flat=True).first()
    if newest is None:
        return []
    rows = charged.filter(bill_id=newest).select_related("service", "bill").order_by("number")
    lines, fed = list(rows), _fed_services(pool)
    return [line for line in lines if line.service.code in fed] or lines


@dataclass(frozen=True)
class ShareOut:
    """A part of a disposal's proceeds. `way`: pool (the centre's), credit, refund, held (for a
    grant) or nothing (it came to no cent).

    `credit`: its credit, with what no bill holds of it yet and the numbers of the bills that do;
    `refund`: its settlement.
    """

    name: str
    code: str
    grant: str
    minor: int
    way: str
    credit: Credit | None = None
    left: int = 0
    bills: Sequence[str] = ()
    refund: Settlement | None = None

    @property
    def reference(self) -> UUID | None:
        """The id of what gave it: its credit or its settlement."""
        gave = self.credit or self.refund
        return gave.pk if gave else None


def proceeds_of(actor: Actor, disposal: Disposal) -> list[ShareOut]:
    """Each part of an approved disposal's proceeds (of `disposals`) and what became of it; they add
    up to them."""
    require(actor, VIEW)
    if disposal.state != "approved":
        return []
    parts = dict(disposal.parts["proceeds"])
    own = int(parts.pop("", 0))
    found = [ShareOut("", "", "", own, "pool" if own else "nothing")]
    ways = {row.agency_id: row for row in given(actor, disposal.credits.all())}
    for share in disposal.asset.shares.all():
        customer = share.customer
        if customer is None:
            minor = int(parts[f"grant:{share.grant}"])
            found.append(ShareOut("", "", share.grant, minor, "held" if minor else "nothing"))
            continue
        row = ways.get(customer.pk)
        found.append(row.share if row else ShareOut(customer.name, customer.code, "", 0, "nothing"))
    return found


@dataclass(frozen=True)
class Given:
    """A contributor's row and what became of it."""

    row: ContributorCredit
    share: ShareOut

    @property
    def agency_id(self) -> UUID:
        """Whose it is."""
        return self.row.agency_id


def given(actor: Actor, rows: Iterable[ContributorCredit]) -> list[Given]:
    """What became of contributors' rows, in their order; a few queries for all of them."""
    shown = list(rows)
    if actor.centre:
        require(actor, VIEW)
    else:
        for agency_id in {row.agency_id for row in shown}:
            require(actor, "charging.view_bills", agency_id)
    ids = {row.pk: credit_id_of(row.disposal_id, row.agency_id) for row in shown}
    credits = Credit.objects.in_bulk(list(ids.values()))
    held = _on_bills(credits)
    others = [row for row in shown if ids[row.pk] not in credits]
    refunds = _refunds(others) if others else {}
    found = []
    for row in shown:
        share = ShareOut(row.agency.name, row.agency.code, "", row.amount_minor, "nothing")
        credit, refund = credits.get(ids[row.pk]), refunds.get((row.agency_id, row.disposal_id))
        if credit is not None:
            taken = held.get(credit.pk, {})
            left = credit.total_minor + sum(taken.values())
            share = replace(share, way="credit", credit=credit, left=left, bills=sorted(taken))
        elif refund is not None:
            share = replace(share, way="refund", refund=refund)
        found.append(Given(row, share))
    return found


def _on_bills(credits: Mapping[UUID, Credit]) -> dict[UUID, dict[str, int]]:
    """What bills hold of credits, by credit and the bill's number (its month before the issue)."""
    if not credits:
        return {}
    rows = (
        BillLine.objects.filter(credit__credit_id__in=list(credits))
        .values_list("credit__credit_id", "bill__number", "bill__period")
        .annotate(total=Sum("amount_minor"))
        .order_by()
    )
    held: dict[UUID, dict[str, int]] = defaultdict(dict)
    for credit, number, period, total in rows:
        held[credit][number or period] = int(total)
    return held


def _refunds(rows: Sequence[ContributorCredit]) -> dict[tuple[UUID, UUID], Settlement]:
    """What paid contributors back, by agency and disposal."""
    keys = {refund_key(row.disposal_id): row.disposal_id for row in rows}
    found = Settlement.objects.filter(agency_id__in={row.agency_id for row in rows}, key__in=keys)
    return {(each.agency_id, keys[each.key]): each for each in found}
