"""The counter: money taken with a receipt, given back by two people, a till counted and signed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Literal, cast
from uuid import UUID

from django.db.models import Count, Max, Min, Sum

from ...access.public import SYSTEM, Actor, require
from ...audit.public import action, record
from ...calendar.public import FiscalPeriod, now, today
from ...jobs.public import enqueue
from ...party.public import centre
from ...schema.public import Conflict, Forbidden, NotFound
from ..domain import fees as pure
from ..domain.errors import CaseError
from ..domain.receipts import Till as PureTill
from ..domain.receipts import used
from ..models import (
    Case,
    CaseFee,
    FeeReceipt,
    Payback,
    PaymentAttempt,
    Till,
    TillClosing,
    TillYear,
)
from ..registry import payer
from ..rules import PAY_BACK, TAKE
from .fees import _happened, held, keep, take_payment, taken_in, tell_moved, whole

SEND_BACK = "casework.pay_back"
WAITS = ("asked", "agreed", "sent")
METHODS = pure.METHODS


@dataclass(frozen=True)
class Taken:
    """A receipt, and the cash to hand back."""

    receipt: FeeReceipt
    change_minor: int


def _till(code: str) -> Till:
    found = Till.objects.select_for_update().filter(code=code.strip().upper(), active=True).first()
    if found is None:
        raise CaseError("CASE-223", "There is no such till. Choose one of the list.", field="till")
    return found


def _person(actor: Actor) -> UUID:
    """Who answers for it: somebody, never a program of ours (ACCESS-403)."""
    if actor.user_id is None:
        raise Forbidden("ACCESS-403", "A person has to answer for this. Sign in to do it.")
    return actor.user_id


def _year() -> int:
    """The fiscal year of today, in the centre's calendar."""
    profile = centre()
    return FiscalPeriod.of_date(today(profile.zone)).fiscal_year(profile.fiscal_year_start_month)


@action
def take_at_counter(
    *,
    actor: Actor,
    fee_id: UUID,
    till: str,
    method: str,
    tendered_minor: int,
    anyway: bool = False,
) -> Taken:
    """Take a fee at a counter, whoever works on its case, and issue its receipt: numbered without
    gaps within till and fiscal year.

    `anyway`: also while a bank has still to answer about a payment. Errors: CASE-420, 206 nothing
    owed, 208 too little or not exact, 209, 210, 223 no such till, 232 a bank has still to answer.
    """
    require(actor, TAKE)
    case, fee = held(actor, fee_id, any_case=True)
    place = _till(till)
    year = _year()
    numbers, _fresh = TillYear.objects.select_for_update().get_or_create(till=place, year=year)
    before = whole(fee)
    paid = pure.counter_payment(
        before,
        method=cast(pure.Method, method),
        tendered_minor=tendered_minor,
        till=PureTill(place.code, place.currency, {year: numbers.last}),
        year=year,
        anyway=anyway,
    )
    numbers.last = used(PureTill(place.code, place.currency, {year: numbers.last}),
                        paid.receipt).last[year]  # fmt: skip
    numbers.save(update_fields=["last"])
    keep(fee, paid.fee)
    row = FeeReceipt.objects.create(
        agency_id=fee.agency_id,
        till=place,
        session=place.session,
        year=year,
        number=paid.receipt.number,
        text=paid.receipt.text,
        fee=fee,
        name=fee.name,
        case_number=case.number,
        amount_minor=fee.amount_minor,
        currency=fee.currency,
        method=method,
        tendered_minor=tendered_minor,
        change_minor=paid.change_minor,
        issued_by=actor.user_id,
    )
    _happened(actor, case, fee, "paid", fee.amount_minor, provider=pure.COUNTER, receipt=row.text)
    tell_moved(actor, case, fee, before, paid.fee, f"receipt:{row.text}", pure.COUNTER)
    return Taken(row, paid.change_minor)


@action
def ask_payback(
    *, actor: Actor, attempt_id: UUID, kind: str, reason: str, amount_minor: int | None = None
) -> Payback:
    """Ask that money is given back (`refund`, all that stays of it or a part), that a receipt of
    the running session was written in error (`void`), or say that a cheque came back (`returned`).
    Nothing happens before another person agrees.

    Errors: CASE-420, 215 no reason, 211 the receipt no longer stands, 224 more than stays, 225 of
    that kind not possible here, 226 it is asked for already.
    """
    require(actor, TAKE)
    attempt = PaymentAttempt.objects.filter(pk=attempt_id).first()
    if attempt is None:
        raise NotFound("CASE-420", "There is no such payment among those you may see.")
    case, fee = held(actor, attempt.fee_id, any_case=True)
    attempt.refresh_from_db()
    if len(reason.strip()) < 10:
        raise CaseError(
            "CASE-215", "Say in at least ten characters why: the reason is kept.", field="reason"
        )
    receipt = FeeReceipt.objects.filter(text=attempt.reference).select_related("till").first()
    _require_kind(attempt, receipt, kind)
    rows = Payback.objects.filter(attempt=attempt, state__in=WAITS)
    waiting = rows.aggregate(n=Sum("amount_minor"))["n"] or 0
    stays = attempt.paid_minor - attempt.refunded_minor - waiting
    wanted = stays if amount_minor is None or kind != "refund" else amount_minor
    if waiting and (kind != "refund" or rows.exclude(kind="refund").exists()):
        raise Conflict("CASE-226", "Somebody asked for this already. It waits for another person.")
    if not 0 < wanted <= stays:
        raise CaseError(
            "CASE-224", "No more can be given back than what stays of the payment. Lower it.",
            field="amount",
        )  # fmt: skip
    row = Payback.objects.create(
        agency_id=fee.agency_id,
        fee=fee,
        attempt=attempt,
        receipt=receipt,
        kind=kind,
        replaces=_failed_before(attempt, wanted) if kind == "refund" else None,
        amount_minor=wanted,
        reason=reason.strip()[:300],
        asked_by=_person(actor),
    )
    _happened(actor, case, fee, "payback_asked", wanted, kind=kind, payback=str(row.pk))
    return row


