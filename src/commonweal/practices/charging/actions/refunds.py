"""Money that leaves takes two people: refunds of advances, payments sent back to their payer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import override

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.authority.public import Decision, approve, propose, reject
from commonweal.kernel.calendar.public import now, today
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Conflict, NotFound
from commonweal.kernel.words import public as words

from ..closing.cash import post_unknown
from ..domain.settlement import PaymentError
from ..models import BankEntry
from ..selectors.standing import advances
from .acceptance import SETTLE
from .settlement import ENOUGH, hold_agency, post_refund

REFUND = "charging.Refund"
RETURN = "charging.ReturnedPayment"
APPROVE_REFUNDS = "charging.approve_refunds"


def _check_reason(reason: str) -> str:
    if len(reason.strip()) < ENOUGH:
        raise PaymentError(
            "PAY-242", "Say in at least ten characters why the money goes back.", field="reason"
        )
    return reason.strip()


@action
def propose_refund(
    *, actor: Actor, agency_id: UUID, reason: str, amounts: Mapping[str, int] | None = None
) -> Decision:
    """Propose to pay an agency's advance back: all of it, or `amounts` in minor units by service.

    A second person approves or rejects it. PAY-241 if there is no such advance, PAY-242 without a
    reason. One proposal waits at a time (AUTHORITY-103).
    """
    require(actor, SETTLE)
    agency = find_agency(actor, agency_id)
    why = _check_reason(reason)
    hold_agency(agency_id)
    have = {key: minor for key, minor in advances(agency_id).items() if minor > 0}
    chosen = have
    if amounts is not None:
        by_service = {key[1]: key for key in have}
        chosen = {by_service[code]: minor for code, minor in amounts.items() if code in by_service}
        if set(amounts) - set(by_service):
            chosen = {}
    if not chosen or any(not 0 < minor <= have[key] for key, minor in chosen.items()):
        raise PaymentError(
            "PAY-243",
            "The agency has no such advance. Look at its advances, and give a smaller amount.",
            field="amount",
        )
    total, currency = sum(chosen.values()), centre().currency
    with override(centre().locale):
        label = _("Refund to %(agency)s") % {"agency": agency.code}
        statement = _("Pay %(amount)s of its advance back to %(agency)s: %(reason)s") % {
            "amount": words.money(total, currency),
            "agency": agency.name,
            "reason": why,
        }
    return propose(
        actor=actor, subject_type=REFUND, subject_id=agency_id, label=label, statement=statement,
        permission=SETTLE, amount_minor=total, currency=currency,
        effect={"agency": agency_id, "amounts": [[*key, minor] for key, minor in chosen.items()],
                "reason": why},
    )  # fmt: skip


@action
def approve_refund(*, actor: Actor, decision_id: UUID) -> Decision:
    """Approve a refund or a return as the second person; it is posted at once."""
    require(actor, APPROVE_REFUNDS)
    return approve(actor=actor, decision_id=decision_id)


@action
def reject_refund(*, actor: Actor, decision_id: UUID, reason: str) -> Decision:
    """Reject a refund or a return as the second person, with a reason; nothing is posted."""
    require(actor, APPROVE_REFUNDS)
    return reject(actor=actor, decision_id=decision_id, reason=reason)


def refund_approved(actor: Actor, decision: Decision) -> None:
    """Post what was approved, in the transaction of the decision."""
    effect = decision.effect
    post_refund(
        actor=actor,
        agency_id=UUID(effect["agency"]),
        amounts={(fund, service): minor for fund, service, minor in effect["amounts"]},
        currency=decision.currency,
        day=today(centre().zone),
        reason=effect["reason"],
        decision_id=decision.pk,
        key=f"refund:{decision.pk}",
    )


def _waiting(entry_id: UUID) -> BankEntry:
    entry = BankEntry.objects.select_for_update().filter(pk=entry_id).first()
    if entry is None:
        raise NotFound("PAY-404", "There is no such payment. Go back to the list and choose one.")
    if entry.state not in ("unknown", "proposed"):
        raise Conflict("PAY-250", "This payment does not wait any more. Read the list again.")
    return entry


@action
def propose_return(*, actor: Actor, entry_id: UUID, reason: str) -> Decision:
    """Propose to send a payment that nobody recognises back to its payer; a second person approves
    it. PAY-242 without a reason, PAY-250 if it does not wait any more."""
    require(actor, SETTLE)
    why, entry = _check_reason(reason), _waiting(entry_id)
    with override(centre().locale):
        day = words.day(entry.booked_on)
        label = _("Return of a payment of %(day)s") % {"day": day}
        statement = _("Send %(amount)s of %(day)s back to its payer: %(reason)s") % {
            "amount": words.money(entry.amount_minor, entry.currency), "day": day, "reason": why,
        }  # fmt: skip
    return propose(
        actor=actor, subject_type=RETURN, subject_id=entry.pk, label=label, statement=statement,
        permission=SETTLE, amount_minor=entry.amount_minor, currency=entry.currency,
        effect={"entry": entry.pk, "reason": why},
    )  # fmt: skip


def return_approved(actor: Actor, decision: Decision) -> None:
    """Take the cash out of the books again, in the transaction of the decision."""
    entry = _waiting(UUID(decision.effect["entry"]))
    take_out_unknown(entry, f"return:{decision.pk}")
    entry.state, entry.changed_at = "returned", now()
    entry.note = decision.effect["reason"][:500]
    entry.save(update_fields=["state", "changed_at", "note"])
    record(
        actor=actor,
        verb="payment.returned",
        target=entry,
        agency_id=entry.agency_id,
        payload={"amount_minor": entry.amount_minor, "decision": decision.pk},
    )


def take_out_unknown(entry: BankEntry, key: str) -> None:
    """The payment is nobody's no more: its cash leaves the account of such payments."""
    post_unknown(
        centre_id=entry.agency_id, minor=-entry.amount_minor, currency=entry.currency,
        day=today(centre().zone), key=key, reference=str(entry.pk),
    )  # fmt: skip


def nothing_happens(actor: Actor, decision: Any) -> None:
    """A proposal that was rejected or withdrawn leaves everything as it was."""
