"""Forecast volumes, rate proposals, and the decision that puts a rate in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from commonweal.kernel.access.public import Actor, Role, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.authority.public import (
    Decision,
    approve,
    propose,
    reject,
)
from commonweal.kernel.calendar.public import FiscalPeriod, Span, now
from commonweal.kernel.catalogue.public import ChargeItem
from commonweal.kernel.money.public import MoneyError, exact_decimal, exponent
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import NotFound
from commonweal.kernel.words import public as words

from ..domain.rate_rules import Asked
from ..domain.rates import ORDERED, RateError, VersionSpan, version_to_end
from ..engine import from_document
from ..models import Forecast, RateVersion
from ..rate_words import rate_text, rate_timing, rework_any
from ..selectors.cost_model import closed_periods
from ..selectors.rate_warnings import unusual
from .rate_checks import check_caps, check_notice_again, check_timing, keep_effects
from .rate_letters import announce

SUBJECT = "charging.RateVersion"
APPROVE = "charging.approve_rates"
SIGN = "charging.sign_forecast"
MAX_QUANTITY = Decimal(10**12)


def _check_year(fiscal_year: int) -> None:
    if not 2000 <= fiscal_year <= 2200:
        raise RateError("CHARGING-221", f"{fiscal_year} is not a fiscal year. Write it like 2027.")


def _check_forecast(quantity: Decimal | int | str) -> Decimal:
    try:
        amount = exact_decimal(quantity)
    except MoneyError as wrong:
        raise RateError("CHARGING-222", wrong.message) from wrong
    if not 0 <= amount < MAX_QUANTITY or amount != amount.quantize(Decimal("0.000001")):
        raise RateError(
            "CHARGING-222",
            f"{quantity} cannot be forecast. Give a number from 0 with at most 6 decimals.",
        )
    return amount


@action
def put_forecast(
    *,
    actor: Actor,
    agency_id: UUID,
    charge_item_id: UUID,
    fiscal_year: int,
    quantity: Decimal | int | str,
) -> Forecast:
    """Enter or change what an agency expects to use in a year; a change needs a new signature.

    By the agency itself, or by the centre on its behalf: only the agency can sign.
    """
    if not actor.may("charging.propose_rates"):
        require(actor, SIGN, agency_id)
    _check_year(fiscal_year)
    amount = _check_forecast(quantity)
    row = _standing(agency_id, fiscal_year, [charge_item_id]).get(charge_item_id)
    if row is None or row.quantity != amount:
        row = _next(row, agency_id, charge_item_id, fiscal_year, amount)
        row.save()
    record(
        actor=actor,
        verb="forecast.put",
        target=row,
        agency_id=agency_id,
        payload={"item": charge_item_id, "year": fiscal_year, "quantity": amount},
    )
    return row


def _standing(agency_id: UUID, fiscal_year: int, items: Iterable[UUID]) -> dict[UUID, Forecast]:
    """The forecasts of an agency that stand for some items in a year, locked, by item."""
    found = Forecast.objects.select_for_update().filter(
        agency_id=agency_id,
        charge_item_id__in=list(items),
        fiscal_year=fiscal_year,
        superseded_at__isnull=True,
    )
    return {row.charge_item_id: row for row in found}


def _next(
    known: Forecast | None, agency_id: UUID, item_id: UUID, fiscal_year: int, amount: Decimal
) -> Forecast:
    """The row for another figure: the unsigned one anew, or one that supersedes the signed one."""
    moment = now()
    if known is not None and known.signed_at is not None:
        known.superseded_at = moment
        known.save(update_fields=["superseded_at"])
        known = None
    row = known or Forecast(agency_id=agency_id, charge_item_id=item_id, fiscal_year=fiscal_year)
    row.quantity, row.recorded_at = amount, moment
    return row


@action
def sign_forecasts(
    *,
    actor: Actor,
    agency_id: UUID,
    fiscal_year: int,
    quantities: Mapping[UUID, Decimal | int | str],
) -> list[Forecast]:
    """Enter and sign a whole year's forecast of an agency at once: quantity by charge item's id.

    One event names every figure. Only a person of the agency can sign (CHARGING-223).
    """
    require(actor, SIGN, agency_id)
    if actor.user_id is None:
        raise RateError("CHARGING-223", "Only a person can sign. Sign in with your own account.")
    _check_year(fiscal_year)
    moment, wanted = now(), {key: _check_forecast(quantities[key]) for key in sorted(quantities)}
    known = _standing(agency_id, fiscal_year, wanted)
    rows = []
    for item, amount in wanted.items():
        row = known.get(item)
        if row is None or row.quantity != amount or row.signed_at is None:
            row = _next(row, agency_id, item, fiscal_year, amount)
            row.signed_by, row.signed_at = actor.user_id, moment
            row.save()
        rows.append(row)
    record(
        actor=actor,
        verb="forecast.year_signed",
        target=("party.Agency", agency_id),
        agency_id=agency_id,
        payload={
            "year": fiscal_year,
            "quantities": {str(row.charge_item_id): row.quantity for row in rows},
        },
    )
    return rows


@action
def sign_forecast(*, actor: Actor, forecast_id: UUID) -> Forecast:
    """Sign an agency's forecast: a person of the agency says that it is what they expect."""
    standing = Forecast.objects.select_for_update().filter(superseded_at__isnull=True)
    row = standing.filter(pk=forecast_id).first()
    if row is None or not (actor.centre or row.agency_id in actor.agencies):
        raise NotFound("CHARGING-406", "There is no such forecast among yours.")
    require(actor, SIGN, row.agency_id)
    if actor.user_id is None:
        raise RateError("CHARGING-223", "Only a person can sign. Sign in with your own account.")
    if row.signed_at is None:
        row.signed_by, row.signed_at = actor.user_id, now()
        row.save(update_fields=["signed_by", "signed_at"])
    record(
        actor=actor,
        verb="forecast.signed",
        target=row,
        agency_id=row.agency_id,
        payload={"quantity": row.quantity},
    )
    return row


