"""The usage that an agency takes away: the records that count in each month."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from ..access.public import Actor
from .models import Partition, UsageFact
from .selectors import export_csv


def usage_files(actor: Actor, agency_id: UUID) -> Iterator[tuple[str, str, Iterator[str]]]:
    """One CSV file a month: (name, what it holds, pieces)."""
    sealed = Partition.objects.filter(agency_id=agency_id, kind="usage")
    open_now = UsageFact.objects.filter(agency_id=agency_id)
    months = {*sealed.values_list("period", flat=True).distinct()}
    months |= {*open_now.values_list("booked_in", flat=True).distinct()}
    for period in sorted(months):
        yield (
            f"usage/{period}.csv",
            f"The usage records that count in {period}.",
            export_csv(actor, agency_id, period),
        )
