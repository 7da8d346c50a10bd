"""Proposals about recovery, each binding once a second person approved it.

Price reductions of an agency, limits that an authority sets, entries of a service's account.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.authority.public import Decision, propose
from commonweal.kernel.calendar.public import FiscalPeriod, Span, now
from commonweal.kernel.catalogue.public import ChargeItem, Service
from commonweal.kernel.money.public import MoneyError, exact_decimal
from commonweal.kernel.party.public import agency, centre
from commonweal.kernel.schema.public import NotFound
from commonweal.kernel.words import public as words

from ..domain.recovery import RESERVE_DAYS, RecoveryError
from ..models import AccountEntry, PriceReduction, RecoveryRule
from ..recovery_words import entry_words, rule_words
from ..selectors.cost_model import closed_periods

PROPOSE = "charging.propose_recovery"
APPROVE = "charging.approve_recovery"
REDUCTION_SUBJECT = "charging.PriceReduction"
RULE_SUBJECT = "charging.RecoveryRule"
ENTRY_SUBJECT = "charging.AccountEntry"
ENOUGH = 10
MOST_MONTHS = 36
RULES = ("reserve_days", "allocated_limit", "variance_percent")
ENTRIES = ("opening", "other_revenue", "transfer_in", "transfer_out")
RowT = TypeVar("RowT", PriceReduction, RecoveryRule, AccountEntry)


def need_reason(reason: str) -> str:
    """A reason of at least ten characters (RECOVERY-101)."""
    said = reason.strip()
    if len(said) < ENOUGH:
        raise RecoveryError(
            "RECOVERY-101",
            "Say in at least ten characters why. Whoever decides reads it, and so do auditors.",
            field="reason",
        )
    return said[:500]


def _number(value: Decimal | int | str, field: str, low: int, high: int) -> Decimal:
    try:
        found = exact_decimal(value)
    except MoneyError as wrong:
        raise RecoveryError("RECOVERY-102", wrong.message, field=field) from wrong
    if not low <= found <= high or found != found.quantize(Decimal("0.000001")):
        raise RecoveryError(
            "RECOVERY-102",
            f"{value} cannot be used here. Give a number from {low} to {high} with at most six "
            "decimals.",
            field=field,
        )
    return found


def service_by_id(service_id: UUID) -> Service:
    """A service (RECOVERY-404)."""
    found = Service.objects.filter(pk=service_id).first()
    if found is None:
        raise NotFound("RECOVERY-404", "There is no such service. Choose one from the list.")
    return found


@action
def propose_reduction(
    *,
    actor: Actor,
    agency_id: UUID,
    charge_item_id: UUID,
    percent: Decimal | int | str,
    starts: date,
    ends: date,
    reason: str,
) -> PriceReduction:
    """Propose that an agency pays only `percent` of an item's full price (0: nothing) for a time.

    Whole months; it reaches back into no month that is rated already (RECOVERY-103, -104). The
    rest is imputed revenue of the service: nobody else pays for it.
    """
    require(actor, PROPOSE)
    item = ChargeItem.objects.select_related("service").filter(pk=charge_item_id).first()
    if item is None:
        raise NotFound("CHARGING-405", "There is no such charge item. Choose one in the catalogue.")
    customer = agency(actor, agency_id)
    part = _number(percent, "percent", 0, 100)
    if part == 100:
        raise RecoveryError(
            "RECOVERY-105",
            "100 percent is the full price, so nothing is reduced. Enter less than 100.",
            field="percent",
        )
    span = _whole_months(starts, ends)
    row = PriceReduction.objects.create(
        agency_id=customer.pk,
        charge_item=item,
        percent=part,
        starts=span.start,
        ends=ends,
        reason=need_reason(reason),
        recorded_at=now(),
    )
    with override(centre().locale):
        statement = _(
            "%(agency)s pays %(percent)s of the full price of %(item)s from %(start)s until "
            "before %(end)s. %(reason)s"
        ) % {
            "agency": customer.name,
            "percent": words.percent(part / 100, 2),
            "item": item.name,
            "start": words.day(starts),
            "end": words.day(ends),
            "reason": row.reason,
        }
        label = _("Reduced price of %(item)s") % {"item": item.name}
    effect = {"item": item.code, "percent": part, "starts": starts, "ends": ends}
    return _to_decide(actor, row, REDUCTION_SUBJECT, "reduction", label, statement, effect)


def _whole_months(starts: date, ends: date) -> Span:
    first, last = FiscalPeriod.of_date(starts), FiscalPeriod.of_date(ends)
    count = (last.year - first.year) * 12 + last.month - first.month
    if starts.day != 1 or ends.day != 1 or not 0 < count <= MOST_MONTHS:
        raise RecoveryError(
            "RECOVERY-103",
            f"A reduction runs for whole months, at most {MOST_MONTHS}. Give the first day of its "
            "first month, and the first day of the month after its last.",
            field="ends",
        )
    months = [first.shift(step).code for step in range(count)]
    _not_rated(months)
    return Span(starts, ends)


def _not_rated(months: list[str]) -> None:
    closed = closed_periods(months, step="draft")
    if closed:
        raise RecoveryError(
            "RECOVERY-104",
            f"{closed[-1]} is billed already, and a reduction never reaches back. Start it in a "
            "later month.",
            field="starts",
        )


@action
def propose_rule(
    *,
    actor: Actor,
    kind: str,
    value: Decimal | int | str,
    starts: date,
    ends: date | None = None,
    service_id: UUID | None = None,
    reason: str,
    reference: str = "",
) -> RecoveryRule:
    """Propose another limit: `reserve_days`, `allocated_limit` (major units) or `variance_percent`.

    A reserve above 60 days names the federal approval (RECOVERY-202) and its last day (-203).
    """
    require(actor, PROPOSE)
    if kind not in RULES:
        raise RecoveryError(
            "RECOVERY-201", f"“{kind}” is no limit of recovery. Choose one from the list.",
            field="kind",
        )  # fmt: skip
    highest = {"reserve_days": 365, "allocated_limit": 10**12, "variance_percent": 100}[kind]
    number = _number(value, "value", 0, highest)
    span = Span(starts, ends)
    if kind == "reserve_days" and number > RESERVE_DAYS:
        if not reference.strip():
            raise RecoveryError(
                "RECOVERY-202",
                f"A reserve of more than {RESERVE_DAYS} days needs the approval of the federal "
                "agency (2 CFR 200 App. V). Enter its reference.",
                field="reference",
            )
        if span.end is None:
            raise RecoveryError(
                "RECOVERY-203",
                "An exception to the reserve's limit ends. Enter the first day without it.",
                field="ends",
            )
    service = service_by_id(service_id) if service_id else None
    row = RecoveryRule.objects.create(
        agency_id=centre().agency_id,
        kind=kind,
        service=service,
        value=number,
        starts=span.start,
        ends=span.end,
        reason=need_reason(reason),
        reference=reference.strip()[:200],
        recorded_at=now(),
    )
    with override(centre().locale):
        label = _("Limit of recovery: %(kind)s") % {"kind": rule_words(kind)}
        shape = _("%(kind)s of %(service)s is %(value)s from %(start)s. %(reason)s %(reference)s")
        statement = shape % {
            "kind": rule_words(kind),
            "service": service.name if service else _("every service"),
            "value": format(number.normalize(), "f"),
            "start": words.day(starts),
            "reason": row.reason,
            "reference": row.reference,
        }
    effect = {
        "kind": kind,
        "service": service.code if service else "",
        "value": number,
        "starts": starts,
        "ends": ends,
        "reference": row.reference,
    }
    return _to_decide(actor, row, RULE_SUBJECT, "rule", label, statement.strip(), effect)


@action
def propose_entry(
    *,
    actor: Actor,
    service_id: UUID,
    kind: str,
    period: str,
    amount_minor: int,
    reason: str,
    counterparty: str = "",
) -> AccountEntry:
    """Propose an entry of a service's account: an opening balance (of either sign), other revenue,
    a transfer in or out (from zero up, with its counterparty).

    Nothing is moved between services (RECOVERY-107; HHS DAB 1876: netting refused).
    """
    require(actor, PROPOSE)
    service = service_by_id(service_id)
    month = FiscalPeriod.parse(period)
    if kind not in ENTRIES:
        raise RecoveryError(
            "RECOVERY-106", f"“{kind}” is no entry of an account. Choose one from the list.",
            field="kind",
        )  # fmt: skip
    if amount_minor == 0 or (amount_minor < 0 and kind != "opening"):
        raise RecoveryError(
            "RECOVERY-108",
            "The amount must be above zero; only an opening balance may be below.",
            field="amount",
        )
    other = counterparty.strip()[:120]
    if kind.startswith("transfer") and not other:
        raise RecoveryError(
            "RECOVERY-109",
            "A transfer names the fund outside this centre that it comes from or goes to.",
            field="counterparty",
        )
    _no_netting(other)
    if kind == "opening":
        _one_opening(service, month)
    currency = centre().currency
    row = AccountEntry.objects.create(
        agency_id=centre().agency_id,
        service=service,
        fund_code=service.fund_code,
        kind=kind,
        period=month.code,
        amount_minor=amount_minor,
        currency=currency,
        counterparty=other,
        reason=need_reason(reason),
        recorded_at=now(),
    )
    with override(centre().locale):
        label = _("%(kind)s of %(service)s") % {"kind": entry_words(kind), "service": service.name}
        statement = _("%(kind)s of %(service)s in %(month)s: %(amount)s. %(reason)s") % {
            "kind": entry_words(kind),
            "service": service.name,
            "month": words.period(month.code),
            "amount": words.money(amount_minor, currency),
            "reason": row.reason,
        }
    effect = {"service": service.code, "kind": kind, "period": period, "amount_minor": amount_minor}
    return _to_decide(actor, row, ENTRY_SUBJECT, "entry", label, statement, effect)


def _no_netting(other: str) -> None:
    wanted = other.casefold()
    for code, name, fund in Service.objects.values_list("code", "name", "fund_code"):
        if wanted and wanted in {code.casefold(), name.casefold(), fund.casefold()}:
            raise RecoveryError(
                "RECOVERY-107",
                f"“{other}” is a service of this centre. Each service stands for itself: nothing "
                "is netted between services. Adjust each one by itself.",
                field="counterparty",
            )


def _one_opening(service: Service, month: FiscalPeriod) -> None:
    known = AccountEntry.objects.filter(
        service=service, kind="opening", state__in=("proposed", "approved")
    )
    if known.exists():
        raise RecoveryError(
            "RECOVERY-110",
            f"{service.name} has an opening balance already, or one waits for its decision.",
            field="kind",
        )


def _to_decide(
    actor: Actor,
    row: RowT,
    subject: str,
    verb: str,
    label: str,
    statement: str,
    effect: dict[str, Any],
) -> RowT:
    decision = propose(
        actor=actor,
        subject_type=subject,
        subject_id=row.pk,
        label=label,
        statement=statement,
        permission=PROPOSE,
        effect=effect,
    )
    row.decision_id = decision.pk
    row.save(update_fields=["decision_id"])
    record(
        actor=actor,
        verb=f"recovery.{verb}_proposed",
        target=row,
        agency_id=row.agency_id,
        payload={**effect, "decision": decision.pk},
    )
    return row


def _decided(
    model: type[RowT], verb: str, check: Callable[[RowT], None] = lambda row: None
) -> Callable[[Actor, Decision], RowT]:
    """What a decision does with a row: it binds, or is set aside, in the decision's transaction."""

    def decided(actor: Actor, decision: Decision) -> RowT:
        row = model.objects.select_for_update().get(pk=decision.subject_id)
        if decision.state == "approved":
            check(row)
        row.state, row.decision_id = decision.state, decision.pk
        try:
            with transaction.atomic():
                row.save(update_fields=["state", "decision_id"])
        except IntegrityError as overlap:
            raise RecoveryError(
                "RECOVERY-111",
                "Another reduction of this agency and charge item holds in these months.",
            ) from overlap
        record(
            actor=actor,
            verb=f"recovery.{verb}_{decision.state}",
            target=row,
            agency_id=row.agency_id,
            payload={"decision": decision.pk},
        )
        return row

    return decided


def _still_open(row: PriceReduction) -> None:
    _not_rated([FiscalPeriod.of_date(row.starts).code])


reduction_decided = _decided(PriceReduction, "reduction", _still_open)
rule_decided = _decided(RecoveryRule, "rule")
entry_decided = _decided(AccountEntry, "entry")
