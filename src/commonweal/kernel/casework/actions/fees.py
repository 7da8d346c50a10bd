"""Fees of cases: charged, waived, paid online; each by the pure rules of `domain/fees`.

A fee is computed from its attempts and words under its lock; rows repeat what follows. Money that
came is never lost: a word that cannot be applied is refused to the provider, who says it again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from uuid import UUID

from django.db.models import Q

from ...access.public import SYSTEM, Actor, act_as, require
from ...audit.public import action, record
from ...calendar.public import now
from ...jobs.public import enqueue
from ...schema.public import Forbidden, NotFound
from ..domain import fees as pure
from ..domain.errors import CaseError
from ..models import Case, CaseFee, FeeRule, Payback, PaymentAttempt, PaymentWord
from ..registry import told_money
from ..rules import TAKE, WAIVE, require_case, require_work
from .events import append, locked, require_whole

LAPSE = "casework.lapse_payment"
ABANDONED = timedelta(days=1)
"""How long somebody may take at a provider's page before a payment counts as left."""


@dataclass(frozen=True)
class MoneyMoved:
    """Money that came for a fee (minor units above nothing) or was given back (below).

    `key` names the movement: the same key is the same money.
    """

    key: str
    fee: CaseFee
    case: Case
    minor: int
    provider: str
    at: datetime


def charge_rules(actor: Actor, case: Case) -> list[CaseFee]:
    """Charge what a case that opens costs by its kind and subject."""
    rows = FeeRule.objects.filter(active=True, automatic=True, case_type_id=case.case_type_id)
    rows = rows.filter(Q(category=None) | Q(category_id=case.category_id))
    return [_charge(actor, case, rule, "rule") for rule in rows.order_by("name", "id")]


def _charge(actor: Actor, case: Case, rule: FeeRule, by: str) -> CaseFee:
    row = CaseFee.objects.create(
        agency_id=case.agency_id,
        case=case,
        rule=rule,
        name=rule.name,
        amount_minor=rule.amount_minor,
        currency=rule.currency,
        before=rule.before,
        charged_by=actor.user_id,
    )
    _happened(actor, case, row, "charged", row.amount_minor, by=by)
    return row


def _happened(
    actor: Actor, case: Case, fee: CaseFee, what: str, minor: int, **more: str | int
) -> None:
    data = {"fee": str(fee.pk), "what": what, "minor": minor, "currency": fee.currency}
    append(actor, case, "fee", {**data, **more}, reproject=False)


@action
def charge_fee(*, actor: Actor, case_id: UUID, rule: str) -> CaseFee:
    """Charge a case one of the fees that its kind has (CASE-404, 111, 221 no such fee of this kind,
    222 it is owed already)."""
    case = locked(actor, case_id)
    require_work(actor, case)
    require_whole(case)
    found = FeeRule.objects.filter(code=rule, active=True, case_type_id=case.case_type_id).first()
    if found is None or found.category_id not in (None, case.category_id):
        raise CaseError(
            "CASE-221", "This kind of case has no such fee. Choose one of the list.", field="rule"
        )
    if any(row.owed for row in CaseFee.objects.filter(case=case, rule=found)):
        raise CaseError(
            "CASE-222", f"“{found.name}” is owed already in this case. Wait until it is paid.",
            field="rule",
        )  # fmt: skip
    return _charge(actor, case, found, "agent")


def held(actor: Actor, fee_id: UUID, *, any_case: bool = False) -> tuple[Case, CaseFee]:
    """A fee and its case, both held until the transaction ends (CASE-420); `any_case`: also one of
    a case that the actor does not work on."""
    fee = CaseFee.objects.filter(pk=fee_id).first()
    if fee is None:
        raise NotFound("CASE-420", "There is no such fee among those you may see.")
    rows = Case.objects.select_for_update(of=("self",)).select_related(
        "case_type", "requester", "reporter", "agency", "queue"
    )
    case = rows.get(pk=fee.case_id)
    if not any_case:
        require_case(actor, case)
    return case, CaseFee.objects.select_for_update().get(pk=fee_id)


