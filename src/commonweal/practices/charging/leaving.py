"""What an agency takes away of charging beside its rows: bills as journals, and their verifier."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from commonweal.kernel.access.public import Actor

from .models import Bill
from .papers.pack import verifier_source
from .selectors.portal import agency_journal


def journal_files(actor: Actor, agency_id: UUID) -> Iterator[tuple[str, str, Iterator[bytes]]]:
    """The verifier, and a CSV file for each issued bill: (name, what it holds, pieces)."""
    about = "Checks the pack of a bill, with Python alone."
    yield "check_bill.py", about, iter([verifier_source()])
    issued = Bill.objects.filter(agency_id=agency_id, state="issued").order_by("period", "id")
    for bill in issued:
        name, data = agency_journal(actor, bill.pk)
        about = f"Bill {bill.number} as a journal by the agency's own account strings."
        yield f"journals/{name}", about, iter([data])
