"""The usage that an agency takes away: what counts in each month, and what was replaced in it."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from ..access.public import Actor
from .models import Partition, UsageFact
from .selectors import export_csv


def usage_files(actor: Actor, agency_id: UUID) -> Iterator[tuple[str, str, Iterator[str]]]:
    """Two CSV files a month, the second often empty: (name, what it holds, pieces)."""
    sealed = Partition.objects.filter(agency_id=agency_id, kind__in=("usage", "replaced"))
    open_now = UsageFact.objects.filter(agency_id=agency_id)
    months = {*sealed.values_list("period", flat=True).distinct()}
    months |= {*open_now.values_list("booked_in", flat=True).distinct()}
    for period in sorted(months):
        yield (
            f"usage/{period}.csv",
            f"The usage records that count in {period}.",
            export_csv(actor, agency_id, period),
        )
        yield (
            f"usage/replaced-{period}.csv",
            f"Usage records of {period} that others replaced in time: they count nowhere.",
            export_csv(actor, agency_id, period, replaced=True),
        )
