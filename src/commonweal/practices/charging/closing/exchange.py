"""What rounds and converts a line, so that its total never depends on when usage arrived.

A line's amount is what the charges of its month, item, rate and order line come to with it, less
what they came to on earlier bills: once in nine decimals of the book currency, where the rate is in
another currency, and once in minor units, where `draft_lines` rounds. So a month's charges are the
same to the cent whether all usage was on time or came piece by piece.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from django.db.models import Sum

from commonweal.kernel.calendar.public import FiscalPeriod

from ..domain.exchange import exchanged
from ..models import BillLine, ExchangeRate, RateVersion
from .drafting import CauseError, RatedGroup

ZERO = Decimal(0)
Key = tuple[UUID, UUID, UUID, str, str]


def in_book_currency(groups: Sequence[RatedGroup], book: str) -> list[RatedGroup]:
    """The groups with their amounts in the book currency, and what earlier lines came to.

    A currency without a rate on the last day of a charge month stops the close (CLOSE-308).
    """
    currencies = dict(
        RateVersion.objects.filter(id__in={group.rate_version_id for group in groups})
        .exclude(currency=book)
        .values_list("id", "currency")
    )
    before = _before(groups)
    rates = _rates(groups, currencies)
    found = []
    for group in groups:
        exact, priced = before.get(_key(group), (ZERO, ZERO))
        currency = currencies.get(group.rate_version_id)
        if currency is not None:
            rate = rates[currency, group.charge_period]
            ratio = Fraction(rate.numerator, rate.denominator)
            amount = exchanged(priced + group.amount, ratio) - exchanged(priced, ratio)
            group = replace(
                group, amount=amount, priced=group.amount, priced_before=priced,
                exchange_id=rate.pk,
            )  # fmt: skip
        found.append(replace(group, exact_before=exact))
    return found


def _key(group: RatedGroup) -> Key:
    return (
        group.agency_id, group.rate_version_id, group.order_line_id, group.charge_period,
        group.cell,
    )  # fmt: skip


def _before(groups: Sequence[RatedGroup]) -> dict[Key, tuple[Decimal, Decimal]]:
    """What issued lines came to for the months, rates and order lines that are corrected."""
    late = [group for group in groups if group.kind == "correction"]
    rows = (
        BillLine.objects.filter(
            bill__state="issued",
            kind__in=("usage", "fixed", "correction"),
            agency_id__in={group.agency_id for group in late},
            rate_version_id__in={group.rate_version_id for group in late},
            charge_period__in={group.charge_period for group in late},
        )
        .values_list("agency_id", "rate_version_id", "order_line_id", "charge_period", "cell")
        .annotate(exact=Sum("amount_exact"), priced=Sum("priced_exact"))
    )
    wanted = {_key(group) for group in late}
    return {row[:5]: (row[5], row[6] or ZERO) for row in rows if row[:5] in wanted}


def _rates(
    groups: Sequence[RatedGroup], currencies: Mapping[UUID, str]
) -> dict[tuple[str, str], ExchangeRate]:
    """The exchange rate of each currency and charge month: that of the month's last day."""
    wanted = {
        (currencies[group.rate_version_id], group.charge_period)
        for group in groups
        if group.rate_version_id in currencies
    }
    known = list(
        ExchangeRate.objects.filter(
            state="approved", currency__in={currency for currency, _ in wanted}
        ).order_by("starts")
    )
    found = {}
    for currency, period in wanted:
        last = FiscalPeriod.parse(period).end_day - timedelta(days=1)
        fit = [row for row in known if row.currency == currency and row.starts <= last]
        if fit:
            found[currency, period] = fit[-1]
    missing = sorted(wanted - found.keys())
    if missing:
        raise CauseError(
            "CLOSE-308",
            f"{len(missing)} exchange rates are missing, the first of {missing[0][0]} for "
            f"{missing[0][1]}. Propose the rate of the month's last day under Conversions, have "
            "it approved, then resume.",
            rows=[{"currency": currency, "month": period} for currency, period in missing[:100]],
        )
    return found
