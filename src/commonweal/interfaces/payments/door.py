"""The inbound door: a provider's callback, checked before it is read, settled in one piece."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from commonweal.kernel.casework.public import PaymentEvent, PaymentOutcome
from commonweal.kernel.schema.public import CommonwealError

from ..web.access import open_to_all
from .port import NotSigned, PaymentError, Provider, provider

Settle = Callable[[PaymentEvent], PaymentOutcome]
"""Takes an event in: finds the fee, calls `fees.apply`, keeps the result. It may be asked again."""
LARGEST = 64 * 1024


@dataclass(frozen=True)
class Answer:
    """What a provider is told: 200 and what its word did, or a status, a code and a sentence."""

    status: int
    said: Mapping[str, str]


def receive(
    found: Provider, headers: Mapping[str, str], body: bytes | None, settle: Settle
) -> Answer:
    """Check a callback and settle it. What is not signed learns nothing (PAYMENT-103).

    `body`: None where it was too large to be read.
    """
    if body is None or len(body) > LARGEST:
        return _refused(PaymentError("PAYMENT-104", "The callback is too large."), 413)
    try:
        event = found.verify_callback(headers, body)
    except NotSigned as error:
        return _refused(error, error.status)
    try:
        with transaction.atomic():
            outcome = settle(event)
    except CommonwealError as error:
        return _refused(error, error.status)
    return Answer(200, {"result": outcome.effect})


def _refused(error: CommonwealError, status: int) -> Answer:
    return Answer(status, {"code": error.code, "detail": error.message})


def callback(settle: Settle) -> Callable[..., JsonResponse]:
    """The view for a provider's callbacks: no session, no form; its signature is the only key."""

    @csrf_exempt
    @open_to_all
    @require_POST
    def told(request: HttpRequest, code: str) -> JsonResponse:
        """A provider says what became of a payment."""
        try:
            found = provider(code)
        except CommonwealError as error:
            return JsonResponse({"code": error.code, "detail": error.message}, status=404)
        length = str(request.META.get("CONTENT_LENGTH") or "0")
        body = request.body if length.isdecimal() and int(length) <= LARGEST else None
        answer = receive(found, request.headers, body, settle)
        return JsonResponse(dict(answer.said), status=answer.status)

    return told
