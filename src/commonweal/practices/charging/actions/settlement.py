"""Writes between bills, advances and cash: each posts a pair of journals and is undone by another.

Every act holds the agency's money alone while it works, so that nobody pays one bill twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.authority.public import Decision
from commonweal.kernel.calendar.public import now, today
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Conflict, NotFound, alone, uuid7

from ..closing.cash import post_moves, reverse_moves
from ..closing.posting import ADVANCES, PAID_AHEAD
from ..domain.settlement import Key, OpenBill, Part, PaymentError, moved, negated, spread, usable
from ..models import BankEntry, Bill, BillAcceptance, Settlement, SettlementPart
from ..selectors.standing import advances, open_bills
from .acceptance import ACCEPT, SETTLE

ENOUGH = 10


def hold_agency(agency_id: UUID) -> None:
    """Hold an agency's bills and advances until the transaction ends."""
    alone(f"charging.settlement:{agency_id}")


def open_bill(bill_id: UUID) -> tuple[Bill, OpenBill]:
    """A bill with what is open of it (BILL-406; PAY-212 before its journals are posted)."""
    bill = Bill.objects.select_related("agency").filter(pk=bill_id).first()
    if bill is None:
        raise NotFound("BILL-406", "There is no such bill among those you may see.")
    found = open_bills([bill]).get(bill.pk)
    if found is None:
        raise PaymentError(
            "PAY-212", f"Bill {bill.number or bill.period} is not in the books yet. "
            "Finish the close of its month first.",
        )  # fmt: skip
    return bill, found


def write_settlement(
    actor: Actor, agency_id: UUID, parts: Sequence[Part], **facts: Any
) -> Settlement:
    """Post an act and keep it: `facts` are fields of the row, and `description`, `out_of`,
    `minors` (cash by key where no part moves it)."""
    found = Settlement.objects.filter(agency_id=agency_id, key=facts["key"]).first()
    if found is not None:
        record(actor=actor, verb="payment.settled_already", target=found, agency_id=agency_id)
        return found
    settlement_id, description = uuid7(), facts.pop("description")
    out_of = facts.pop("out_of", (ADVANCES, PAID_AHEAD))
    period, journal_id = post_moves(
        centre_id=centre().agency_id,
        agency_id=agency_id,
        moves=moved(parts),
        day=facts["day"],
        currency=facts["currency"],
        key=f"settlement:{settlement_id}",
        description=description,
        reference=str(settlement_id),
        out_of=out_of,
    )
    own = parts if out_of == (ADVANCES, PAID_AHEAD) else ()
    return _keep(actor, agency_id, own, id=settlement_id, period=period, journal_id=journal_id,
        amount_minor=sum(part.minor for part in parts), **facts)  # fmt: skip


def _keep(actor: Actor, agency_id: UUID, parts: Sequence[Part], **facts: Any) -> Settlement:
    with act_as(SYSTEM):
        made = Settlement.objects.create(
            agency_id=agency_id, recorded_at=now(), recorded_by=actor.user_id, **facts
        )
        SettlementPart.objects.bulk_create(
            SettlementPart(
                agency_id=agency_id,
                settlement=made,
                bill_id=part.bill_id,
                fund=part.key[0],
                service_code=part.key[1],
                amount_minor=part.minor,
            )
            for part in parts
        )
    record(
        actor=actor,
        verb=f"payment.{made.kind}",
        target=made,
        agency_id=agency_id,
        payload={
            "amount_minor": made.amount_minor,
            "currency": made.currency,
            "period": made.period,
            "bills": sorted({str(part.bill_id) for part in parts if part.bill_id}),
            "journal": made.journal_id,
            "entry": made.entry_id,
            "decision": made.decision_id,
        },
    )
    return made


