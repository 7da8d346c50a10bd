"""An agency's unit costs beside the anonymous quartiles of its peers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, require
from commonweal.kernel.catalogue.public import ChargeItem, service_by_code
from commonweal.kernel.money.public import exponent
from commonweal.kernel.party.public import Agency, centre

from ..domain.peers import Quartiles, place_of, quartiles
from ..models import BillLine
from .cost_model import VIEW as VIEW_COSTS
from .credits import unearned_lines
from .fiscal import fiscal_periods
from .rates import _CLOSED_COSTS, _costs

VIEW_BILLS, VIEW_ALL = "charging.view_bills", "charging.view_all_bills"


@dataclass(frozen=True)
class PeerRow:
    """One measure in major units of the currency: one's own value and the group's quartiles.

    `kind`: `employee` (a service's charge per employee and month) or `unit` (an item's charge per
    unit). `group` None: fewer than five agencies have a value, so nothing of them is said.
    """

    kind: str
    service_code: str
    code: str
    name: str
    unit: str
    own: Fraction | None
    group: Quartiles | None

    @property
    def place(self) -> str:
        """`lowest`, `middle`, `highest` or `unknown`."""
        return place_of(self.own, self.group)


@dataclass(frozen=True)
class UnitCost:
    """A service's full cost per employee served in a month; None where it must not or cannot be
    said."""

    period: str
    value: Fraction | None


@dataclass(frozen=True)
class Peers:
    """A fiscal year so far: its closed months and the measures."""

    fiscal_year: int
    currency: str
    months: Sequence[str]
    rows: Sequence[PeerRow]


Sums = dict[UUID, dict[UUID, tuple[int, Decimal]]]
"""Charge item → agency → (minor units, quantity)."""


def peers(actor: Actor, fiscal_year: int, agency_id: UUID | None = None) -> Peers:
    """Each item's charge per unit and each service's per employee and month, beside the quartiles.

    Read in the centre's scope on purpose: of other agencies only the quartiles leave (see
    domain/peers.py). The reader cannot choose the group: it is every agency with a value.
    """
    require(actor, VIEW_BILLS if agency_id else VIEW_ALL, agency_id)
    periods = fiscal_periods(fiscal_year)
    with act_as(SYSTEM):
        months, sums = _sums(periods)
        sizes = dict(Agency.objects.filter(kind="agency", size__gt=0).values_list("pk", "size"))
        items = {
            row.pk: row for row in ChargeItem.objects.select_related("service").filter(pk__in=sums)
        }
    currency = centre().currency
    scale = 10 ** exponent(currency)
    rows = [
        _row("unit", items[key], _per_unit(sums[key], scale), agency_id)
        for key in sorted(sums, key=lambda key: items[key].code)
    ]
    rows += _services(items, sums, sizes, len(months) * scale, agency_id)
    return Peers(fiscal_year, currency, months, rows)


def _sums(periods: Sequence[str]) -> tuple[list[str], Sums]:
    found: Sums = defaultdict(dict)
    lines = BillLine.objects.filter(bill__period__in=periods, bill__state="issued")
    months = sorted(set(lines.values_list("bill__period", flat=True).distinct()))
    rows = (  # what an asset or a year before handed on is no price of this year
        lines.exclude(id__in=unearned_lines())
        .values_list("charge_item_id", "agency_id")
        .annotate(Sum("amount_minor"), Sum("quantity"))
    )
    for item, agency, amount, quantity in rows.order_by():
        found[item][agency] = (int(amount), quantity)
    return months, found


def _per_unit(of_item: Mapping[UUID, tuple[int, Decimal]], scale: int) -> dict[UUID, Fraction]:
    return {
        agency: Fraction(amount, scale) / Fraction(quantity)
        for agency, (amount, quantity) in of_item.items()
        if quantity > 0
    }


def _row(
    kind: str, item: ChargeItem, values: Mapping[UUID, Fraction], agency_id: UUID | None
) -> PeerRow:
    service = item.service
    per_unit = kind == "unit"
    return PeerRow(
        kind,
        service.code,
        item.code if per_unit else service.code,
        item.name if per_unit else service.name,
        item.measure_singular if per_unit else "",
        values.get(agency_id) if agency_id else None,
        quartiles(values.values()),
    )


def _services(
    items: Mapping[UUID, ChargeItem],
    sums: Sums,
    sizes: Mapping[UUID, int],
    scale: int,
    agency_id: UUID | None,
) -> list[PeerRow]:
    """Charge per employee and month, by service."""
    charged: dict[UUID, dict[UUID, int]] = defaultdict(lambda: defaultdict(int))
    example: dict[UUID, ChargeItem] = {}
    for key, of_item in sums.items():
        example[items[key].service_id] = items[key]
        for agency, (amount, _quantity) in of_item.items():
            charged[items[key].service_id][agency] += amount
    return [
        _row(
            "employee",
            example[service],
            {
                agency: Fraction(amount, scale * sizes[agency])
                for agency, amount in charged[service].items()
                if agency in sizes and amount > 0
            },
            agency_id,
        )
        for service in sorted(charged, key=lambda key: example[key].service.code)
    ]


def service_unit_costs(actor: Actor, service_code: str, fiscal_year: int) -> list[UnitCost]:
    """A service's full cost per employee served, month by month; None below five agencies served
    or without an allocation. For whoever sees the centre's costs, or an agency's own bills; there
    must be such a service (CATALOGUE-404)."""
    if not (actor.may(VIEW_COSTS) or actor.agencies_with(VIEW_BILLS)):
        require(actor, VIEW_COSTS)
    service_by_code(actor, service_code)
    periods = fiscal_periods(fiscal_year)
    with act_as(SYSTEM):
        costs = _allocated(periods)
        served: dict[str, set[UUID]] = defaultdict(set)
        rows = BillLine.objects.filter(
            bill__period__in=periods, bill__state="issued", service__code=service_code
        )
        for period, agency in rows.values_list("bill__period", "agency_id").distinct():
            served[period].add(agency)
        sizes = dict(Agency.objects.filter(kind="agency", size__gt=0).values_list("pk", "size"))
    found = []
    for period in sorted(costs):
        known = [sizes[agency] for agency in served[period] if agency in sizes]
        totals = costs[period]
        amount = next(
            (Fraction(each["amount"]) for each in totals or () if each["target"] == service_code),
            None,
        )
        enough = quartiles(Fraction(size) for size in known) is not None
        value = amount / sum(known) if amount is not None and enough else None
        found.append(UnitCost(period, value))
    return found


def _allocated(periods: Sequence[str]) -> dict[str, list[dict[str, str]] | None]:
    with connection.cursor() as cursor:
        cursor.execute(_CLOSED_COSTS, [list(periods)])
        return _costs(cursor.fetchone())
