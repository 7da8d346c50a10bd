"""A provider to try payments with: no money moves, everything else is as with a real one.

It keeps nothing: the page's address carries what is to be paid, signed, and each callback is
signed with an HMAC over its time and body, as the common providers do.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from commonweal.kernel.calendar.public import now
from commonweal.kernel.casework.public import PaymentEvent, PaymentKind
from commonweal.kernel.schema.public import uuid7

from .port import TEST, Begun, NotSigned, PaymentError, ToPay

SIGNATURE = "Commonweal-Test-Signature"
SALT = "commonweal.payments.test"
TOLERANCE = timedelta(minutes=5)
OPEN = timedelta(hours=2)
KINDS: tuple[PaymentKind, ...] = (
    "pending", "paid", "failed", "cancelled", "refunded", "refund_refused",
)  # fmt: skip


class TestProvider:
    """The provider `test`."""

    __test__ = False  # its name is no test's
    code = TEST

    def begin(self, fee: ToPay, return_url: str) -> Begun:
        """A page of ours for one attempt (PAYMENT-105: the way back must lead to us)."""
        if not url_has_allowed_host_and_scheme(return_url, allowed_hosts=None):
            raise PaymentError(
                "PAYMENT-105", "The way back from the payment leads elsewhere. Nothing was begun."
            )
        reference = f"test-{uuid7().hex}"
        token = write_token({
            "fee": fee.fee_id, "amount": fee.amount_minor, "currency": fee.currency,
            "words": fee.words, "back": return_url, "reference": reference,
        })  # fmt: skip
        return Begun(reverse("payments:test_page", args=[token]), reference)

    def verify_callback(self, headers: Mapping[str, str], body: bytes) -> PaymentEvent:
        """The event of a callback signed by `signed` at most five minutes ago (PAYMENT-103)."""
        given = headers.get(SIGNATURE, "")
        parts = dict(part.partition("=")[::2] for part in given.split(","))
        stamp, told = parts.get("t", ""), parts.get("v1", "")
        right = _hmac(stamp, body)
        if not hmac.compare_digest(right.encode(), told.encode("utf-8", "replace")):
            raise _not_signed()
        if not stamp.isascii() or not stamp.isdigit():
            raise _not_signed()
        age = now().timestamp() - int(stamp)
        if abs(age) > TOLERANCE.total_seconds():
            raise _not_signed()
        return _event(body)

    def refund(self, paid: PaymentEvent, amount_minor: int, key: str) -> PaymentEvent | None:
        """Give back at once; the same key is the same event."""
        return PaymentEvent(
            id=f"{paid.reference}:refunded:{key}",
            provider=TEST,
            reference=paid.reference,
            fee_id=paid.fee_id,
            kind="refunded",
            amount_minor=amount_minor,
            currency=paid.currency,
            refund=key,
        )


def _not_signed() -> NotSigned:
    return NotSigned("PAYMENT-103", "The callback is not signed by the provider.")


def _hmac(stamp: str, body: bytes) -> str:
    key = hashlib.sha256(f"{SALT}:{settings.SECRET_KEY}".encode()).digest()
    return hmac.new(key, stamp.encode("utf-8", "replace") + b"." + body, hashlib.sha256).hexdigest()


def signed(body: bytes) -> dict[str, str]:
    """The headers of a callback with this body, signed now."""
    stamp = str(int(now().timestamp()))
    return {SIGNATURE: f"t={stamp},v1={_hmac(stamp, body)}"}


def told(attempt: Mapping[str, Any], kind: PaymentKind) -> bytes:
    """The body of the callback about an attempt: one event for each kind of word."""
    return json.dumps(
        {
            "id": f"{attempt['reference']}:{kind}",
            "reference": attempt["reference"],
            "fee": attempt["fee"],
            "kind": kind,
            "amount": attempt["amount"],
            "currency": attempt["currency"],
        },
        sort_keys=True,
    ).encode()


def _event(body: bytes) -> PaymentEvent:
    """Read a body whose signature is right; what is malformed counts as not signed."""
    try:
        said = json.loads(body)
        kind, amount = said["kind"], said["amount"]
        texts = [said[name] for name in ("id", "reference", "fee", "currency")]
        texts.append(said.get("refund", ""))
    except (ValueError, TypeError, KeyError):
        raise _not_signed() from None
    whole = isinstance(amount, int) and not isinstance(amount, bool)
    if kind not in KINDS or not whole or not all(isinstance(text, str) for text in texts):
        raise _not_signed()
    ident, reference, fee, currency, refund = texts
    return PaymentEvent(ident, TEST, reference, fee, kind, amount, currency, refund)


def write_token(attempt: Mapping[str, Any]) -> str:
    """What is to be paid, as part of the page's address."""
    stamped = {**attempt, "begun": int(now().timestamp())}
    return signing.Signer(salt=SALT).sign_object(stamped, compress=True)


def read_token(token: str) -> dict[str, Any]:
    """What is to be paid, as we signed it at most two hours ago (PAYMENT-106)."""
    try:
        found: dict[str, Any] = signing.Signer(salt=SALT).unsign_object(token)
    except signing.BadSignature:
        found = {}
    if not found or now().timestamp() - found["begun"] > OPEN.total_seconds():
        raise PaymentError(
            "PAYMENT-106", "This payment page is no longer open. Go back and start again."
        )
    return found