@action
def apply_advance(*, actor: Actor, bill_id: UUID, amount_minor: int | None = None) -> Settlement:
    """Pay an accepted bill from the agency's advance, at the agency's or the centre's request.

    Each service's advance pays that service alone (law 5). PAY-220 before acceptance (R14), PAY-221
    if no service of the bill has an advance, or not `amount_minor` of it.
    """
    bill = Bill.objects.filter(pk=bill_id).first()
    if bill is None or not (actor.centre or bill.agency_id in actor.agencies):
        raise NotFound("BILL-406", "There is no such bill among those you may see.")
    require(actor, SETTLE if actor.centre else ACCEPT, bill.agency_id)
    hold_agency(bill.agency_id)
    bill, found = open_bill(bill_id)
    require_accepted(bill)
    used = usable(advances(bill.agency_id), found.opens, amount_minor)
    if not used or (amount_minor is not None and sum(used.values()) != amount_minor):
        raise PaymentError(
            "PAY-221",
            f"The advance has no such amount for the services of bill {bill.number}. An advance "
            "pays only the service that it was paid for. Give a smaller amount, or ask for a "
            "refund.",
            field="amount",
        )
    parts = [Part(key, minor, bill.pk) for key, minor in used.items()]
    parts += [Part(key, -minor) for key, minor in used.items()]
    return write_settlement(
        actor, bill.agency_id, parts,
        kind="apply", key=f"apply:{uuid7()}", day=today(centre().zone), currency=bill.currency,
        how="person", reference=bill.number, description=f"Advance pays bill {bill.number}",
    )  # fmt: skip


@action
def credit_to_advance(*, actor: Actor, bill_id: UUID) -> Settlement:
    """Turn a bill below zero into an advance of the same services, to be used later or paid back.

    PAY-222 unless the centre owes the agency something for the bill.
    """
    require(actor, SETTLE)
    bill = Bill.objects.filter(pk=bill_id).first()
    if bill is None:
        raise NotFound("BILL-406", "There is no such bill among those you may see.")
    hold_agency(bill.agency_id)
    bill, found = open_bill(bill_id)
    require_accepted(bill)
    if found.open_minor >= 0:
        raise PaymentError(
            "PAY-222", f"Bill {bill.number} owes the agency nothing. Choose a bill below zero."
        )
    parts = [Part(key, minor, bill.pk) for key, minor in found.opens.items()]
    parts += [Part(key, -minor) for key, minor in found.opens.items()]
    return write_settlement(
        actor, bill.agency_id, parts,
        kind="credit", key=f"credit:{bill.pk}:{uuid7()}", day=today(centre().zone),
        currency=bill.currency, how="person", reference=bill.number,
        description=f"Bill {bill.number} below zero becomes an advance",
    )  # fmt: skip


def require_accepted(bill: Bill) -> None:
    """Acceptance goes before settlement (reference/domain.md R14)."""
    if not BillAcceptance.objects.filter(bill=bill).exists():
        raise PaymentError(
            "PAY-220",
            f"Bill {bill.number} is not accepted yet. The agency accepts it first, or its days to "
            "pay pass.",
        )


def bill_parts(found: OpenBill, minor: int, service: str = "") -> list[Part]:
    """What an amount pays of a bill, over its services or one of them (PAY-201, PAY-203)."""
    opens: Mapping[Key, int] = found.opens
    if service:
        opens = {key: value for key, value in found.opens.items() if key[1] == service}
        if not opens:
            raise PaymentError(
                "PAY-203", f"Nothing is open for “{service}” on bill {found.number}. "
                "Name another service, or none.", field="service",
            )  # fmt: skip
    return [Part(key, part, found.id) for key, part in spread(minor, opens).items()]


