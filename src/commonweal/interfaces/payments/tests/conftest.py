"""The door with its addresses, in front of one fee that is kept in memory.

`settle` is what whoever keeps the fees passes in: here it applies the event to the fee of the test.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from django.test import Client
from django.urls import clear_url_caches, include, path

from commonweal.interfaces.payments.port import provider
from commonweal.interfaces.payments.urls import addresses
from commonweal.kernel.calendar.public import at
from commonweal.kernel.casework.domain.fees import Fee
from commonweal.kernel.casework.domain.fees import apply as apply_payment
from commonweal.kernel.casework.domain.fees import start as start_payment
from commonweal.kernel.casework.public import PaymentEvent, PaymentOutcome

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=UTC)
BACK = "/my/case/7/?tab=fee"


class Kept:
    """The fee of a test, and how often the door asked to settle something."""

    def __init__(self) -> None:
        self.fee = Fee("fee-1", 4_250, "USD")
        self.asked = 0

    def begin(self) -> str:
        """Start an attempt at the test provider; the address of its page."""
        from commonweal.interfaces.payments.port import ToPay

        begun = provider().begin(ToPay("fee-1", 4_250, "USD", "Copy of a deed"), BACK)
        self.fee = start_payment(self.fee, "test", begun.reference)
        return begun.url

    def settle(self, event: PaymentEvent) -> PaymentOutcome:
        self.asked += 1
        outcome = apply_payment(self.fee, event)
        self.fee = outcome.fee
        return outcome


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def client(
    kept: Kept, db: None, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Client]:
    """A browser before the product's own addresses and the door's."""
    settings.PAYMENT_PROVIDER, settings.PAYMENT_TEST = "test", True
    own = importlib.import_module("commonweal.interfaces.web.urls")
    with_door = ModuleType("commonweal_test_urls")
    with_door.__dict__.update(vars(own))
    door = path("pay/", include(addresses(kept.settle)))
    with_door.urlpatterns = [door, *own.urlpatterns]  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, "commonweal_test_urls", with_door)
    settings.ROOT_URLCONF = "commonweal_test_urls"
    clear_url_caches()
    with at(NOW):
        yield Client(enforce_csrf_checks=True)
    clear_url_caches()