def _failed_before(attempt: PaymentAttempt, minor: int) -> Payback | None:
    """The refund of this amount that the provider did not make and nobody asked for anew yet."""
    rows = Payback.objects.filter(attempt=attempt, state="failed", amount_minor=minor)
    return rows.exclude(replaced_by__state__in=WAITS).order_by("id").first()


def _require_kind(attempt: PaymentAttempt, receipt: FeeReceipt | None, kind: str) -> None:
    if kind not in ("refund", "void", "returned"):
        raise CaseError("CASE-225", "Choose what happened to the payment.", field="kind")
    if attempt.state != "paid" or attempt.paid_minor <= attempt.refunded_minor:
        raise Conflict("CASE-211", "That receipt no longer stands. Look at the fee's history.")
    if kind == "refund":
        return
    if receipt is None or attempt.refunded_minor:
        raise CaseError(
            "CASE-225", "Only a receipt of a counter of which nothing was given back can be undone."
            " Give the money back instead.", field="kind",
        )  # fmt: skip
    if kind == "void" and receipt.session != receipt.till.session:
        raise CaseError(
            "CASE-225",
            "The till of this receipt was closed since. Give the money back instead.",
            field="kind",
        )
    if kind == "returned" and receipt.method != "cheque":
        raise CaseError("CASE-225", "Only a cheque comes back unpaid.", field="kind")


@action
def decide_payback(*, actor: Actor, payback_id: UUID, agreed: bool) -> Payback:
    """Agree with what another person asked, or refuse it. A counter's is done at once; a provider's
    is sent by a job, which repeats it until the provider has answered.

    Errors: CASE-421 no such request, 227 the same person, 228 decided before, 211, 225.
    """
    require(actor, PAY_BACK)
    row = Payback.objects.filter(pk=payback_id).first()
    if row is None:
        raise NotFound("CASE-421", "There is no such request among those you may see.")
    case, fee = held(actor, row.fee_id, any_case=True)
    row = Payback.objects.select_for_update().get(pk=payback_id)
    if row.state != "asked":
        raise Conflict("CASE-228", "This was decided before. Look at the fee's history.")
    if actor.user_id is None or actor.user_id == row.asked_by:
        raise Conflict("CASE-227", "You asked for this. Another person has to agree, not you.")
    row.decided_by, row.decided_at = actor.user_id, now()
    if not agreed:
        row.state = "refused"
        row.save()
        _happened(actor, case, fee, "payback_refused", row.amount_minor, payback=str(row.pk))
        return row
    if row.replaces_id is not None:
        Payback.objects.filter(pk=row.replaces_id, state="failed").update(state="replaced")
    if row.receipt_id is None:
        row.state = "agreed"
        row.save()
        _happened(actor, case, fee, "payback_agreed", row.amount_minor, payback=str(row.pk))
        enqueue(
            actor=SYSTEM,
            kind=SEND_BACK,
            payload={"payback": str(row.pk)},
            key=f"payback:{row.pk}",
            agency_id=row.agency_id,
        )
        return row
    _at_counter(actor, case, fee, row)
    return row


def _at_counter(actor: Actor, case: Case, fee: CaseFee, row: Payback) -> None:
    """What two people agreed on at a counter: the fee after it, and what leaves the till."""
    receipt = FeeReceipt.objects.select_related("till").get(paybacks=row)
    place = Till.objects.select_for_update().get(pk=receipt.till_id)
    running = receipt.session == place.session
    if row.kind == "void" and not running:
        raise CaseError(
            "CASE-225",
            "The till of this receipt was closed since. Give the money back instead.",
            field="kind",
        )
    if (row.kind == "refund" and receipt.method != "cheque") or (row.kind != "refund" and running):
        row.till, row.session = place, place.session
    row.state, row.done_at = "done", now()
    row.save()
    if row.kind == "refund":
        event = pure.PaymentEvent(
            str(row.pk), pure.COUNTER, receipt.text, str(fee.pk), "refunded", row.amount_minor,
            fee.currency,
        )  # fmt: skip
        taken_in(actor, case, fee, event)
        return
    before = whole(fee)
    kind: Literal["returned", "voided"] = "voided" if row.kind == "void" else "returned"
    after = pure.counter_undone(before, receipt.text, kind=kind)
    keep(fee, after)
    _happened(actor, case, fee, kind, row.amount_minor, payback=str(row.pk), receipt=receipt.text)
    tell_moved(actor, case, fee, before, after, f"payback:{row.pk}", pure.COUNTER)