@action
def undo_settlement(*, actor: Actor, settlement_id: UUID, reason: str) -> Settlement:
    """Undo an act by its reversal, in the open month; a payment waits for a person again.

    PAY-230 without a reason of ten characters, PAY-231 if it was undone already or is an undoing,
    PAY-232 for a refund, which is cash that left, PAY-233 if its advance is used already.
    """
    require(actor, SETTLE)
    found = Settlement.objects.filter(pk=settlement_id).first()
    if found is None:
        raise NotFound("PAY-404", "There is no such payment. Go back to the list and choose one.")
    hold_agency(found.agency_id)
    _check_undo(found, reason)
    undone = negated(
        Part((row.fund, row.service_code), row.amount_minor, row.bill_id)
        for row in found.parts.all()
    )
    _check_advance_left(found.agency_id, undone)
    key, day = f"undo:{found.pk}", today(centre().zone)
    period, journal_id = reverse_moves(
        centre_id=centre().agency_id, agency_id=found.agency_id, journal_id=found.journal_id or
        found.pk, day=day, key=key, reason=reason.strip()[:150],
    )  # fmt: skip
    made = _keep(
        actor, found.agency_id, undone,
        kind="reversal", key=key, reverses=found, entry_id=found.entry_id, day=day, period=period,
        amount_minor=-found.amount_minor, currency=found.currency, how="person",
        reference=found.reference, reason=reason.strip()[:500], journal_id=journal_id,
    )  # fmt: skip
    if found.entry_id:
        from .payments import back_to_unknown

        back_to_unknown(BankEntry.objects.select_for_update().get(pk=found.entry_id), made)
    return made


def _check_undo(found: Settlement, reason: str) -> None:
    if len(reason.strip()) < ENOUGH:
        raise PaymentError(
            "PAY-230", "Say in at least ten characters why it is undone.", field="reason"
        )
    if found.kind == "reversal" or Settlement.objects.filter(reverses=found).exists():
        raise Conflict("PAY-231", "This was undone already. Read the list again.")
    if found.kind == "refund":
        raise PaymentError(
            "PAY-232", "A refund is money that left. Import its return as a payment instead."
        )


def _check_advance_left(agency_id: UUID, parts: Sequence[Part]) -> None:
    have = advances(agency_id)
    for move in moved(parts):
        if move.advance < 0 and have.get(move.key, 0) + move.advance < min(
            0, have.get(move.key, 0)
        ):
            raise PaymentError(
                "PAY-233",
                "Part of this advance paid a bill or was paid back since. Undo that first.",
            )


@action
def post_refund(
    *,
    actor: Actor,
    agency_id: UUID,
    amounts: Mapping[Key, int],
    currency: str,
    day: date,
    reason: str,
    decision_id: UUID,
    key: str,
    out_of: tuple[str, str] = (ADVANCES, PAID_AHEAD),
) -> Settlement:
    """Pay an agency back in cash, in both books, as a decision of two people says.

    `amounts`: minor units by (fund, service code), each above zero (PAY-240). Out of its advances,
    each service from its own (PAY-241); or `out_of` other accounts (centre's, agency's) in which
    the caller put the amount before. The same `key` pays once.
    """
    if not amounts or any(minor <= 0 for minor in amounts.values()):
        raise PaymentError("PAY-240", "A refund is an amount above zero for each service.")
    with act_as(SYSTEM):
        decided = Decision.objects.filter(pk=decision_id, state="approved").exists()
    if not decided:
        raise PaymentError("PAY-244", "Nobody approved this refund. A second person does it first.")
    hold_agency(agency_id)
    known = Settlement.objects.filter(agency_id=agency_id, key=key).exists()
    if out_of == (ADVANCES, PAID_AHEAD) and not known:
        have = advances(agency_id)
        short = sorted(place[1] for place, minor in amounts.items() if minor > have.get(place, 0))
        if short:
            raise PaymentError(
                "PAY-241",
                f"The advance for {', '.join(short)} is smaller than the refund. Give a smaller "
                "amount.",
                field="amount",
            )
    return write_settlement(
        actor, agency_id, [Part(place, -minor) for place, minor in sorted(amounts.items())],
        kind="refund", key=key, day=day, currency=currency, how="decision",
        reason=reason.strip()[:500], decision_id=decision_id, out_of=out_of,
        description="Refund to an agency",
    )  # fmt: skip
