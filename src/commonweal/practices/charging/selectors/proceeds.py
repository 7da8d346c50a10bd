"""What became of a disposal's proceeds: whose part went by which way, to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Q

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import today
from commonweal.kernel.catalogue.public import OrderLine
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import derived_id

from ..models import (
    AllocationEdge,
    AllocationRun,
    Bill,
    BillLine,
    ContributorCredit,
    CostPool,
    Credit,
    Disposal,
    Settlement,
)
from .cost_model import VIEW
from .credits import left_of

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
    rows = AllocationEdge.objects.filter(run=newest, source=pool.code) if newest else ()
    return {row.target for row in rows}


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

    `credit`: its credit, with what no bill holds of it yet and the bills that do; `refund`: its
    settlement.
    """

    name: str
    code: str
    grant: str
    minor: int
    way: str
    credit: Credit | None = None
    left: int = 0
    bills: Sequence[Bill] = ()
    refund: Settlement | None = None

    @property
    def reference(self) -> UUID | None:
        """The id of what gave it: its credit or its settlement."""
        gave = self.credit or self.refund
        return gave.pk if gave else None


def proceeds_of(actor: Actor, disposal: Disposal) -> list[ShareOut]:
    """Each part of an approved disposal's proceeds and what became of it; they add up to them."""
    require(actor, VIEW)
    if disposal.state != "approved":
        return []
    parts = dict(disposal.parts["proceeds"])
    own = int(parts.pop("", 0))
    found = [ShareOut("", "", "", own, "pool" if own else "nothing")]
    ways = {row.agency_id: row for row in _given(disposal.credits.select_related("agency"))}
    for share in disposal.asset.shares.select_related("customer").order_by("pk"):
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
    """What became of those contributors' rows that the actor may see, in their order."""
    own = actor.agencies_with("charging.view_bills")
    every = actor.centre and actor.may(VIEW)
    return _given(row for row in rows if every or row.agency_id in own)


def _given(rows: Iterable[ContributorCredit]) -> list[Given]:
    """The same for callers that checked the actor; a few queries for all of them."""
    shown = list(rows)
    ids = {row.pk: credit_id_of(row.disposal_id, row.agency_id) for row in shown}
    credits = Credit.objects.in_bulk(list(ids.values()))
    left = left_of(credits.values())
    bills = _bills(credits)
    keys = {refund_key(row.disposal_id) for row in shown}
    agencies = {row.agency_id for row in shown}
    refunds = {
        (each.agency_id, each.key): each
        for each in Settlement.objects.filter(agency_id__in=agencies, key__in=keys)
    }
    found = []
    for row in shown:
        credit = credits.get(ids[row.pk])
        refund = refunds.get((row.agency_id, refund_key(row.disposal_id)))
        share = ShareOut(
            row.agency.name, row.agency.code, "", row.amount_minor,
            "credit" if credit else "refund" if refund else "nothing",
            credit, left.get(credit.pk, 0) if credit else 0,
            bills.get(credit.pk, ()) if credit else (), refund,
        )  # fmt: skip
        found.append(Given(row, share))
    return found


def _bills(credits: Any) -> dict[UUID, list[Bill]]:
    """The bills that hold something of credits, by credit, oldest first."""
    pairs = (
        BillLine.objects.filter(credit__credit_id__in=list(credits))
        .exclude(bill__state="draft")
        .values_list("credit__credit_id", "bill_id")
        .distinct()
    )
    taken: dict[UUID, set[UUID]] = {}
    for credit, bill in pairs:
        taken.setdefault(credit, set()).add(bill)
    known = Bill.objects.in_bulk({bill for each in taken.values() for bill in each})
    return {
        credit: sorted((known[bill] for bill in own if bill in known), key=lambda b: b.period)
        for credit, own in taken.items()
    }
