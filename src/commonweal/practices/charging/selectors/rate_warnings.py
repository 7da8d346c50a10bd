"""What is unusual about a proposed rate, for whoever proposes it and whoever approves it.

None of it forbids a rate; each takes a reason, which the decision and the rate's page keep.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext as _

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import FiscalPeriod
from commonweal.kernel.catalogue.public import ChargeItem
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import NotFound
from commonweal.kernel.words import public as words

from ..domain.rates import from_ratio, largest_jump
from ..engine import from_document
from ..models import RateVersion
from .cost_model import VIEW
from .rate_rules import over_caps, rules_in_force, unit_price
from .rates import in_force


def rate_warnings(
    actor: Actor,
    *,
    charge_item_id: UUID,
    model: Mapping[str, Any],
    starts: date,
    derivation: Mapping[str, Any],
) -> list[str]:
    """What is unusual about a price from a day on, in plain words; empty: nothing is.

    Shares of the service's cost above 100 %, cost and volume of different years, a price that
    differs by more than the rules' jump from the one in force, a price of zero, a cap that warns.
    """
    require(actor, VIEW)
    item = ChargeItem.objects.select_related("service").filter(pk=charge_item_id).first()
    if item is None:
        raise NotFound("CHARGING-405", "There is no such charge item. See the rate book.")
    return unusual(item, model, starts, derivation)


def unusual(
    item: ChargeItem, model: Mapping[str, Any], starts: date, derivation: Mapping[str, Any]
) -> list[str]:
    """The same, for the proposal itself."""
    found = [
        _shares(item, starts, derivation),
        _years(derivation),
        _jump(item, model, starts),
        _zero(model),
        *_caps(item, model, starts, derivation),
    ]
    return [warning for warning in found if warning]


def _shares(item: ChargeItem, starts: date, derivation: Mapping[str, Any]) -> str:
    """Approved and proposed rates of a service that recover more than its whole cost together."""
    own = _share_of(derivation)
    if own == 0:
        return ""
    parts = {item.pk: (item.name, own)}
    others = RateVersion.objects.select_related("charge_item").filter(
        Q(ends__isnull=True) | Q(ends__gt=starts),
        charge_item__service_id=item.service_id,
        state__in=("approved", "proposed"),
    )
    # The newest version that begins by then counts, else the first that begins later.
    for version in others.exclude(charge_item=item).order_by("starts", "recorded_at"):
        if version.charge_item_id not in parts or version.starts <= starts:
            share = _share_of(version.derivation)
            parts[version.charge_item_id] = (version.charge_item.name, share)
    whole = sum((share for _name, share in parts.values()), Fraction(0))
    if whole <= 1:
        return ""
    return _("With this, %(service)s's items recover %(whole)s of its cost: %(parts)s.") % {
        "service": item.service.name,
        "whole": words.percent(whole),
        "parts": words.listing(
            [f"{name} {words.percent(share)}" for name, share in parts.values() if share]
        ),
    }


def _share_of(derivation: Mapping[str, Any]) -> Fraction:
    if derivation.get("kind") not in ("cost_over_volume", "zero_base"):
        return Fraction(0)
    return from_ratio(derivation["share"])


def _years(derivation: Mapping[str, Any]) -> str:
    """Cost of one fiscal year over a volume of another."""
    if derivation.get("volume_source") != "forecast":
        return ""
    start = centre().fiscal_year_start_month
    first, last = (
        FiscalPeriod.parse(derivation[key]).fiscal_year(start)
        for key in ("first_period", "last_period")
    )
    volume = int(derivation["fiscal_year"])
    if first == last == volume:
        return ""
    cost = str(first) if first == last else f"{first}–{last}"
    return _("The cost is of the fiscal year %(cost)s, and the forecast volume of %(volume)s.") % {
        "cost": cost,
        "volume": volume,
    }


def _jump(item: ChargeItem, model: Mapping[str, Any], starts: date) -> str:
    """A price far from the one that it follows."""
    before = (
        RateVersion.objects.filter(in_force(starts), charge_item=item).order_by("-starts").first()
        or RateVersion.objects.filter(charge_item=item, state="approved", starts__lt=starts)
        .order_by("-starts")
        .first()
    )
    if before is None:
        return ""
    change = largest_jump(from_document(before.model), from_document(model))
    if change is None or abs(change) <= rules_in_force().jump:
        return ""
    shape = (
        _("The price is up to %(change)s higher than that of %(code)s, which it follows.")
        if change > 0
        else _("The price is up to %(change)s lower than that of %(code)s, which it follows.")
    )
    part = abs(Decimal(change.numerator) / Decimal(change.denominator))
    return shape % {"change": words.percent(part), "code": before.code}


def _zero(model: Mapping[str, Any]) -> str:
    """A price of nothing, which somebody else pays for."""
    if unit_price(dict(model)) != 0:
        return ""
    return _("The price is zero: nothing is charged, and the service's other items bear the cost.")


def _caps(
    item: ChargeItem, model: Mapping[str, Any], starts: date, derivation: Mapping[str, Any]
) -> list[str]:
    """Limits that warn; those that refuse do so when the rate is proposed."""
    found = []
    for cap, actual in over_caps(item, dict(model), dict(derivation), starts):
        shape = (
            _("Overhead is %(actual)s of the cost, above the limit %(code)s of %(limit)s "
              "(%(source)s).")
            if cap.kind == "overhead"
            else _("The price is %(actual)s, above the limit %(code)s of %(limit)s (%(source)s).")
        )  # fmt: skip
        say = words.percent if cap.kind == "overhead" else words.rate
        found.append(
            shape
            % {
                "actual": say(actual),
                "limit": say(cap.limit),
                "code": cap.code,
                "source": cap.source,
            }
        )
    return found
