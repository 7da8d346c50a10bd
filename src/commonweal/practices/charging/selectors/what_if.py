"""What if: an agency's bill with another volume, price or mix, by the live engine. Writes nothing.

It starts from the agency's own last twelve billed months. An item's charges are worked out twice by
the same rules, as used and as asked, so that the difference is the change's alone: corrections,
one-offs and earlier rates are no part of it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from django.db.models import Sum

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, require
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.catalogue.public import ChargeItem, item_by_code
from commonweal.kernel.money.public import Money, MoneyError, exact_decimal
from commonweal.kernel.party.public import Agency, centre
from commonweal.kernel.schema.public import CommonwealError, NotFound

from ..domain.exchange import exchanged
from ..domain.mixes import Cell, Mix, cell_shares
from ..domain.what_if import LIMIT, Setting, effect, month_price
from ..engine import Matrix, PriceModel, from_document
from ..models import Bill, BillLine, ExchangeRate, RateVersion
from .mixes import recorded
from .rates import in_force

VIEW = "charging.view_bills"
MONTHS = 12


class WhatIfError(CommonwealError):
    """What is asked cannot be worked out; the message says what to change."""


@dataclass(frozen=True)
class Asked:
    """A change to one item: another average volume a month, a rate version's code, a mix by cell
    (shares that add up to one). None: as it is."""

    quantity: Decimal | None = None
    version: str = ""
    mix: Mapping[str, Fraction] | None = None


@dataclass(frozen=True)
class ItemStart:
    """Where an item stands: its billed months, the price now, those to come, and its cells.

    `mix`: the share of each cell in the newest month's usage, by the cell's name.
    """

    item: ChargeItem
    months: Sequence[tuple[str, Decimal]]
    now: RateVersion
    coming: Sequence[RateVersion]
    mix: Mapping[str, Fraction]

    @property
    def average(self) -> Decimal:
        """Units of an average month, to six decimals."""
        total = sum((Fraction(quantity) for _, quantity in self.months), Fraction(0))
        return Decimal(round(total / len(self.months) * 10**6)).scaleb(-6)


@dataclass(frozen=True)
class ItemEffect:
    """What a change does to one item over the months, in minor units of the book currency."""

    start: ItemStart
    asked: Asked
    version: RateVersion
    before_minor: int
    after_minor: int

    @property
    def change_minor(self) -> int:
        """More (or less, below zero)."""
        return self.after_minor - self.before_minor

    @property
    def changed(self) -> bool:
        """Whether anything was asked of this item."""
        return self.asked != Asked()


@dataclass(frozen=True)
class WhatIf:
    """The whole: every item, over the months from `first` to `last`; totals add the items up."""

    agency: Agency
    currency: str
    first: str
    last: str
    items: Sequence[ItemEffect]

    @property
    def before_minor(self) -> int:
        """What the months cost at today's prices."""
        return sum(each.before_minor for each in self.items)

    @property
    def after_minor(self) -> int:
        """What they would cost as asked."""
        return sum(each.after_minor for each in self.items)

    @property
    def change_minor(self) -> int:
        """The difference."""
        return self.after_minor - self.before_minor


def cell_text(cell: Cell) -> str:
    """A cell's name: its values, or `other` for whatever no cell names."""
    return " / ".join(cell) or "other"


def cells_of(model: PriceModel) -> list[Cell]:
    """The cells of a price by dimensions; empty for any other price."""
    if not isinstance(model, Matrix):
        return []
    return [*(cell.values for cell in model.cells), *([()] if model.otherwise is not None else [])]


def what_if(
    actor: Actor, agency_id: UUID, asked: Mapping[str, Asked], day: date | None = None
) -> WhatIf:
    """An agency's last twelve billed months at today's prices, and as asked, item by item.

    `asked`: changes by charge item's code; others stay as they are. Refused: an item that the
    agency was not billed for (WHATIF-101), a volume below zero or too large (102), a rate version
    that is not this item's or is not approved (103), a mix that does not add up (104).
    """
    if not actor.may("charging.view_all_bills"):
        require(actor, VIEW, agency_id)
    agency = Agency.objects.get(pk=agency_id)
    periods = months_billed(agency_id)
    if not periods:
        raise NotFound(
            "WHATIF-100", f"{agency.name} has no bill yet, so there is nothing to start from."
        )
    starts = _starts(agency_id, periods, day or today(centre().zone))
    unknown = sorted(asked.keys() - {start.item.code for start in starts})
    if unknown:
        raise WhatIfError(
            "WHATIF-101",
            f"{agency.name} was not billed for “{unknown[0]}” in these months. Choose an item of "
            "the list, or see its price in the rate book.",
            field=unknown[0],
        )
    others = _others(agency_id, periods, starts)
    items = [
        _effect(start, asked.get(start.item.code, Asked()), agency.code, others) for start in starts
    ]
    return WhatIf(agency, centre().currency, periods[0], periods[-1], items)


