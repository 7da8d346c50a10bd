"""A fee of a case: what is owed, tried, paid, given back; receipts of the counter. Pure.

A fee is `due`, then `started` (somebody is at the provider's page), then `paid`, `failed`,
`cancelled` or `refunded`. Each try is an attempt with the provider's own reference, so that money
is never taken for another's, and a late word about an old try is understood. Amounts are whole
minor units.

- The same event twice changes nothing; the same event with other content is refused.
- The word that money came wins over an earlier "failed" or "cancelled" of the same attempt:
  providers let people try another card on the same page.
- Money that came though nothing was owed any more is recorded and shown as to be given back.
- While a bank has still to say what becomes of a payment, another one is begun only by somebody who
  knows that both may be taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .errors import CaseError
from .receipts import Receipt, Till, next_receipt

State = Literal["due", "started", "paid", "failed", "cancelled", "refunded"]
Kind = Literal["pending", "paid", "failed", "cancelled", "refunded", "refund_refused"]
Method = Literal["cash", "card", "cheque"]
Effect = Literal["moved", "again", "late", "twice"]
COUNTER = "counter"
METHODS: tuple[Method, ...] = ("cash", "card", "cheque")
MOVES: dict[tuple[State, Kind], State] = {
    ("started", "pending"): "started",
    ("started", "paid"): "paid",
    ("started", "failed"): "failed",
    ("started", "cancelled"): "cancelled",
    ("failed", "pending"): "started",
    ("cancelled", "pending"): "started",
    ("failed", "paid"): "paid",
    ("cancelled", "paid"): "paid",
    ("paid", "refunded"): "refunded",
    ("paid", "refund_refused"): "paid",
    ("refunded", "refund_refused"): "paid",
}
"""What an event does to its attempt; any other word is late and only kept."""
CAN_START: frozenset[State] = frozenset({"due", "started", "failed", "cancelled"})


class FeeError(CaseError):
    """A fee cannot be paid, started or given back as asked."""


@dataclass(frozen=True)
class PaymentEvent:
    """What a provider says, its signature verified: `id` is the provider's for this event.
    `refund`: of money that is given back or is not, the key with which we asked for it, where the
    provider repeats it."""

    id: str
    provider: str
    reference: str
    fee_id: str
    kind: Kind
    amount_minor: int
    currency: str
    refund: str = ""


@dataclass(frozen=True)
class Attempt:
    """One try to pay: at a provider (its reference) or at the counter (the receipt's number)."""

    provider: str
    reference: str
    state: State = "started"
    paid_minor: int = 0
    refunded_minor: int = 0
    waiting: bool = False
    """The provider said that the bank has still to answer."""

    @property
    def net_minor(self) -> int:
        """What stays of it with us."""
        return self.paid_minor - self.refunded_minor


@dataclass(frozen=True)
class Fee:
    """A fee with its attempts and the events that made it what it is, in order."""

    id: str
    amount_minor: int
    currency: str
    attempts: tuple[Attempt, ...] = ()
    events: tuple[PaymentEvent, ...] = ()
    withdrawn: bool = False

    @property
    def paid_minor(self) -> int:
        """What came and was not given back."""
        return sum(attempt.net_minor for attempt in self.attempts)

    @property
    def refund_due_minor(self) -> int:
        """What came though it was not owed: paid twice, or after the fee was withdrawn."""
        owed = 0 if self.withdrawn else self.amount_minor
        return max(0, self.paid_minor - owed)

    @property
    def state(self) -> State:
        """Where the fee stands, from its attempts: money first, then the last try."""
        if self.paid_minor > 0:
            return "paid"
        if any(attempt.paid_minor for attempt in self.attempts):
            return "refunded"
        if self.withdrawn:
            return "cancelled"
        return self.attempts[-1].state if self.attempts else "due"

    @property
    def waits(self) -> bool:
        """Whether a bank has still to say what becomes of a payment, which may yet be taken."""
        return any(each.waiting for each in self.attempts)

    def attempt(self, provider: str, reference: str) -> Attempt:
        """One try by its provider and reference (CASE-202)."""
        for attempt in self.attempts:
            if (attempt.provider, attempt.reference) == (provider, reference):
                return attempt
        raise FeeError("CASE-202", "No payment of this fee has that reference. Look it up first.")


@dataclass(frozen=True)
class Outcome:
    """The fee after an event, and what the event did: `twice` means money is to be given back."""

    fee: Fee
    effect: Effect


def start(fee: Fee, provider: str, reference: str, *, anyway: bool = False) -> Fee:
    """Somebody goes to pay. The same reference again changes nothing. `anyway`: they know that a
    bank has still to answer about another payment, and that both may be taken.

    Errors: CASE-206 where nothing is owed or the fee is paid, refunded or withdrawn; CASE-232 while
    a bank has still to answer.
    """
    if any((a.provider, a.reference) == (provider, reference) for a in fee.attempts):
        return fee
    _owed(fee)
    _answered(fee, anyway)
    return replace(fee, attempts=(*fee.attempts, Attempt(provider, reference)))


def lapse(fee: Fee, provider: str, reference: str) -> Fee:
    """Nobody went on with an attempt of which its provider said nothing: it ends as one that was
    stopped. If money comes after all, it counts as after any other stop (CASE-202)."""
    attempt = fee.attempt(provider, reference)
    said = any((e.provider, e.reference) == (provider, reference) for e in fee.events)
    if attempt.state != "started" or said:
        return fee
    return _with(fee, replace(attempt, state="cancelled"))


def _owed(fee: Fee) -> None:
    if fee.withdrawn or fee.amount_minor <= 0 or fee.state not in CAN_START:
        raise FeeError("CASE-206", "Nothing is owed on this fee. Look at its receipt.")


def _answered(fee: Fee, anyway: bool) -> None:
    if fee.waits and not anyway:
        raise FeeError(
            "CASE-232",
            "The bank has not answered yet about a payment that was made. Wait for its answer: "
            "paying again could take the money twice.",
        )


def withdraw(fee: Fee) -> Fee:
    """The office no longer asks for the fee (CASE-207 once it is paid: give it back instead)."""
    if fee.state not in CAN_START:
        raise FeeError("CASE-207", "The fee is paid. Give the money back instead.")
    return replace(fee, withdrawn=True)


def apply(fee: Fee, event: PaymentEvent) -> Outcome:
    """Take in what a provider said.

    Errors: CASE-201 another fee's event; CASE-202 no such attempt; CASE-203 an event's id with
    other content than before; CASE-204 another amount or currency; CASE-205 more given back than
    came.
    """
    if event.fee_id != fee.id:
        raise FeeError("CASE-201", "The payment is for another fee. Nothing was changed.")
    known = next((e for e in fee.events if (e.provider, e.id) == (event.provider, event.id)), None)
    if known is not None:
        if known != event:
            raise FeeError(
                "CASE-203", "The provider told this event before, otherwise. Nothing was changed."
            )
        return Outcome(fee, "again")
    attempt = fee.attempt(event.provider, event.reference)
    _check_amount(fee, attempt, event)
    told = replace(fee, events=(*fee.events, event))
    moved = _moved(fee, attempt, event)
    if moved is None:
        return Outcome(told, "late")
    after = _with(told, moved)
    came = event.kind == "paid" and after.refund_due_minor > fee.refund_due_minor
    return Outcome(after, "twice" if came else "moved")


def _check_amount(fee: Fee, attempt: Attempt, event: PaymentEvent) -> None:
    if event.currency != fee.currency or event.amount_minor <= 0:
        raise _other_amount()
    if event.kind in ("refunded", "refund_refused"):
        counted = event.kind == "refund_refused" and was_given_back(fee, attempt, event)
        if event.amount_minor > (attempt.refunded_minor if counted else attempt.net_minor):
            raise FeeError("CASE-205", "More would be given back than came. Nothing was changed.")
    elif event.amount_minor != fee.amount_minor:
        raise _other_amount()


def _other_amount() -> FeeError:
    return FeeError(
        "CASE-204", "The payment is of another amount or currency than the fee. Ask the provider."
    )


def was_given_back(fee: Fee, attempt: Attempt, event: PaymentEvent) -> bool:
    """Whether a refund that is refused now was told as made before: its money comes back to us.
    Known by the refund's key; without one only where it must have been, because less stays."""
    if not event.refund:
        return attempt.net_minor < event.amount_minor <= attempt.refunded_minor
    told = [
        each.kind for each in fee.events
        if (each.provider, each.reference, each.refund)
        == (event.provider, event.reference, event.refund)
    ]  # fmt: skip
    return told.count("refunded") > told.count("refund_refused")


def _moved(fee: Fee, attempt: Attempt, event: PaymentEvent) -> Attempt | None:
    to = MOVES.get((attempt.state, event.kind))
    if to is None:
        return None
    if event.kind == "refund_refused":
        back = event.amount_minor if was_given_back(fee, attempt, event) else 0
        return replace(attempt, state=to, refunded_minor=attempt.refunded_minor - back)
    if event.kind == "refunded":
        given = attempt.refunded_minor + event.amount_minor
        whole = given == attempt.paid_minor
        return replace(attempt, refunded_minor=given, state=to if whole else attempt.state)
    paid = event.amount_minor if event.kind == "paid" else attempt.paid_minor
    return replace(attempt, state=to, paid_minor=paid, waiting=event.kind == "pending")


def _with(fee: Fee, changed: Attempt) -> Fee:
    key = (changed.provider, changed.reference)
    attempts = (changed if (a.provider, a.reference) == key else a for a in fee.attempts)
    return replace(fee, attempts=tuple(attempts))


@dataclass(frozen=True)
class CounterPayment:
    """Money taken at a counter: the fee after it, its receipt, and what is handed back in cash."""

    fee: Fee
    receipt: Receipt
    change_minor: int


def counter_payment(
    fee: Fee, *, method: Method, tendered_minor: int, till: Till, year: int, anyway: bool = False
) -> CounterPayment:
    """Take the fee at a counter: cash with change, a card or cheque of exactly the amount.

    An attempt that is open at a provider does not stand in the way; if it is paid after all, the
    fee says what to give back. One about which a bank has still to answer does, unless whoever
    takes the money knows of it (`anyway`). The caller keeps `receipt` with the till, so that the
    next number follows.

    Errors: CASE-206 nothing owed; CASE-208 too little, or not exact; CASE-209 the till keeps
    another currency; CASE-210 no such way to pay; CASE-232 a bank has still to answer.
    """
    _owed(fee)
    _answered(fee, anyway)
    if method not in METHODS:
        raise FeeError("CASE-210", "Money is taken in cash, by card or by cheque. Choose one.")
    if till.currency != fee.currency:
        raise FeeError("CASE-209", "The till keeps another currency. Use one of the fee's.")
    change = tendered_minor - fee.amount_minor
    if change < 0 or (change and method != "cash"):
        raise FeeError(
            "CASE-208",
            "The amount does not fit the fee: take all of it, by card or cheque exactly.",
        )
    receipt = next_receipt(till, year)
    paid = Attempt(COUNTER, receipt.text, "paid", fee.amount_minor)
    return CounterPayment(replace(fee, attempts=(*fee.attempts, paid)), receipt, change)


def counter_undone(fee: Fee, receipt: str, *, kind: Literal["returned", "voided"]) -> Fee:
    """A cheque came back unpaid, or a receipt was written in error: the fee is owed again.

    The attempt stays, as `failed` or `cancelled`. Errors: CASE-202 no such receipt; CASE-211 it is
    undone or given back already.
    """
    attempt = fee.attempt(COUNTER, receipt)
    if attempt.state != "paid" or attempt.refunded_minor:
        raise FeeError("CASE-211", "That receipt no longer stands. Look at the fee's history.")
    state: State = "failed" if kind == "returned" else "cancelled"
    return _with(fee, replace(attempt, state=state, paid_minor=0))


def total_taken(fees: Sequence[Fee], currency: str) -> int:
    """What stays of all fees of a currency, in minor units: what books must agree with."""
    return sum(fee.paid_minor for fee in fees if fee.currency == currency)