def send_back(payback_id: UUID) -> None:
    """Have a provider give back what was agreed; safe to repeat (CASE-229 without anybody who
    can)."""
    row = Payback.objects.select_related("fee", "attempt").filter(pk=payback_id).first()
    if row is None or row.state != "agreed":
        return
    give = payer()
    if give is None:
        raise Conflict("CASE-229", "No payment provider is set up. Set one up, then try again.")
    paid = next(
        each
        for each in whole(row.fee).events
        if (each.provider, each.reference, each.kind)
        == (row.attempt.provider, row.attempt.reference, "paid")
    )
    said = give(paid, row.amount_minor, str(row.pk))
    if said is not None:
        take_payment(actor=SYSTEM, event=said)
        return
    Payback.objects.filter(pk=row.pk, state="agreed").update(state="sent")


@dataclass(frozen=True)
class TillFigures:
    """What should be in a till since it was last closed, by way of paying, and its receipts."""

    till: Till
    receipts: int
    first: str
    last: str
    expected: dict[str, int]
    paid_out: int


def figures(till: Till) -> TillFigures:
    """The running session of a till: receipts taken in, less what was paid out or undone."""
    expected: Counter[str] = Counter({method: 0 for method in METHODS})
    receipts, texts = 0, set()
    rows = FeeReceipt.objects.filter(till=till, session=till.session).values_list("method")
    sums = rows.annotate(
        minor=Sum("amount_minor"), n=Count("id"), first=Min("text"), last=Max("text")
    )
    for method, minor, n, first, last in sums.order_by("method"):
        expected[method] += minor
        receipts += n
        texts |= {first, last}
    out = Payback.objects.filter(till=till, session=till.session, state="done")
    taken = 0
    for method, minor in out.values_list("receipt__method").annotate(n=Sum("amount_minor")):
        expected[method] -= minor
        taken += minor
    begins, ends = min(texts, default=""), max(texts, default="")
    return TillFigures(till, receipts, begins, ends, dict(expected), taken)


@action
def close_till(
    *,
    actor: Actor,
    till: str,
    cash_minor: int,
    card_minor: int = 0,
    cheque_minor: int = 0,
    reason: str = "",
) -> TillClosing:
    """Count a till and begin its next session. Another person signs it.

    Errors: CASE-223 no such till, 230 nothing was taken since, 231 a difference without a reason
    or an amount below nothing.
    """
    require(actor, TAKE)
    place = _till(till)
    found = figures(place)
    counted = (cash_minor, card_minor, cheque_minor)
    if not found.receipts and not found.paid_out:
        raise Conflict("CASE-230", "Nothing was taken since this till was closed last.")
    should = (found.expected["cash"], found.expected["card"], found.expected["cheque"])
    if cash_minor < 0 or cheque_minor < 0:
        raise CaseError("CASE-231", "Count what is there: nothing or more.", field="cash")
    if counted != should and len(reason.strip()) < 10:
        raise CaseError(
            "CASE-231",
            "What was counted is not what should be there. Count again, or say in at least ten "
            "characters what you know of the difference.",
            field="reason",
        )
    row = TillClosing.objects.create(
        till=place,
        session=place.session,
        receipts=found.receipts,
        first=found.first,
        last=found.last,
        cash_expected=should[0],
        card_expected=should[1],
        cheque_expected=should[2],
        cash_counted=cash_minor,
        card_counted=card_minor,
        cheque_counted=cheque_minor,
        reason=reason.strip()[:300],
        counted_by=_person(actor),
    )
    place.session += 1
    place.save(update_fields=["session"])
    record(
        actor=actor,
        verb="casework.till_closed",
        target=row,
        payload={"till": place.code, "session": row.session, "difference": row.difference_minor},
    )
    return row


@action
def sign_till(*, actor: Actor, closing_id: UUID) -> TillClosing:
    """Sign what another person counted (CASE-422, 227 the same person, 228 signed before)."""
    require(actor, PAY_BACK)
    row = TillClosing.objects.select_for_update().filter(pk=closing_id).first()
    if row is None:
        raise NotFound("CASE-422", "There is no such closing of a till.")
    if row.signed_by is not None:
        raise Conflict("CASE-228", "This was signed before.")
    if actor.user_id is None or actor.user_id == row.counted_by:
        raise Conflict("CASE-227", "You counted this till. Another person has to sign, not you.")
    row.signed_by, row.signed_at = actor.user_id, now()
    row.save(update_fields=["signed_by", "signed_at"])
    record(
        actor=actor,
        verb="casework.till_signed",
        target=row,
        payload={"session": row.session, "difference": row.difference_minor},
    )
    return row
