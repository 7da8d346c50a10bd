"""Reads of bank statements, of payments that wait, and of saved layouts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Count, Min, Sum

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.calendar.public import today
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..models import BankEntry, BankStatement, PayerAccount, PaymentMapping, Settlement
from .owed import VIEW

WAITING = ("unknown", "proposed")


def statements(actor: Actor, place: Place = FIRST) -> Listing[BankStatement]:
    """A page of imported statements, newest first."""
    require(actor, VIEW)
    return listing(BankStatement.objects.all(), ["-recorded_at", "-id"], place)


def statement(actor: Actor, statement_id: UUID) -> BankStatement:
    """One imported statement (PAY-405)."""
    require(actor, VIEW)
    found = BankStatement.objects.filter(pk=statement_id).first()
    if found is None:
        raise NotFound("PAY-405", "There is no such statement. Choose one from the list.")
    return found


def entries(actor: Actor, statement_id: UUID, place: Place = FIRST) -> Listing[BankEntry]:
    """A page of a statement's entries, in its order."""
    require(actor, VIEW)
    found = BankEntry.objects.filter(statement_id=statement_id)
    return listing(found, ["row", "id"], place)


def waiting_payments(actor: Actor, place: Place = FIRST) -> Listing[BankEntry]:
    """A page of the payments that wait for a person, oldest first."""
    require(actor, VIEW)
    found = BankEntry.objects.filter(state__in=WAITING).select_related("statement")
    return listing(found, ["booked_on", "id"], place)


def entry(actor: Actor, entry_id: UUID) -> BankEntry:
    """One entry with its statement (PAY-404)."""
    require(actor, VIEW)
    found = BankEntry.objects.select_related("statement").filter(pk=entry_id).first()
    if found is None:
        raise NotFound("PAY-404", "There is no such payment. Go back to the list and choose one.")
    return found


def entry_history(actor: Actor, entry_id: UUID) -> list[Settlement]:
    """What was done with a payment, oldest first."""
    require(actor, VIEW)
    found = Settlement.objects.filter(entry_id=entry_id).select_related("agency", "reversed_by")
    return list(found.order_by("recorded_at", "id"))


@dataclass(frozen=True)
class Waiting:
    """How many payments nobody recognises, how much, since when, and the oldest one's days."""

    count: int
    total_minor: int
    oldest: date | None
    days: int


def waiting_summary(actor: Actor) -> Waiting:
    """The payments that wait for a person, in one figure."""
    require(actor, VIEW)
    sums = BankEntry.objects.filter(state__in=WAITING).aggregate(
        count=Count("id"), total=Sum("amount_minor"), oldest=Min("booked_on")
    )
    oldest = sums["oldest"]
    days = (today(centre().zone) - oldest).days if oldest else 0
    return Waiting(sums["count"], int(sums["total"] or 0), oldest, days)


def payment_mappings(actor: Actor, place: Place = FIRST) -> Listing[PaymentMapping]:
    """A page of the saved layouts, by name."""
    require(actor, VIEW)
    return listing(PaymentMapping.objects.all(), ["name"], place)


def payer_accounts(actor: Actor, agency_id: UUID, place: Place = FIRST) -> Listing[PayerAccount]:
    """A page of the accounts that an agency pays from."""
    require(actor, VIEW)
    return listing(PayerAccount.objects.filter(agency_id=agency_id), ["account"], place)
