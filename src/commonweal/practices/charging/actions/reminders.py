"""Asking an agency, politely, for what is past due."""

from __future__ import annotations

from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import now, today
from commonweal.kernel.notices.public import notify_role
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Conflict
from commonweal.kernel.words import public as words

from ..domain.settlement import PaymentError
from ..models import BillReminder
from ..selectors.owed import account
from .acceptance import SETTLE


@action
def remind_agency(*, actor: Actor, agency_id: UUID) -> BillReminder:
    """Send an agency's bill readers a polite reminder of what is past due and nobody disputes.

    PAY-260 if nothing is, PAY-261 if it was reminded today already.
    """
    require(actor, SETTLE)
    found, day = account(actor, agency_id), today(centre().zone)
    if not found.owed.overdue_minor or found.owed.oldest_due is None:
        raise PaymentError(
            "PAY-260", "Nothing of this agency is past due, so there is nothing to ask."
        )
    if BillReminder.objects.filter(agency_id=agency_id, sent_on=day).exists():
        raise Conflict("PAY-261", "This agency was reminded today already. Give it a day.")
    made = BillReminder.objects.create(
        agency_id=agency_id, sent_on=day, overdue_minor=found.owed.overdue_minor,
        sent_by=actor.user_id, recorded_at=now(),
    )  # fmt: skip
    late = [each.bill.number for each in found.open if each.late]
    notify_role(
        actor=actor,
        agency_id=agency_id,
        permission="charging.view_bills",
        template="bill_reminder",
        context={
            "amount": words.money(found.owed.overdue_minor, found.currency),
            "until": str(found.owed.oldest_due),
            "bills": ", ".join(late),
            "day": str(day),
        },
    )
    record(
        actor=actor, verb="payment.reminded", target=made, agency_id=agency_id,
        payload={"overdue_minor": made.overdue_minor, "bills": len(late)},
    )  # fmt: skip
    return made