@action
def propose_rate(
    *,
    actor: Actor,
    charge_item_id: UUID,
    model: Mapping[str, Any],
    starts: date,
    ends: date | None = None,
    derivation: Mapping[str, Any] | None = None,
    reason: str = "",
    mid_year: bool = False,
    authority_ref: str = "",
    short_notice: str = "",
    from_scenario: UUID | None = None,
    currency: str = "",
) -> RateVersion:
    """Propose a price of a charge item from a day on; it charges nothing until it is approved.

    `model` is the engine's price model document; `derivation` comes from `derive_rate` or a
    build-up. A rate that differs from its derivation, or has none, needs a reason that everybody
    can read. Timing: RATES-501 to 504 and 506; caps: RATES-505. `currency`: another than the book
    currency; its charges are converted by the table of exchange rates (CHARGING-235).
    """
    require(actor, "charging.propose_rates")
    span, price = Span(starts, ends), from_document(model).document()
    item = _offered(charge_item_id, price, span)
    priced_in = _currency(currency, derivation)
    _require_reason(price, derivation, reason)
    warnings = _explained(item, price, starts, derivation or {}, reason)
    asked = Asked(starts, reason, mid_year, authority_ref, short_notice)
    within_year = check_timing(item.pk, asked)
    check_caps(item, price, derivation or {}, starts)
    version_to_end(span, _approved(item.pk))
    if RateVersion.objects.filter(charge_item=item, state="proposed", starts=starts).exists():
        raise RateError(
            "CHARGING-205",
            f"A rate of {item.code} from {starts} waits for a decision already. Have it decided "
            "first.",
            field="starts",
        )
    version = RateVersion.objects.create(
        charge_item=item,
        code=_free_code(f"{item.code}-{starts:%Y-%m-%d}"),
        model=price,
        currency=priced_in,
        starts=starts,
        ends=ends,
        derivation=dict(derivation or {}),
        reason=reason.strip()[:500],
        recorded_at=now(),
        mid_year=within_year,
        authority_ref=authority_ref.strip()[:200],
        short_notice=short_notice.strip()[:500],
        from_scenario=from_scenario,
    )
    more = keep_effects(actor, version)
    _put_to_decision(actor, version, warnings, more)
    record(
        actor=actor,
        verb="rate.proposed",
        target=version,
        payload={"code": version.code, "model": price, "starts": starts, "ends": ends},
    )
    return version


def _currency(asked: str, derivation: Mapping[str, Any] | None) -> str:
    """The currency of a price: a derived one is in the book currency (CHARGING-235)."""
    book = centre().currency
    found = asked or book
    exponent(found)
    if derivation and found != book:
        raise RateError(
            "CHARGING-235",
            f"Cost over volume gives a rate in {book}, not in {found}. Give a price in another "
            "currency by hand, with a reason.",
            field="currency",
        )
    return found