def whole(fee: CaseFee) -> pure.Fee:
    """The fee as the pure rules see it."""
    tries = fee.attempts.order_by("position")
    said = fee.words.order_by("position")
    return pure.Fee(
        id=str(fee.pk),
        amount_minor=fee.amount_minor,
        currency=fee.currency,
        withdrawn=fee.waived,
        attempts=tuple(
            pure.Attempt(
                row.provider,
                row.reference,
                cast("pure.State", row.state),
                row.paid_minor,
                row.refunded_minor,
                row.waiting,
            )
            for row in tries
        ),
        events=tuple(
            pure.PaymentEvent(
                row.event_id,
                row.provider,
                row.reference,
                str(fee.pk),
                cast("pure.Kind", row.kind),
                row.amount_minor,
                row.currency,
                row.refund,
            )
            for row in said
        ),
    )


def keep(fee: CaseFee, after: pure.Fee) -> None:
    """Write what the pure rules made of a held fee."""
    known = {(row.provider, row.reference): row for row in fee.attempts.all()}
    for place, each in enumerate(after.attempts, start=1):
        row = known.get((each.provider, each.reference)) or PaymentAttempt(
            agency_id=fee.agency_id, fee=fee, position=place,
            provider=each.provider, reference=each.reference,
        )  # fmt: skip
        new = (each.state, each.paid_minor, each.refunded_minor, each.waiting)
        old = (row.state, row.paid_minor, row.refunded_minor, row.waiting)
        if row._state.adding or new != old:
            row.state, row.paid_minor, row.refunded_minor, row.waiting = new
            row.changed_at = now()
            row.save()
    fee.state, fee.paid_minor = after.state, after.paid_minor
    fee.refund_due_minor = after.refund_due_minor
    fee.save()


@action
def waive_fee(*, actor: Actor, fee_id: UUID, reason: str) -> CaseFee:
    """Ask for a fee no more, with a reason of ten characters or more that names nobody.

    Errors: CASE-420, 215 no reason, 207 it is paid (give it back instead), ACCESS-403.
    """
    require(actor, WAIVE)
    case, fee = held(actor, fee_id)
    if len(reason.strip()) < 10:
        raise CaseError(
            "CASE-215", "Say in at least ten characters why: the reason is kept.", field="reason"
        )
    after = pure.withdraw(whole(fee))
    fee.waived, fee.waive_reason = True, reason.strip()[:300]
    fee.waived_at, fee.waived_by = now(), actor.user_id
    keep(fee, after)
    _happened(actor, case, fee, "waived", fee.amount_minor)
    return fee


@action
def begin_payment(
    *, actor: Actor, fee_id: UUID, provider: str, reference: str, anyway: bool = False
) -> CaseFee:
    """Somebody goes to a provider's page to pay; the same reference again changes nothing.
    `anyway`: also while a bank has still to answer about another payment.

    Errors: CASE-420, 404, 206 nothing is owed, 232 a bank has still to answer.
    """
    case, fee = held(actor, fee_id)
    before = whole(fee)
    after = pure.start(before, provider, reference, anyway=anyway)
    if after is not before:
        keep(fee, after)
        _happened(actor, case, fee, "begun", fee.amount_minor, provider=provider)
        _lapse_later(fee, provider, reference)
    else:
        record(actor=actor, verb="case.fee_again", target=fee, agency_id=fee.agency_id)
    return fee


def _lapse_later(fee: CaseFee, provider: str, reference: str) -> None:
    attempt = fee.attempts.get(provider=provider, reference=reference)
    with act_as(SYSTEM):
        enqueue(
            actor=SYSTEM,
            kind=LAPSE,
            payload={"attempt": str(attempt.pk)},
            key=f"lapse:{attempt.pk}",
            run_at=now() + ABANDONED,
            agency_id=fee.agency_id,
        )


