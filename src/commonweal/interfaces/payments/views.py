"""The test provider's own page. It stands on our server, but knows of a fee only what a provider
would: what, how much, and where to go back to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from commonweal.kernel.casework.public import PaymentKind
from commonweal.kernel.words.public import told as in_words

from ..web.access import open_to_all
from ..web.look.page import Page, Problem
from .door import Settle, receive
from .port import TEST, PaymentError, online, provider
from .test_provider import read_token, signed, told

CARDS: dict[str, PaymentKind] = {
    "approve": "paid",
    "decline": "failed",
    "abandon": "cancelled",
    "delayed": "pending",
}
LATER: dict[str, PaymentKind] = {"bank-pays": "paid", "bank-refuses": "failed"}
"""What the bank may say afterwards about a payment that waits."""


def page_of(settle: Settle) -> Callable[..., HttpResponse]:
    """The page: it tells our door what the chosen card does, signed, and sends the person back."""

    @open_to_all
    @require_http_methods(["GET", "POST"])
    def page(request: HttpRequest, token: str) -> HttpResponse:
        """Pay with a card that is none: what each does is written beside it."""
        if settings.PAYMENT_PROVIDER != TEST or not online():
            raise _closed()
        attempt = read_token(token)
        card = request.POST.get("card", "")
        kind = CARDS.get(card) or LATER.get(card)
        if request.method == "GET" or kind is None:
            missing = request.method == "POST"
            return _drawn(request, attempt, waiting=False, missing=missing)
        body = told(attempt, kind)
        answer = receive(provider(TEST), signed(body), body, settle)
        if answer.status != 200:
            problem = Problem(
                in_words(answer.said.get("detail", "")), "card", answer.said.get("code", "")
            )
            return _drawn(request, attempt, waiting=False, problem=problem)
        if kind == "pending":
            return _drawn(request, attempt, waiting=True)
        return HttpResponseRedirect(way_back(attempt))

    return page


def _closed() -> PaymentError:
    error = PaymentError(
        "PAYMENT-106", "This payment page is no longer open. Go back and start again."
    )
    error.status = 404
    return error


def way_back(attempt: dict[str, Any]) -> str:
    """The address to go back to, with the attempt's reference; it says nothing of success."""
    parts = urlsplit(attempt["back"])
    query = [*parse_qsl(parts.query, keep_blank_values=True), ("payment", attempt["reference"])]
    return str(urlunsplit(parts._replace(query=urlencode(query))))


def _drawn(
    request: HttpRequest,
    attempt: dict[str, Any],
    *,
    waiting: bool,
    missing: bool = False,
    problem: Problem | None = None,
) -> HttpResponse:
    errors = [problem] if problem else []
    if missing:
        errors = [Problem(_("Choose a card."), "card")]
    frame = Page(centre=_("Test payments"), language=get_language() or settings.LANGUAGE_CODE)
    cards = [
        ("approve", _("A card that pays"), _("The payment succeeds at once.")),
        ("decline", _("A card that is declined"), _("The bank says no.")),
        (
            "delayed",
            _("A bank that answers later"),
            _("The payment waits until you let it answer."),
        ),
        ("abandon", _("Walk away"), _("As if you had closed the page without paying.")),
    ]
    context = {
        "frame": frame,
        "attempt": attempt,
        "cards": cards,
        "waiting": waiting,
        "errors": errors,
        "wrong": errors[0].text if errors else None,
        "back": way_back(attempt),
    }
    return render(request, "payments/test_page.jinja", context, status=422 if errors else 200)
