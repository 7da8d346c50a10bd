"""Addresses of the payment door, for whoever keeps the fees: `addresses(settle)`."""

from __future__ import annotations

from django.urls import URLPattern, path

from .door import Settle, callback
from .views import page_of

NAMESPACE = "payments"


def addresses(settle: Settle) -> tuple[list[URLPattern], str]:
    """What to include (`path("pay/", include(addresses(settle)))`): callbacks, the test page."""
    return (
        [
            path("told/<slug:code>/", callback(settle), name="callback"),
            path("test/<str:token>/", page_of(settle), name="test_page"),
        ],
        NAMESPACE,
    )
