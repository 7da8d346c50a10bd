"""Writes of the rules for rates: notice, freeze, authority, caps."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import Span, now
from commonweal.kernel.catalogue.public import Agreement, ChargeItem, Service
from commonweal.kernel.money.public import MoneyError, exact_decimal
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import NotFound

from ..domain.rates import RateError
from ..models import AgreementNotice, RateCap, RateRule

RULE = "charging.set_rate_rules"
MOST_DAYS = 730


def _check_days(days: int, field: str) -> int:
    if not 0 <= days <= MOST_DAYS:
        raise RateError(
            "RATES-511",
            f"{days} days cannot be kept as a notice. Give a number from 0 to {MOST_DAYS}.",
            field=field,
        )
    return days


@action
def set_rate_rules(
    *,
    actor: Actor,
    notice_days: int,
    freeze: bool,
    authority_needed: bool = False,
    authority_name: str = "",
    jump_percent: int = 25,
    deadline_days: int = 0,
) -> RateRule:
    """Set the centre's rules for rates from now on; earlier ones stay on record.

    `notice_days`: from approval and notice to a rate's first day. `freeze`: within the year in
    progress a rate must be marked. `authority_needed`: and name a resolution of `authority_name`.
    `jump_percent`: a change beyond it takes a reason. `deadline_days`: how long before a fiscal
    year agencies need its figure, where none set a day of its own (0: none).
    """
    require(actor, RULE)
    if not 1 <= jump_percent <= 1000:
        raise RateError(
            "RATES-512",
            f"{jump_percent} % cannot be the jump that takes a reason. Give 1 to 1000.",
            field="jump_percent",
        )
    row = RateRule.objects.create(
        agency_id=centre().agency_id,
        notice_days=_check_days(notice_days, "notice_days"),
        freeze=freeze,
        authority_needed=authority_needed,
        authority_name=authority_name.strip()[:120],
        jump_percent=jump_percent,
        deadline_days=_check_days(deadline_days, "deadline_days"),
        recorded_at=now(),
        recorded_by=actor.user_id,
    )
    record(
        actor=actor,
        verb="rate.rules_set",
        target=row,
        payload={
            "notice_days": row.notice_days,
            "freeze": freeze,
            "authority_needed": authority_needed,
            "jump_percent": jump_percent,
            "deadline_days": row.deadline_days,
        },
    )
    return row


@action
def set_agreement_notice(*, actor: Actor, agreement_id: UUID, days: int) -> AgreementNotice:
    """Set the notice of rates that an agreement gives; the longer of it and the centre's counts."""
    require(actor, RULE)
    agreement = Agreement.objects.filter(pk=agreement_id).first()
    if agreement is None:
        raise NotFound("RATES-521", "There is no such agreement. Choose one that is listed.")
    row = AgreementNotice.objects.create(
        agency_id=agreement.agency_id,
        agreement=agreement,
        days=_check_days(days, "days"),
        recorded_at=now(),
        recorded_by=actor.user_id,
    )
    record(
        actor=actor,
        verb="rate.agreement_notice_set",
        target=row,
        agency_id=agreement.agency_id,
        payload={"agreement": agreement_id, "days": days},
    )
    return row


def _limit(given: Any, kind: str) -> Decimal:
    try:
        found = exact_decimal(given)
    except (MoneyError, TypeError):
        found = Decimal(-1)
    most = Decimal(1) if kind == "overhead" else Decimal(10**9)
    if not 0 <= found <= most or found != found.quantize(Decimal("1e-9")):
        raise RateError(
            "RATES-513",
            f"“{given}” cannot be a limit. Give a price from 0, or a share of overhead from 0 "
            "to 1.",
            field="limit",
        )
    return found


@action
def put_rate_cap(
    *,
    actor: Actor,
    code: str,
    kind: str,
    limit: Decimal | str,
    source: str,
    starts: date,
    ends: date | None = None,
    service: str = "",
    charge_item: str = "",
    refuse: bool = True,
) -> RateCap:
    """Set a limit that law or a resolution (`source`) puts on rates or on overhead, or change it.

    Of one charge item, one service (by code), or of all. `refuse`: a rate above it is refused;
    else it takes a reason.
    """
    require(actor, RULE)
    if kind not in ("rate", "overhead"):
        raise RateError(
            "RATES-514", f"“{kind}” cannot be limited. Use rate or overhead.", field="kind"
        )
    if len(source.strip()) < 3 or not code.strip():
        raise RateError(
            "RATES-515",
            "A limit has a code and names the law or resolution that sets it. Give both.",
            field="source",
        )
    Span(starts, ends)
    of_service = _named(Service, service)
    of_item = _named(ChargeItem, charge_item)
    row, made = RateCap.objects.update_or_create(
        agency_id=centre().agency_id,
        code=code.strip()[:40],
        defaults={
            "kind": kind,
            "limit": _limit(limit, kind),
            "source": source.strip()[:200],
            "starts": starts,
            "ends": ends,
            "service": of_service,
            "charge_item": of_item,
            "refuse": refuse,
            "recorded_at": now(),
        },
    )
    record(
        actor=actor,
        verb="rate.cap_put",
        target=row,
        payload={"code": row.code, "kind": kind, "limit": row.limit, "new": made},
    )
    return row


def _named(model: Any, code: str) -> Any:
    if not code:
        return None
    found = model.objects.filter(code=code).first()
    if found is None:
        raise NotFound("RATES-522", f"There is no “{code}” in the catalogue. Choose one of it.")
    return found