def months_billed(agency_id: UUID) -> list[str]:
    """The newest twelve months of an agency's issued bills, as far as there are so many."""
    billed = Bill.objects.filter(agency_id=agency_id, state="issued").order_by("-period")
    newest = billed.values_list("period", flat=True).first()
    oldest = billed.values_list("period", flat=True).last()
    if newest is None or oldest is None:
        return []
    month = FiscalPeriod.parse(newest)
    found = [month.shift(-step).code for step in range(MONTHS)][::-1]
    return [code for code in found if code >= oldest]


def _starts(agency_id: UUID, periods: Sequence[str], day: date) -> list[ItemStart]:
    rows = (
        BillLine.objects.filter(
            agency_id=agency_id,
            bill__state="issued",
            charge_period__in=periods,
            kind__in=("usage", "fixed", "correction"),
        )
        .values_list("charge_item_id", "charge_period")
        .annotate(quantity=Sum("quantity"))
        .order_by()
    )
    used: dict[UUID, dict[str, Decimal]] = defaultdict(dict)
    for item_id, period, quantity in rows:
        used[item_id][period] = max(quantity, Decimal(0))
    versions = versions_of(used, day)
    items = ChargeItem.objects.filter(pk__in=used).select_related("service", "unit")
    found = []
    for item in items.order_by("service__name", "name"):
        now = [each for each in versions[item.pk] if each.starts <= day]
        if not now:
            continue
        coming = [each for each in versions[item.pk] if each.starts > day]
        models = [from_document(each.model) for each in (*now, *coming)]
        mix = mix_of(agency_id, item, periods[-1], models)
        months = [(period, used[item.pk].get(period, Decimal(0))) for period in periods]
        found.append(ItemStart(item, months, now[-1], coming, mix))
    return found


def versions_of(items: Iterable[UUID], day: date) -> dict[UUID, list[RateVersion]]:
    """The approved rates of items in force on a day, and those to come, in order."""
    found: dict[UUID, list[RateVersion]] = defaultdict(list)
    rows = RateVersion.objects.filter(state="approved", charge_item_id__in=list(items))
    later = rows.filter(starts__gt=day) | rows.filter(in_force(day))
    for row in later.select_related("charge_item").order_by("starts"):
        found[row.charge_item_id].append(row)
    return found


def mix_of(
    agency_id: UUID,
    item: ChargeItem,
    period: str,
    models: Sequence[PriceModel],
    known: Mapping[UUID, Mix] | None = None,
) -> dict[str, Fraction]:
    """The share of each cell in a month's usage; in equal parts where nothing was used. `known`:
    what was recorded of several items, where that was read before."""
    model = next((each for each in models if isinstance(each, Matrix)), None)
    if model is None:
        return {}
    if known is None:
        known = recorded({(agency_id, period): [item.pk]}).get((agency_id, period), {})
    shares = cell_shares(model, known.get(item.pk, ()))
    cells = cells_of(model)
    if not shares:
        return {cell_text(cell): Fraction(1, len(cells)) for cell in cells}
    return {cell_text(cell): shares.get(cell, Fraction(0)) for cell in cells}


def _others(
    agency_id: UUID, periods: Sequence[str], starts: Sequence[ItemStart]
) -> dict[UUID, dict[str, Decimal]]:
    """What all other agencies together were billed of pooled items, month by month."""
    pooled = [
        start.item.pk
        for start in starts
        if any(each.model.get("kind") == "pooled" for each in (start.now, *start.coming))
    ]
    found: dict[UUID, dict[str, Decimal]] = defaultdict(dict)
    if not pooled:
        return found
    with act_as(SYSTEM):  # an unlabelled total, as the pack of a pooled line has it
        rows = (
            BillLine.objects.filter(
                bill__state="issued", charge_item_id__in=pooled, charge_period__in=list(periods)
            )
            .exclude(agency_id=agency_id)
            .values_list("charge_item_id", "charge_period")
            .annotate(quantity=Sum("quantity"))
        )
        for item_id, period, quantity in rows.order_by():
            found[item_id][period] = quantity
    return found


