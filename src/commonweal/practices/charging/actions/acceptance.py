"""An agency accepts a bill: in so many words, by paying it, or by its order's days to pay."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import now, today
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import NotFound

from ..domain.settlement import PaymentError
from ..models import Bill, BillAcceptance

ACCEPT = "charging.accept_bills"
SETTLE = "charging.settle"


@action
def accept_bill(*, actor: Actor, bill_id: UUID) -> BillAcceptance:
    """Accept an issued bill for its agency. What the agency disputes of it stays held all the same.

    Accepting twice changes nothing. PAY-210 before the bill is issued, PAY-211 for a program.
    """
    bill = Bill.objects.select_for_update().filter(pk=bill_id).exclude(state="draft").first()
    if bill is None or not (actor.centre or bill.agency_id in actor.agencies):
        raise NotFound("BILL-406", "There is no such bill among those you may see.")
    require(actor, ACCEPT, bill.agency_id)
    if actor.user_id is None:
        raise PaymentError("PAY-211", "A bill is accepted by a person. Sign in to your account.")
    if bill.state != "issued":
        raise PaymentError(
            "PAY-210", "This bill is not issued yet. You can accept it once it is issued."
        )
    return accepted(actor, bill, today(centre().zone), "person")


def accepted(actor: Actor, bill: Bill, day: date, how: str) -> BillAcceptance:
    """The bill's acceptance; made now, if there is none."""
    found, fresh = BillAcceptance.objects.get_or_create(
        bill=bill,
        defaults={
            "agency_id": bill.agency_id,
            "accepted_on": day,
            "how": how,
            "accepted_by": actor.user_id if how == "person" else None,
            "recorded_at": now(),
        },
    )
    record(
        actor=actor,
        verb="bill.accepted" if fresh else "bill.accepted_already",
        target=bill,
        agency_id=bill.agency_id,
        payload={"how": found.how, "day": found.accepted_on},
    )
    return found


@action
def accept_due_bills(*, actor: Actor, day: date | None = None) -> int:
    """Accept by the terms of their orders the bills whose days to pay have passed without a word;
    returns how many. An order's days to pay are the days within which both sides signed to object
    or pay; they are the bill's due day.
    """
    require(actor, SETTLE)
    until = day or today(centre().zone)
    waiting = Bill.objects.select_for_update(of=("self",)).filter(
        state="issued", acceptance__isnull=True, due_on__lt=until
    )
    bills = list(waiting.order_by("id"))
    for bill in bills:
        accepted(actor, bill, bill.due_on or until, "terms")
    record(
        actor=actor,
        verb="bill.acceptance_checked",
        target=("party.Agency", centre().agency_id),
        agency_id=centre().agency_id,
        payload={"accepted": len(bills), "day": until},
    )
    return len(bills)
