"""Reads of the rules for rates: notice, freeze, caps, and where a version stands in its life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Q

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.catalogue.public import ChargeItem, OrderLine
from commonweal.kernel.party.public import centre

from ..domain.rate_rules import Cap, Rules, exceeded, is_mid_year
from ..domain.rates import from_ratio
from ..engine.exact import ZERO
from ..engine.price import from_document, price
from ..models import AgreementNotice, RateCap, RateRule, RateVersion
from .cost_model import VIEW


def rules_in_force() -> Rules:
    """The centre's newest rules; without any: no notice, no freeze, but a reason within the year.

    Read in the centre's scope.
    """
    row = RateRule.objects.order_by("-recorded_at", "-id").first()
    if row is None:
        return Rules()
    return Rules(
        row.notice_days,
        row.freeze,
        row.authority_needed,
        row.authority_name,
        Fraction(row.jump_percent, 100),
        row.deadline_days,
    )


def rate_rules(actor: Actor) -> Rules:
    """The rules that hold now."""
    require(actor, VIEW)
    return rules_in_force()


def notice_days(item_id: UUID, starts: date) -> int:
    """The longest notice of an item's rates: the centre's, or that of an agreement that covers it.

    Read in the centre's scope.
    """
    covering = OrderLine.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=starts), charge_item_id=item_id, active=True
    )
    agreements = covering.values_list("order__agreement_id", flat=True).distinct()
    newest: dict[UUID, int] = {}
    rows = AgreementNotice.objects.filter(agreement_id__in=list(agreements))
    for row in rows.order_by("recorded_at", "id"):
        newest[row.agreement_id] = row.days
    return max([rules_in_force().notice_days, *newest.values()])


@dataclass(frozen=True)
class YearSpan:
    """A fiscal year: its name, first day, and first day after."""

    year: int
    first: date
    end: date


def fiscal_year_of(day: date) -> YearSpan:
    """The fiscal year that holds a day."""
    start = centre().fiscal_year_start_month
    months = FiscalPeriod.of_date(day).year_periods(start)
    return YearSpan(months[0].fiscal_year(start), months[0].first_day, months[-1].end_day)


def changes_within_year(item_id: UUID, starts: date) -> bool:
    """Whether a rate from a day on changes a price within the fiscal year in progress."""
    year = fiscal_year_of(starts)
    known = RateVersion.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=year.first),
        charge_item_id=item_id,
        state="approved",
        starts__lt=starts,
    )
    day = today(centre().zone)
    return is_mid_year(starts, day, year.first, year.end, known.exists())


def caps_of(item: ChargeItem, day: date) -> list[Cap]:
    """The caps that hold for an item on a day."""
    rows = RateCap.objects.filter(
        Q(ends__isnull=True) | Q(ends__gt=day),
        Q(charge_item=item)
        | Q(charge_item__isnull=True, service_id=item.service_id)
        | Q(charge_item__isnull=True, service__isnull=True),
        starts__lte=day,
    )
    return [Cap(r.code, r.kind, r.limit, r.refuse, r.source) for r in rows.order_by("code")]


def over_caps(
    item: ChargeItem, model: dict[str, Any], derivation: dict[str, Any], day: date
) -> list[tuple[Cap, Fraction]]:
    """The caps that a price is above, each with what it is."""
    return exceeded(caps_of(item, day), unit_price(model), overhead_of(derivation))


def unit_price(model: dict[str, Any]) -> Decimal | None:
    """What one unit costs beyond none: the dearest start of a price; a fixed charge's amount."""
    made = from_document(model)
    if made.kind == "flat":
        return price(made, ZERO)
    return price(made, Decimal(1)) - price(made, ZERO)


def overhead_of(derivation: dict[str, Any]) -> Fraction | None:
    """The share of shared cost in what a rate recovers; None where the derivation does not say."""
    if derivation.get("kind") == "zero_base":
        return from_ratio(derivation["overhead"])
    pools = derivation.get("pools")
    if not pools:
        return None
    amounts = [(Fraction(Decimal(pool["amount"])), pool["driver"]) for pool in pools]
    whole = sum((amount for amount, _driver in amounts), Fraction(0))
    shared = sum((amount for amount, driver in amounts if driver != "direct cost"), Fraction(0))
    return shared / whole if whole else None


def caps(actor: Actor) -> Sequence[RateCap]:
    """Every cap, the newest first: a few."""
    require(actor, VIEW)
    return list(
        RateCap.objects.select_related("service", "charge_item").order_by("-recorded_at", "-id")
    )


def agreement_notices(actor: Actor) -> list[AgreementNotice]:
    """The newest notice period of each agreement that has one."""
    require(actor, VIEW)
    newest: dict[UUID, AgreementNotice] = {}
    rows = AgreementNotice.objects.select_related("agreement", "agency")
    for row in rows.order_by("recorded_at", "id"):
        newest[row.agreement_id] = row
    return sorted(newest.values(), key=lambda row: row.agreement.number)
