"""Reads: exchange rates, and what a line that they converted came to before."""

from __future__ import annotations

from commonweal.kernel.access.public import Actor
from commonweal.kernel.schema.public import Listing, Place, listing

from ..models import ExchangeRate


def exchange_rates(actor: Actor, place: Place | None = None) -> Listing[ExchangeRate]:
    """Every exchange rate that was proposed, oldest first. Public: bills follow from it."""
    return listing(ExchangeRate.objects.all(), ["recorded_at", "id"], place)