def _effect(
    start: ItemStart, asked: Asked, agency: str, others: Mapping[UUID, Mapping[str, Decimal]]
) -> ItemEffect:
    code = start.item.code
    if asked.quantity is not None and not 0 <= asked.quantity < LIMIT:
        raise WhatIfError(
            "WHATIF-102",
            f"{start.item.name}: {asked.quantity} is no volume. Give a number from 0.",
            field=code,
        )
    versions = {each.code: each for each in (start.now, *start.coming)}
    if asked.version and asked.version not in versions:
        raise WhatIfError(
            "WHATIF-103",
            f"{start.item.name}: “{asked.version}” is not its rate of today or to come. Choose one "
            "of these.",
            field=code,
        )
    version = versions[asked.version or start.now.code]
    now = (from_document(start.now.model), _setting(start, start.mix, agency))
    then = (from_document(version.model), _setting(start, asked.mix or start.mix, agency))
    found = effect(start.months, asked.quantity, now, then, others.get(start.item.pk, {}))
    before, after = booked(found.before, start.now), booked(found.after, version)
    return ItemEffect(start, asked, version, before, after)


def _setting(start: ItemStart, mix: Mapping[str, Fraction], agency: str) -> Setting:
    if not mix:
        return Setting(agency=agency)
    if sum(mix.values(), Fraction(0)) != 1 or min(mix.values()) < 0:
        raise WhatIfError(
            "WHATIF-104",
            f"{start.item.name}: the shares of its mix do not add up to 100 %. Correct them.",
            field=start.item.code,
        )
    cells = {tuple(name.split(" / ")) if name != "other" else (): mix[name] for name in mix}
    return Setting(cells, agency=agency)


def booked(amount: Decimal, version: RateVersion) -> int:
    """Minor units of the book currency, another currency at its newest rate (WHATIF-105)."""
    book = centre().currency
    if version.currency != book:
        rate = ExchangeRate.objects.filter(
            state="approved", currency=version.currency, starts__lte=today(centre().zone)
        )
        newest = rate.order_by("starts").last()
        if newest is None:
            raise WhatIfError(
                "WHATIF-105",
                f"There is no exchange rate of {version.currency} today. The centre has to enter "
                "one first.",
            )
        amount = exchanged(amount, Fraction(newest.numerator, newest.denominator))
    return Money.from_decimal(amount, book, "half_up").minor


@dataclass(frozen=True)
class PublicWhatIf:
    """What one published rate costs at some volume a month, now and at each rate to come."""

    item: ChargeItem
    quantity: Decimal
    prices: Sequence[tuple[RateVersion, Decimal | None]]


def price_of(
    actor: Actor, code: str, quantity: str | Decimal, others: str | Decimal = "0"
) -> PublicWhatIf:
    """What a volume a month costs at an item's published rates; for everybody, and nobody's data.

    None as a price: it depends on more than is given (an agency of its list). `others`: what all
    others use of a price that is shared. A price by dimensions is shown for equal shares of its
    cells. WHATIF-102 for a volume that is none.
    """
    item, day = item_by_code(actor, code), today(centre().zone)
    used, rest = _volume(quantity), _volume(others)
    found: list[tuple[RateVersion, Decimal | None]] = []
    for version in versions_of([item.pk], day)[item.pk]:
        model = from_document(version.model)
        cells = cells_of(model)
        mix = {cell: Fraction(1, len(cells)) for cell in cells}
        try:
            found.append((version, month_price(model, used, Setting(mix, rest))))
        except CommonwealError:
            found.append((version, None))
    return PublicWhatIf(item, used, found)


def _volume(given: str | Decimal) -> Decimal:
    try:
        found = exact_decimal(given)
    except MoneyError as wrong:
        raise WhatIfError("WHATIF-102", wrong.message, field="quantity") from wrong
    if not 0 <= found < LIMIT:
        raise WhatIfError(
            "WHATIF-102", f"{found} is no volume. Give a number from 0.", field="quantity"
        )
    return found