def lapse_attempt(attempt_id: UUID) -> None:
    """End an attempt that was left, if its provider said nothing of it; safe to repeat."""
    attempt = PaymentAttempt.objects.get(pk=attempt_id)
    case, fee = held(SYSTEM, attempt.fee_id)
    before = whole(fee)
    after = pure.lapse(before, attempt.provider, attempt.reference)
    if after is not before:
        keep(fee, after)
        _happened(SYSTEM, case, fee, "lapsed", fee.amount_minor, provider=attempt.provider)


@action
def take_payment(*, actor: Actor, event: pure.PaymentEvent) -> pure.Outcome:
    """Take in what a provider said of a fee, its signature checked by the door; the same event
    again changes nothing. Only the door itself may (ACCESS-403).

    Errors: CASE-420 no such fee, and those of `domain.fees.apply` (CASE-201 to 205).
    """
    if actor.kind != "system":
        raise Forbidden("ACCESS-403", "Only a provider's own door tells of payments.")
    try:
        fee_id = UUID(event.fee_id)
    except ValueError:
        raise NotFound("CASE-420", "There is no such fee among those you may see.") from None
    case, fee = held(actor, fee_id)
    return taken_in(actor, case, fee, event)


def taken_in(actor: Actor, case: Case, fee: CaseFee, event: pure.PaymentEvent) -> pure.Outcome:
    """Apply a word about a held fee, and keep it with what follows."""
    before = whole(fee)
    outcome = pure.apply(before, event)
    if outcome.effect == "again":
        record(actor=actor, verb="case.fee_again", target=fee, agency_id=fee.agency_id)
        return outcome
    PaymentWord.objects.create(
        agency_id=fee.agency_id,
        fee=fee,
        position=len(before.events) + 1,
        provider=event.provider,
        event_id=event.id,
        reference=event.reference,
        kind=event.kind,
        refund=event.refund[:64],
        amount_minor=event.amount_minor,
        currency=event.currency,
        effect=outcome.effect,
    )
    keep(fee, outcome.fee)
    _happened(actor, case, fee, event.kind, event.amount_minor, provider=event.provider,
              effect=outcome.effect)  # fmt: skip
    tell_moved(actor, case, fee, before, outcome.fee, f"{event.provider}:{event.id}",
               event.provider)  # fmt: skip
    if event.kind in ("refunded", "refund_refused") and outcome.effect == "moved":
        _end_payback(fee, event)
    return outcome


def tell_moved(
    actor: Actor,
    case: Case,
    fee: CaseFee,
    before: pure.Fee,
    after: pure.Fee,
    key: str,
    provider: str,
) -> None:
    """Tell of the money that an act moved, if it moved any."""
    minor = after.paid_minor - before.paid_minor
    if minor:
        told_money(actor, MoneyMoved(key, fee, case, minor, provider, now()))


def _end_payback(fee: CaseFee, event: pure.PaymentEvent) -> None:
    """The provider gave back what two people agreed on, or did not: somebody has to see to it.

    Which one: by its key where the provider repeats it, else by its amount; a refusal may also
    come after the word that it was done."""
    given = event.kind == "refunded"
    rows = Payback.objects.select_for_update().filter(
        fee=fee,
        attempt__provider=event.provider,
        attempt__reference=event.reference,
        amount_minor=event.amount_minor,
        kind="refund",
    )
    order = ("sent", "agreed", "failed" if given else "done")
    found = [row for row in rows.order_by("id") if row.state in order]
    if event.refund:
        found = [row for row in found if str(row.pk) == event.refund]
    row = min(found, key=lambda each: (order.index(each.state), each.pk), default=None)
    if row is None:
        return
    row.state, row.done_at = ("done", now()) if given else ("failed", None)
    row.save()


def require_take(actor: Actor) -> None:
    """Refuse who takes no money at counters (ACCESS-403)."""
    require(actor, TAKE)
