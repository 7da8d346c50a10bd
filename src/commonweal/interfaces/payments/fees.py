"""Fees of cases at the door: a payment begun, a provider's word settled, money given back."""

from __future__ import annotations

from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, act_as
from commonweal.kernel.casework import public as casework
from commonweal.kernel.casework.public import PaymentEvent, PaymentOutcome
from commonweal.kernel.schema.public import Conflict

from .port import ToPay, provider


def begin(actor: Actor, fee_id: UUID, back: str, *, anyway: bool = False) -> str:
    """Announce a payment of a fee that the actor may see; the address of the provider's page.

    `back`: where the person comes back to. `anyway`: also while a bank has still to answer about
    another payment. Errors: CASE-420, 206 nothing is owed, 232 a bank has still to answer,
    PAYMENT-101.
    """
    fee = casework.fee(actor, fee_id)
    if not fee.owed:
        raise Conflict("CASE-206", "Nothing is owed on this fee. Look at its receipt.")
    if fee.waits and not anyway:
        raise Conflict(
            "CASE-232",
            "The bank has not answered yet about a payment that was made. Wait for its answer: "
            "paying again could take the money twice.",
        )
    found = provider()
    words = f"{fee.name} · {fee.case.number}"
    begun = found.begin(ToPay(str(fee.pk), fee.amount_minor, fee.currency, words), back)
    casework.begin_payment(
        actor=actor, fee_id=fee.pk, provider=found.code, reference=begun.reference, anyway=anyway
    )
    return begun.url


def settle(event: PaymentEvent) -> PaymentOutcome:
    """Keep what a provider said, its signature checked; it may say it again."""
    with act_as(SYSTEM):
        return casework.take_payment(actor=SYSTEM, event=event)


def give_back(paid: PaymentEvent, minor: int, key: str) -> PaymentEvent | None:
    """Have the provider who took a payment give back of it."""
    return provider(paid.provider).refund(paid, minor, key)
