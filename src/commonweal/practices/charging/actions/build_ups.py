"""Writes of zero-base build-ups: keeping a version, and proposing its rates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import now
from commonweal.kernel.catalogue.public import ChargeItem, Service
from commonweal.kernel.money.public import exponent, round_quotient
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import NotFound

from ..domain.build_up import build_up, parse_item, parse_line
from ..domain.rates import RateError
from ..models import RateBuild, RateVersion
from ..selectors.build_ups import build_view, derivation_of
from .rates import propose_rate

PROPOSE = "charging.propose_rates"


@action
def put_build_up(
    *,
    actor: Actor,
    service: str,
    fiscal_year: int,
    lines: Sequence[Mapping[str, Any]],
    items: Sequence[Mapping[str, Any]],
    note: str = "",
) -> RateBuild:
    """Keep a service's zero-base build-up for a year as its next version.

    `lines` and `items` as domain/build_up.py reads them; items are named by their codes. Errors:
    BUILDUP-101 to 108, CHARGING-206 to 209, CHARGING-221.
    """
    require(actor, PROPOSE)
    if not 2000 <= fiscal_year <= 2200:
        raise RateError("CHARGING-221", f"{fiscal_year} is not a fiscal year. Write it like 2027.")
    found = Service.objects.select_for_update().filter(code=service).first()
    if found is None:
        raise NotFound("RATES-522", f"There is no “{service}” in the catalogue. Choose one of it.")
    made = build_up(
        [parse_line(each, at) for at, each in enumerate(lines, start=1)],
        [parse_item(each) for each in items],
    )
    known = set(ChargeItem.objects.filter(service=found).values_list("code", flat=True))
    named = [rate.item.item for rate in made.rates]
    if len(set(named)) < len(named) or not set(named) <= known:
        raise RateError(
            "BUILDUP-108",
            f"The items {', '.join(named)} are not charge items of {service}, each once. Name "
            "them by their codes.",
            field="items",
        )
    currency = centre().currency
    total = made.total * 10 ** exponent(currency)
    versions = RateBuild.objects.filter(service=found, fiscal_year=fiscal_year)
    row = RateBuild.objects.create(
        agency_id=centre().agency_id,
        service=found,
        fiscal_year=fiscal_year,
        version=versions.count() + 1,
        lines=[line.document() for line in made.lines],
        items=[rate.item.document() for rate in made.rates],
        note=note.strip()[:300],
        total_minor=round_quotient(total.numerator, total.denominator, "half_up"),
        currency=currency,
        recorded_at=now(),
        recorded_by=actor.user_id,
    )
    record(
        actor=actor,
        verb="rate.build_up_put",
        target=row,
        payload={
            "service": found.pk,
            "year": fiscal_year,
            "version": row.version,
            "total_minor": row.total_minor,
        },
    )
    return row


@action
def propose_build_up(
    *,
    actor: Actor,
    build_id: UUID,
    starts: date,
    ends: date | None = None,
    reason: str = "",
    mid_year: bool = False,
    authority_ref: str = "",
    short_notice: str = "",
) -> list[RateVersion]:
    """Propose the rate of every item of a build-up; each is decided by a second person.

    A metered item gets a price per unit, a fixed one an amount a month.
    """
    require(actor, PROPOSE)
    view = build_view(actor, build_id)
    proposed = []
    for rate in view.made.rates:
        item = view.items[rate.item.item]
        text = format(rate.rate, "f")
        model = (
            {"kind": "flat", "amount": text}
            if item.kind == "fixed"
            else {"kind": "per_unit", "rate": text}
        )
        proposed.append(
            propose_rate(
                actor=actor,
                charge_item_id=item.pk,
                model=model,
                starts=starts,
                ends=ends,
                derivation=derivation_of(view, rate),
                reason=reason,
                mid_year=mid_year,
                authority_ref=authority_ref,
                short_notice=short_notice,
            )
        )
    record(
        actor=actor,
        verb="rate.build_up_proposed",
        target=view.build,
        payload={"rates": [row.code for row in proposed], "starts": starts},
    )
    return proposed
