"""Reads of disputes: what is held, what waits for whom, and what became of it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import F, Sum

from ..models import LineQuery

LIVE = ("open", "answered")
"""A dispute holds its amount until it is closed: an outcome may still be escalated."""


def held_minor(bill_ids: Collection[UUID]) -> dict[UUID, int]:
    """Minor units of each bill that open disputes hold back; a bill without any is left out.

    Never more than the bill: what the agency need not pay before its dispute is closed.
    """
    rows = (
        LineQuery.objects.filter(kind="dispute", state__in=LIVE, line__bill_id__in=bill_ids)
        .values_list("line__bill_id", "line__bill__total_minor")
        .annotate(held=Sum(F("disputed_minor") - F("credited_minor")))
        .order_by()
    )
    return {
        bill_id: held for bill_id, total, amount in rows if (held := min(amount, max(0, total)))
    }
