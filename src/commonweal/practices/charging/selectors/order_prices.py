"""What an order would add to an agency's bills: its average use with and without it, at the rates
decided for each of the coming months.

Both sides are priced as a month's bill is, so that tiers, blocks and minimums count as they will.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.casework.public import Priced, Units
from commonweal.kernel.catalogue.public import ChargeItem
from commonweal.kernel.party.public import Agency, centre
from commonweal.kernel.schema.public import CommonwealError
from commonweal.kernel.words import public as words

from ..domain.mixes import micro
from ..domain.what_if import Setting, month_price
from ..engine import Matrix, PriceModel, from_document
from ..models import BillLine, PriceReduction, RateVersion
from ..rate_words import rate_text
from .mixes import recorded
from .what_if import MONTHS, booked, mix_of, months_billed, versions_of

FULL = Fraction(1)
BY_CELL = ("matrix", "channel")
"""Kinds of prices that go by what was recorded of each use."""


def order_prices(actor: Actor, agency_id: UUID, wanted: Mapping[str, Units]) -> dict[str, Priced]:
    """What each item would add, by its code; one that has no price by quantity is left out.

    The average is that of the last twelve billed months. Reductions decided for the agency count.
    """
    day = today(centre().zone)
    items = {row.code: row for row in ChargeItem.objects.filter(code__in=wanted)}
    versions = versions_of([row.pk for row in items.values()], day)
    periods = months_billed(agency_id)
    used = _averages(agency_id, periods, [row.pk for row in items.values()])
    code = Agency.objects.values_list("code", flat=True).get(pk=agency_id)
    reductions = _reductions(agency_id, [row.pk for row in items.values()])
    newest = periods[-1] if periods else ""
    split = [
        row.pk
        for row in items.values()
        if any(each.model.get("kind") in BY_CELL for each in versions[row.pk])
    ]
    mixes = recorded({(agency_id, newest): split}).get((agency_id, newest), {}) if split else {}
    found: dict[str, Priced] = {}
    for name, item in items.items():
        standing = versions[item.pk]
        if not standing or standing[0].starts > day or not _by_quantity(standing):
            continue
        try:
            mix = mix_of(agency_id, item, newest, _models(standing), mixes)
            cells = {tuple(k.split(" / ")) if k != "other" else (): v for k, v in mix.items()}
            setting = Setting(cells, agency=code)
            found[name] = _priced(
                standing, wanted[name], used.get(item.pk, Decimal(0)), setting, day,
                reductions.get(item.pk, ()),
            )  # fmt: skip
        except CommonwealError:
            continue  # a price of other things than a quantity: nobody can say it ahead
    return found


def _models(standing: Sequence[RateVersion]) -> list[PriceModel]:
    return [from_document(each.model) for each in standing]


def _by_quantity(standing: Sequence[RateVersion]) -> bool:
    """Whether every price is one of the agency's own quantity: no pool, no share, no days."""
    return all(
        model.kind != "peak" and (isinstance(model, Matrix) or model.basis == "quantity")
        for model in _models(standing)
    )


def _averages(
    agency_id: UUID, periods: Sequence[str], items: Sequence[UUID]
) -> dict[UUID, Decimal]:
    if not periods:
        return {}
    rows = (
        BillLine.objects.filter(
            agency_id=agency_id,
            bill__state="issued",
            charge_period__in=list(periods),
            charge_item_id__in=list(items),
            kind__in=("usage", "fixed", "correction"),
        )
        .values_list("charge_item_id")
        .annotate(quantity=Sum("quantity"))
        .order_by()
    )
    return {
        item: Decimal(micro(Fraction(max(total, Decimal(0))) / len(periods))).scaleb(-6)
        for item, total in rows
    }


def _reductions(
    agency_id: UUID, items: Sequence[UUID]
) -> dict[UUID, list[tuple[date, date, Fraction]]]:
    rows = PriceReduction.objects.filter(
        agency_id=agency_id, charge_item_id__in=list(items), state="approved"
    )
    found: dict[UUID, list[tuple[date, date, Fraction]]] = {}
    for row in rows:
        part = (row.starts, row.ends, Fraction(row.percent) / 100)
        found.setdefault(row.charge_item_id, []).append(part)
    return found


def _priced(
    standing: Sequence[RateVersion], wanted: Units, average: Decimal, setting: Setting,
    day: date, reductions: Sequence[tuple[date, date, Fraction]],
) -> Priced:  # fmt: skip
    """The sum of the months' additions, each in whole minor units, as bills round them."""
    first = FiscalPeriod.of_date(day)
    months = 1 if wanted.recurs == "once" else MONTHS
    added: list[int] = []
    held: dict[str, RateVersion] = {}
    for step in range(months):
        start = first.shift(step).first_day
        version = [each for each in standing if each.starts <= max(start, day)][-1]
        held[version.code] = version
        model = from_document(version.model)
        with_it = month_price(model, average + wanted.quantity, setting)
        without = month_price(model, average, setting)
        part = next((part for begin, end, part in reductions if begin <= start < end), FULL)
        added.append(
            booked(_times(with_it, part), version) - booked(_times(without, part), version)
        )
    now, *later = held.values()
    said = [
        _("%(price)s from %(day)s") % {"price": rate_text(each), "day": words.day(each.starts)}
        for each in later
    ]
    return Priced(now.code, rate_text(now), centre().currency, added[0], sum(added), tuple(said))


def _times(amount: Decimal, part: Fraction) -> Decimal:
    if part == FULL:
        return amount
    return Decimal(round(Fraction(amount) * part * 10**9)).scaleb(-9)
