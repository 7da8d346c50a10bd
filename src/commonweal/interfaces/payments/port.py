"""The port: what a payment provider must be able to do, and which one is in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from typing import Protocol, cast

from django.conf import settings

from commonweal.kernel.casework.public import PaymentEvent
from commonweal.kernel.schema.public import CommonwealError

GROUP = "commonweal.payments"
TEST = "test"


class PaymentError(CommonwealError):
    """A payment cannot be begun, told or given back as asked."""


class NotSigned(PaymentError):
    """A callback that the provider did not sign, or long ago. It is answered without details."""

    status = 403


@dataclass(frozen=True)
class ToPay:
    """What a person is to pay: `words` say for what, in the person's language."""

    fee_id: str
    amount_minor: int
    currency: str
    words: str


@dataclass(frozen=True)
class Begun:
    """Where to send the person, and the provider's reference of this attempt."""

    url: str
    reference: str


class Provider(Protocol):
    """Whoever takes money online. Nothing here may wait longer than a few seconds."""

    code: str

    def begin(self, fee: ToPay, return_url: str) -> Begun:
        """Announce an attempt; the person goes to the address and later comes to `return_url`."""

    def verify_callback(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent:
        """The event in a callback, its signature and age checked first (NotSigned)."""

    def refund(self, paid: PaymentEvent, amount_minor: int, key: str) -> PaymentEvent | None:
        """Give back all or part of what an event said was paid; nothing: a callback will tell.

        `key` names this refund: the same key again gives nothing back a second time. Events about
        it (`refunded`, `refund_refused`) repeat it as `refund`, if the provider can.
        """


def online() -> bool:
    """Whether fees can be paid online at all."""
    wanted = settings.PAYMENT_PROVIDER
    return bool(wanted) and (wanted != TEST or settings.PAYMENT_TEST)


def provider(code: str = "") -> Provider:
    """The provider in use, or one by its code (PAYMENT-101, PAYMENT-102).

    The test provider is no provider where it is not allowed: money that was never paid must not
    pay a fee.
    """
    wanted = code or settings.PAYMENT_PROVIDER
    if not wanted or (wanted == TEST and not settings.PAYMENT_TEST):
        raise PaymentError(
            "PAYMENT-101", "Fees cannot be paid online here. Pay at the counter, please."
        )
    found = _makers().get(wanted)
    if found is None:
        raise PaymentError(
            "PAYMENT-102", f"There is no payment provider “{wanted}”. Check the installation."
        )
    return found()


@cache
def _makers() -> Mapping[str, Callable[[], Provider]]:
    """Ours and those of plug-ins, by code; nobody takes the place of ours."""
    from .test_provider import TestProvider

    found = {
        point.name: cast(Callable[[], Provider], point.load())
        for point in entry_points(group=GROUP)
    }
    return {**found, TEST: TestProvider}
