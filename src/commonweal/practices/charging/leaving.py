"""What an agency takes away of charging beside its rows: each bill as a journal of its books."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from commonweal.kernel.access.public import Actor

from .models import Bill
from .selectors.portal import agency_journal


def journal_files(actor: Actor, agency_id: UUID) -> Iterator[tuple[str, str, Iterator[bytes]]]:
    """A CSV file for each issued bill: (name, what it holds, pieces)."""
    issued = Bill.objects.filter(agency_id=agency_id, state="issued").order_by("period", "id")
    for bill in issued:
        name, data = agency_journal(actor, bill.pk)
        about = f"Bill {bill.number} as a journal by the agency's own account strings."
        yield f"journals/{name}", about, iter([data])