def _require_fitting(item: ChargeItem, kind: str) -> None:
    """A price without usage for what orders cause, and one by usage for what is metered."""
    if item.kind == "fixed" and kind not in ORDERED:
        raise RateError(
            "CHARGING-214",
            f"{item.code} is a fixed charge without usage records. Give it a flat or prorated "
            "price, a lump sum or a fixed share.",
            field="kind",
        )
    if item.kind != "fixed" and kind in ORDERED and kind != "flat":
        raise RateError(
            "CHARGING-226",
            f"{item.code} is charged by usage records, and this price knows none. Give it a price "
            "by usage, or make it a fixed charge.",
            field="kind",
        )


def _offered(charge_item_id: UUID, price: Mapping[str, Any], span: Span) -> ChargeItem:
    """The item, where it can have such a price on such days (CHARGING-202, 204, 214, 405)."""
    item = ChargeItem.objects.select_related("service").filter(pk=charge_item_id).first()
    if item is None:
        raise NotFound("CHARGING-405", "There is no such charge item. Choose one in the catalogue.")
    _require_fitting(item, price["kind"])
    _require_open(span)
    if not span.inside(Span(item.starts, item.ends)):
        raise RateError(
            "CHARGING-204",
            f"{item.code} is offered from {item.starts} to {item.ends or 'further notice'}. Choose "
            "days within.",
            field="starts",
        )
    return item


def _explained(
    item: ChargeItem,
    price: Mapping[str, Any],
    starts: date,
    derivation: Mapping[str, Any],
    reason: str,
) -> list[str]:
    """What is unusual about the price, which takes a reason (CHARGING-225)."""
    with override(centre().locale):  # kept with the decision, so in the centre's language
        warnings = unusual(item, price, starts, derivation)
    if warnings and len(reason.strip()) < 10:
        raise RateError(
            "CHARGING-225",
            f"{' '.join(warnings)} Say in at least ten characters why this is right all the same.",
            field="reason",
            warnings=warnings,
        )
    return warnings


def _put_to_decision(
    actor: Actor, version: RateVersion, warnings: Sequence[str], more: int
) -> None:
    # What is decided is a record: it reads the same whoever proposes it.
    with override(centre().locale):
        shape = _("Charge {rate} from {start} until before {end}.")
        statement = (shape if version.ends else _("Charge {rate} from {start}.")).format(
            rate=rate_text(version), start=words.day(version.starts), end=words.day(version.ends)
        )
        told = rate_timing(version)
    decision = propose(
        actor=actor,
        subject_type=SUBJECT,
        subject_id=version.pk,
        label=f"Rate {version.code}",
        statement=f"{statement} {told}".strip(),
        permission="charging.propose_rates",
        effect={
            "rate": version.code,
            "model": version.model,
            "starts": version.starts,
            "warnings": list(warnings),
            "mid_year": version.mid_year,
            "short_notice": version.short_notice,
            "authority": version.authority_ref,
            "yearly_change_minor": more,
        },
    )
    version.decision_id = decision.pk
    version.save(update_fields=["decision_id"])


def _require_open(span: Span) -> None:
    """A rate never reaches back into a month that is closed or being billed (CHARGING-202)."""
    month = FiscalPeriod.of_date(span.start)
    months = [month.shift(step).code for step in range(0, 120)]
    closed = closed_periods(months, step="rate")
    if closed:
        first = FiscalPeriod.parse(closed[-1]).end_day
        raise RateError(
            "CHARGING-202",
            f"{closed[-1]} is billed already, and a rate never reaches back. Start it on {first} "
            "or later.",
            field="starts",
        )


def _require_reason(
    price: Mapping[str, Any], derivation: Mapping[str, Any] | None, reason: str
) -> None:
    if reason.strip():
        return
    if not derivation:
        raise RateError(
            "CHARGING-203",
            "Say why this is the price: give its derivation from cost and volume, or a reason.",
            field="reason",
        )
    worked = rework_any(derivation)
    by_unit = price.get("kind") == "per_unit"
    by_month = price.get("kind") == "flat" and derivation.get("kind") == "zero_base"
    stated = price["rate"] if by_unit else price.get("amount", "NaN")
    if not (by_unit or by_month) or Decimal(stated) != worked:
        raise RateError(
            "CHARGING-203",
            f"The derivation comes to {worked} per unit, and the price is another. Say why.",
            field="reason",
        )


