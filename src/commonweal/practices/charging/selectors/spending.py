"""Where did an agency's money go? Sums by service and item, of no person; and who may read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import OuterRef, Subquery, Sum

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, require
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import ChargeItem
from commonweal.kernel.party.public import Agency, centre
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..domain.spending import Bought, ItemSpending, by_item, total
from ..models import BillLine, MoneyPage
from .fiscal import fiscal_periods

VIEW_BILLS = "charging.view_bills"


@dataclass(frozen=True)
class ServiceSpending:
    """A service's part of the money: its items, this year and the same months before."""

    code: str
    name: str
    description: str
    items: Sequence[tuple[ChargeItem, ItemSpending]]

    @property
    def now_minor(self) -> int:
        """This year's money, minor units."""
        return total(row for _item, row in self.items)[0]

    @property
    def before_minor(self) -> int:
        """The same months' money a year before, minor units."""
        return total(row for _item, row in self.items)[1]


@dataclass(frozen=True)
class Spending:
    """An agency's fiscal year so far by service, largest first; `compared`: last year has bills."""

    agency: Agency
    fiscal_year: int
    currency: str
    months: Sequence[str]
    services: Sequence[ServiceSpending]
    published: bool
    compared: bool

    @property
    def now_minor(self) -> int:
        """All of this year's money, minor units."""
        return sum(row.now_minor for row in self.services)

    @property
    def before_minor(self) -> int:
        """The same months a year before, minor units."""
        return sum(row.before_minor for row in self.services)


def is_published(actor: Actor, agency_id: UUID) -> bool:
    """Whether the agency's page is open to everybody. Public: it is what everybody may know."""
    with act_as(SYSTEM):
        last = MoneyPage.objects.filter(agency_id=agency_id).order_by("recorded_at", "id").last()
    return last is not None and last.published


def money_switch(actor: Actor, agency_id: UUID) -> list[MoneyPage]:
    """The last turns of an agency's switch, newest first."""
    if not _centre(actor):
        require(actor, VIEW_BILLS, agency_id)
    return list(MoneyPage.objects.filter(agency_id=agency_id).order_by("-recorded_at", "-id")[:20])


def published_agencies(actor: Actor, place: Place = FIRST) -> Listing[Agency]:
    """A page of the agencies whose page is open to everybody, by code. Public."""
    last = (
        MoneyPage.objects.filter(agency_id=OuterRef("pk"))
        .order_by("-recorded_at", "-id")
        .values("published")[:1]
    )
    with act_as(SYSTEM):
        found = Agency.objects.filter(kind="agency").annotate(shown=Subquery(last))
        return listing(found.filter(shown=True), ["code"], place)


def spending(actor: Actor, agency_code: str, fiscal_year: int) -> Spending:
    """One agency's money by service: for everybody if its page is open, else for its own people
    and the centre's (OPEN-404). Sums of issued bills; nothing of any person.
    """
    with act_as(SYSTEM):
        agency = Agency.objects.filter(code=agency_code, kind="agency").first()
        shown = agency is not None and is_published(actor, agency.pk)
        if agency is None or not (shown or actor.may(VIEW_BILLS, agency.pk) or _centre(actor)):
            raise NotFound(
                "OPEN-404",
                "There is no such page, or its agency has not opened it. See the list of pages.",
            )
        return _spending(agency, fiscal_year, shown)


def _centre(actor: Actor) -> bool:
    return actor.centre and actor.may("charging.view_all_bills")


def _spending(agency: Agency, fiscal_year: int, shown: bool) -> Spending:
    months = fiscal_periods(fiscal_year)
    own = BillLine.objects.filter(agency_id=agency.pk, bill__state="issued")
    billed = sorted(
        set(own.filter(bill__period__in=months).values_list("bill__period", flat=True).distinct())
    )
    earlier = [FiscalPeriod.parse(month).shift(-12).code for month in billed]
    now, before = (_bought(agency.pk, span) for span in (billed, earlier))
    rows = by_item(now, before)
    items = {
        row.code: row
        for row in ChargeItem.objects.select_related("service").filter(
            code__in=[row.code for row in rows]
        )
    }
    groups: dict[str, list[tuple[ChargeItem, ItemSpending]]] = {}
    for row in rows:
        groups.setdefault(row.service, []).append((items[row.code], row))
    services = [
        ServiceSpending(code, found[0][0].service.name, found[0][0].service.description, found)
        for code, found in groups.items()
    ]
    services.sort(key=lambda each: (-each.now_minor, each.code))
    return Spending(agency, fiscal_year, centre().currency, billed, services, shown, bool(before))


def _bought(agency_id: UUID, months: Sequence[str]) -> dict[tuple[str, str], Bought]:
    rows = (
        BillLine.objects.filter(agency_id=agency_id, bill__state="issued", bill__period__in=months)
        .values_list("service__code", "charge_item__code")
        .annotate(Sum("amount_minor"), Sum("quantity"))
        .order_by()
    )
    return {
        (service, item): Bought(int(amount), quantity) for service, item, amount, quantity in rows
    }
