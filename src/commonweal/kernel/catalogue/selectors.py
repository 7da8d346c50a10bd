"""Reads of the catalogue (everybody's) and of agreements (the parties' own)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TypeVar
from uuid import UUID

from django.db.models import Count, Model, Prefetch, Q, QuerySet

from ..access.public import Actor, require
from ..calendar.public import FiscalPeriod, Span
from ..party.public import centre
from ..schema.public import FIRST, Listing, NotFound, Place, listing
from .domain import (
    Companion,
    Cover,
    CoverageIndex,
    FundingShare,
    ItemInfo,
    LineInForce,
    NewFunding,
    NewLine,
    OrderDraft,
)
from .models import (
    Agreement,
    Bundle,
    BundleCompanion,
    ChargeItem,
    Order,
    OrderLine,
    Service,
    ServiceLevel,
    Unit,
    UnitConversion,
)

VIEW = "agreements.view"
ModelT = TypeVar("ModelT", bound=Model)


def on_day(day: date) -> Q:
    """Rows in force on a day."""
    return Q(starts__lte=day) & (Q(ends__isnull=True) | Q(ends__gt=day))


def units(actor: Actor, place: Place | None = None) -> Listing[Unit]:
    """The units by code. Without a place all of them."""
    return listing(Unit.objects.all(), ["code"], place)


def services(actor: Actor, on: date | None = None, place: Place | None = None) -> Listing[Service]:
    """The services by code; `on`: only those offered on that day. Public.

    Without a place all of them: what an administrator set up, for choices and sums.
    """
    found = Service.objects.all()
    return listing(found.filter(on_day(on)) if on else found, ["code"], place)


def items_by_service(actor: Actor, services: Iterable[UUID], on: date) -> dict[UUID, int]:
    """How many charge items some services offer on a day. Public."""
    found = ChargeItem.objects.filter(on_day(on), service_id__in=list(services))
    return dict(found.order_by().values_list("service_id").annotate(items=Count("pk")))


def service_by_code(actor: Actor, code: str) -> Service:
    """One service (CATALOGUE-401 if there is none). Public."""
    found = Service.objects.filter(code=code).first()
    if found is None:
        raise NotFound("CATALOGUE-401", f"There is no service “{code}”. See the list of services.")
    return found


def charge_items(
    actor: Actor, service: UUID | None = None, on: date | None = None
) -> list[ChargeItem]:
    """Charge items by code with service and unit; `service`: its id. Public."""
    found = ChargeItem.objects.select_related("service", "unit")
    if service:
        found = found.filter(service_id=service)
    return list(found.filter(on_day(on)) if on else found)


def charge_items_page(
    actor: Actor, service: UUID | None = None, place: Place = FIRST, on: date | None = None
) -> Listing[ChargeItem]:
    """A page of the charge items by service and code, with service and unit. Public."""
    found = ChargeItem.objects.select_related("service", "unit")
    if on:
        found = found.filter(on_day(on))
    if service:
        return listing(found.filter(service_id=service), ["code"], place)
    return listing(found, ["service__code", "code"], place)


def item_by_code(actor: Actor, code: str) -> ChargeItem:
    """One charge item with service and unit (CATALOGUE-402 if there is none). Public."""
    found = ChargeItem.objects.select_related("service", "unit").filter(code=code).first()
    if found is None:
        raise NotFound("CATALOGUE-402", f"There is no charge item “{code}”. See the catalogue.")
    return found


def companions(actor: Actor, service: UUID) -> list[BundleCompanion]:
    """What items of a service are ordered only together with, by lead and item. Public."""
    found = BundleCompanion.objects.filter(bundle__lead__service_id=service)
    return list(found.select_related("bundle__lead", "item").order_by("bundle__lead__code", "id"))


def bundles(
    actor: Actor, service: UUID | None = None, place: Place | None = None
) -> Listing[Bundle]:
    """The bundles with lead item and companions; `service`: only those led by its items. Public.

    Without a place all of them: what an administrator set up.
    """
    companions = Prefetch("companions", BundleCompanion.objects.select_related("item"))
    found = Bundle.objects.select_related("lead").prefetch_related(companions)
    if service:
        found = found.filter(lead__service_id=service)
    return listing(found, ["lead__code", "id"], place)


def service_levels(
    actor: Actor,
    service: UUID | None = None,
    on: date | None = None,
    place: Place | None = None,
) -> Listing[ServiceLevel]:
    """Promised service levels with service and unit. Without a place all of them. Public."""
    found = ServiceLevel.objects.select_related("service", "unit")
    if service:
        found = found.filter(service_id=service)
    order = ["service_id", "metric", "starts", "id"]
    return listing(found.filter(on_day(on)) if on else found, order, place)


def own_rows(actor: Actor, rows: QuerySet[ModelT]) -> QuerySet[ModelT]:
    """The rows of agencies whose agreements the actor may see (law 9; RLS is the net)."""
    if actor.centre:
        require(actor, VIEW)
        return rows
    return rows.filter(agency_id__in=actor.agencies & actor.agencies_with(VIEW))


def agreements(
    actor: Actor, agency_id: UUID | None = None, place: Place = FIRST
) -> Listing[Agreement]:
    """A page of the agreements that the actor may see, by agency, in the order of their making."""
    found = own_rows(actor, Agreement.objects.select_related("agency"))
    if agency_id:
        return listing(found.filter(agency_id=agency_id), ["sequence"], place)
    return listing(found, ["agency__code", "sequence"], place)


def agreement(actor: Actor, agreement_id: UUID) -> Agreement:
    """One agreement with its agency (CATALOGUE-405 if it is not there for the actor)."""
    found = (
        own_rows(actor, Agreement.objects.select_related("agency", "renews"))
        .filter(pk=agreement_id)
        .first()
    )
    if found is None:
        raise NotFound(
            "CATALOGUE-405", "There is no such agreement among yours. Choose one from the list."
        )
    return found


def orders(
    actor: Actor,
    agency_id: UUID | None = None,
    *,
    agreement_id: UUID | None = None,
    state: str = "",
    hidden: Sequence[str] = (),
    place: Place = FIRST,
) -> Listing[Order]:
    """A page of the orders that the actor may see, newest modification last within a number;
    `hidden`: not those in these states."""
    found = own_rows(actor, Order.objects.select_related("agency", "agreement", "supersedes"))
    if state:
        found = found.filter(state=state)
    if hidden:
        found = found.exclude(state__in=hidden)
    if agreement_id:
        found = found.filter(agreement_id=agreement_id)
    if agency_id:
        found = found.filter(agency_id=agency_id)
    if agency_id or agreement_id:
        return listing(found, ["number", "modification"], place)
    return listing(found, ["agency__code", "number", "modification"], place)


def has_orders(actor: Actor) -> bool:
    """Whether any order that the actor may see is in force."""
    return own_rows(actor, Order.objects.filter(state="active")).exists()


def order(actor: Actor, order_id: UUID) -> Order:
    """One order; its lines, items, bureaus, funding and signed estimates come with it."""
    found = (
        own_rows(actor, Order.objects.select_related("agency", "agreement", "supersedes"))
        .prefetch_related(
            "lines__charge_item__unit",
            "lines__charge_item__service",
            "lines__bureau",
            "lines__funding",
            "lines__signatures",
        )
        .filter(pk=order_id)
        .first()
    )
    if found is None:
        raise NotFound(
            "CATALOGUE-406", "There is no such order among yours. Choose one from the list."
        )
    return found


def _during(span: Span | FiscalPeriod) -> Q:
    starts, ends = (
        (span.first_day, span.end_day) if isinstance(span, FiscalPeriod) else (span.start, span.end)
    )
    running = Q(ends__isnull=True) | Q(ends__gt=starts)
    return running & Q(starts__lt=ends) if ends else running


def order_lines_in_force(
    actor: Actor, agency_id: UUID | None, span: Span | FiscalPeriod
) -> list[LineInForce]:
    """The lines that cover usage on some day of the span, with their funding; two queries.

    `agency_id` None: of every agency that the actor may see.
    """
    lines = own_rows(actor, OrderLine.objects.filter(_during(span), active=True))
    if agency_id:
        lines = lines.filter(agency_id=agency_id)
    lines = lines.select_related("order__agreement", "charge_item").prefetch_related("funding")
    return [
        _in_force(line) for line in lines.order_by("agency_id", "order__number", "number", "id")
    ]


def _in_force(line: OrderLine) -> LineInForce:
    order_row, item = line.order, line.charge_item
    return LineInForce(
        id=line.pk,
        number=line.number,
        agency_id=line.agency_id,
        bureau_id=line.bureau_id,
        order_id=order_row.pk,
        order_number=order_row.number,
        modification=order_row.modification,
        agreement_id=order_row.agreement_id,
        agreement_number=order_row.agreement.number,
        service_id=item.service_id,
        charge_item_id=item.pk,
        item_code=item.code,
        unit_code=item.unit_id,
        kind=item.kind,
        starts=line.starts,
        ends=line.ends,
        estimated_quantity=line.estimated_quantity,
        estimated_amount_minor=line.estimated_amount_minor,
        currency=order_row.currency,
        funding=tuple(
            FundingShare(
                source.pk,
                source.name,
                source.account_string,
                Fraction(source.share_numerator, source.share_denominator),
                source.grant,
                source.grant_ref,
            )
            for source in line.funding.all()
        ),
    )


def coverage(agency_ids: Collection[UUID] | None, since: date) -> CoverageIndex:
    """The lines that cover usage on or after a day, for intake; one query.

    `agency_ids` None: of every agency in the present scope. For programs that check the actor
    themselves: row-level security still bounds what is read.
    """
    lines = OrderLine.objects.filter(Q(ends__isnull=True) | Q(ends__gt=since), active=True)
    if agency_ids is not None:
        lines = lines.filter(agency_id__in=agency_ids)
    columns = ("pk", "agency_id", "charge_item_id", "bureau_id", "starts", "ends")
    return CoverageIndex(Cover(*row) for row in lines.values_list(*columns))


def item_infos(codes: Iterable[str]) -> dict[str, ItemInfo]:
    """What the rules of orders need to know about some charge items."""
    items = ChargeItem.objects.filter(code__in=set(codes)).select_related("bundle")
    found = {}
    for item in items.prefetch_related("bundle__companions__item"):
        bundle: Bundle | None = getattr(item, "bundle", None)
        companions = bundle.companions.all() if bundle else ()
        found[item.code] = ItemInfo(
            item.code,
            item.name,
            Span(item.starts, item.ends),
            tuple(Companion(each.item.code, each.item.name, each.quantity) for each in companions),
        )
    return found


def draft_of(row: Order, changed: OrderLine | None = None) -> OrderDraft:
    """A stored order as its rules see it; `changed` stands in for one of its lines."""
    stored = row.lines.select_related("charge_item").prefetch_related("funding").order_by("number")
    lines = []
    for line in stored:
        given = NewLine(
            item=line.charge_item.code,
            estimated_quantity=line.estimated_quantity,
            estimated_amount_minor=line.estimated_amount_minor,
            bureau_id=line.bureau_id,
            description=line.description,
            advance_minor=line.advance_minor,
            starts=line.starts,
            ends=line.agreed_ends,
            funding=tuple(
                NewFunding(
                    source.name,
                    source.account_string,
                    source.share_numerator,
                    source.share_denominator,
                    source.grant,
                    source.grant_ref,
                )
                for source in line.funding.all()
            ),
        )
        if changed is not None and changed.pk == line.pk:
            given = replace(given, estimated_quantity=changed.estimated_quantity)
        lines.append(given)
    return OrderDraft(
        number=row.number,
        span=Span(row.starts, row.ends),
        agreement_span=Span(row.agreement.starts, row.agreement.ends),
        currency=row.currency,
        book_currency=centre().currency,
        total_minor=row.total_minor,
        lines=tuple(lines),
        advance_total_minor=row.advance_total_minor,
        advance_recognition=row.advance_recognition,
        payment_days=row.payment_days,
        billing_frequency=row.billing_frequency,
        location_code=row.location_code,
        agreement_location_code=row.agreement.location_code,
        requesting_aid=row.agreement.requesting_aid,
        servicing_aid=row.agreement.servicing_aid,
    )


def conversions(actor: Actor, place: Place | None = None) -> Listing[UnitConversion]:
    """Every conversion of units that was proposed, oldest first. Public: bills follow from it."""
    rows = UnitConversion.objects.select_related("charge_item__unit", "unit")
    return listing(rows, ["recorded_at", "id"], place)


def conversions_in_force(item_ids: Collection[UUID] | None = None) -> list[UnitConversion]:
    """The approved conversions of some items (None: of all), by item, unit and first day."""
    rows = UnitConversion.objects.filter(state="approved").select_related("charge_item", "unit")
    if item_ids is not None:
        rows = rows.filter(charge_item_id__in=item_ids)
    return list(rows.order_by("charge_item", "unit", "starts"))