def _approved(item_id: UUID) -> Sequence[VersionSpan]:
    found = RateVersion.objects.filter(charge_item_id=item_id, state="approved").order_by("starts")
    return [VersionSpan(row.code, Span(row.starts, row.ends)) for row in found]


def _free_code(wanted: str) -> str:
    taken = set(RateVersion.objects.filter(code__startswith=wanted).values_list("code", flat=True))
    code, number = wanted, 1
    while code in taken:
        number += 1
        code = f"{wanted}-{number}"
    return code


def _find(version_id: UUID) -> tuple[RateVersion, UUID]:
    """A version and the decision that was asked for it."""
    version = RateVersion.objects.filter(pk=version_id).first()
    if version is None or version.decision_id is None:
        raise NotFound("CHARGING-404", "There is no such proposal. See the rate desk.")
    return version, version.decision_id


@action
def approve_rate(*, actor: Actor, rate_version_id: UUID, reason: str = "") -> RateVersion:
    """Approve a proposed rate, as a second person: from here on it is binding.

    The open-ended version before it ends where the new one starts, in the same transaction.
    """
    version, decision_id = _find(rate_version_id)
    record(actor=actor, verb="rate.decision_asked", target=version, payload={"code": version.code})
    approve(actor=actor, decision_id=decision_id, reason=reason)
    version.refresh_from_db()
    return version


@action
def reject_rate(*, actor: Actor, rate_version_id: UUID, reason: str) -> RateVersion:
    """Reject a proposed rate, as a second person, with a reason."""
    version, decision_id = _find(rate_version_id)
    record(actor=actor, verb="rate.decision_asked", target=version, payload={"code": version.code})
    reject(actor=actor, decision_id=decision_id, reason=reason)
    version.refresh_from_db()
    return version


def _waiting(decision: Decision) -> RateVersion:
    """The proposed version of a decision, locked together with the other versions of its item."""
    version = RateVersion.objects.select_related("charge_item").get(pk=decision.subject_id)
    ChargeItem.objects.select_for_update().get(pk=version.charge_item_id)
    version.refresh_from_db(fields=["state"])
    if version.state != "proposed":
        raise RateError("CHARGING-213", f"Rate {version.code} is {version.state} already.")
    return version


def put_in_force(actor: Actor, decision: Decision) -> RateVersion:
    """What an approval does: the rate binds, and the open-ended one before it ends (CHARGING-201).

    Called by authority in the transaction of the decision; what it raises undoes the decision.
    """
    version = _waiting(decision)
    span = Span(version.starts, version.ends)
    _require_open(span)
    check_notice_again(version)
    ending = version_to_end(span, _approved(version.charge_item_id))
    if ending:
        RateVersion.objects.filter(code=ending).update(ends=version.starts)
    version.state, version.approved_at = "approved", now()
    version.decision_id, version.decided_by_label = decision.pk, role_label(actor)
    told = announce(actor, version)
    try:
        with transaction.atomic():
            version.save()
    except IntegrityError as overlap:
        raise RateError(
            "CHARGING-201",
            f"Another rate of {version.charge_item.code} is in force on days of {version.code}.",
        ) from overlap
    record(
        actor=actor,
        verb="rate.approved",
        target=version,
        payload={
            "code": version.code,
            "decision": decision.pk,
            "ended": ending,
            "starts": version.starts,
            "told": told,
        },
    )
    return version


def set_aside(actor: Actor, decision: Decision) -> RateVersion:
    """What a rejection or withdrawal does: the proposal keeps its word and charges nothing."""
    version = _waiting(decision)
    version.state = decision.state
    version.save(update_fields=["state"])
    record(
        actor=actor,
        verb=f"rate.{decision.state}",
        target=version,
        payload={"code": version.code, "decision": decision.pk},
    )
    return version


def role_label(actor: Actor) -> str:
    """The roles that a decision was taken in, for the public rate book; never a person's name."""
    names = Role.objects.filter(code__in=actor.roles, side="centre").order_by("code")
    held = [role.name for role in names if APPROVE in role.permissions]
    return ", ".join(held)[:120]
