"""Bank statements in: every entry once, matched where nothing is doubtful, else for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.audit.public import action, record
from commonweal.kernel.calendar.public import now, today
from commonweal.kernel.party.public import agency as find_agency
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import Conflict, NotFound

from ..closing.cash import post_unknown
from ..domain.costs import header_hash
from ..domain.remittance import Match, ReadEntry, Share
from ..domain.settlement import Part, PaymentError, in_proportion
from ..domain.statements import ReadStatement, entry_keys, require_readable
from ..import_payments.reading import PaymentReading, PaymentRequest, read_payments
from ..models import (
    BankEntry,
    BankStatement,
    Bill,
    PayerAccount,
    PaymentMapping,
    Settlement,
)
from ..selectors.matching import IMPORT, PaymentReport, Planned, agencies_all, plan
from ..selectors.standing import posted_by_bill
from .acceptance import SETTLE, accepted
from .refunds import take_out_unknown
from .settlement import ENOUGH, bill_parts, hold_agency, open_bill, write_settlement


@action
def import_payments(*, actor: Actor, request: PaymentRequest) -> PaymentReport:
    """Import a statement: each entry once, however often it is sent. What is sure is posted at
    once; what is not waits for a person in the account of payments nobody recognises.

    PAY-110 with every row that cannot be read; PAY-119 for a layout that nobody confirmed yet.
    """
    require(actor, IMPORT)
    reading = read_payments(request)
    require_readable(reading.problems)
    _confirm_layout(actor, request, reading)
    for row in agencies_all():
        hold_agency(row.pk)
    plans = plan(reading.statements)
    kept = [
        _keep_statement(actor, request, reading, statement, found) for statement, found in plans
    ]
    record(
        actor=actor,
        verb="payment.imported",
        target=("charging.BankStatement", kept[0].pk),
        agency_id=centre().agency_id,
        payload={
            "sha256": reading.sha256,
            "entries": sum(len(found) for _statement, found in plans),
            "new": sum(each.entries_new for each in kept),
        },
    )
    return PaymentReport(reading, plans, tuple(kept))


def _confirm_layout(actor: Actor, request: PaymentRequest, reading: PaymentReading) -> None:
    layout, table = reading.layout, reading.table
    if reading.ask or (layout and table and not reading.saved and not request.accept_as.strip()):
        raise PaymentError(
            "PAY-119",
            " ".join(reading.ask)
            or "This layout is new. Look at the columns that were found, and confirm them by "
            "giving the layout a name.",
            field="accept_as",
        )
    if layout and table and request.accept_as.strip():
        PaymentMapping.objects.update_or_create(
            agency_id=centre().agency_id,
            name=request.accept_as.strip()[:80],
            defaults={
                "header_hash": header_hash(table.header),
                "columns": dict(layout.columns),
                "options": layout.options,
                "recorded_at": now(),
            },
        )


def _keep_statement(
    actor: Actor,
    request: PaymentRequest,
    reading: PaymentReading,
    statement: ReadStatement,
    plans: Sequence[Planned],
) -> BankStatement:
    """The statement's row and its new entries; a file that was imported before is found again."""
    owner = centre().agency_id
    same = BankStatement.objects.filter(
        sha256=reading.sha256, account=statement.account, reference=statement.reference
    ).first()
    if same is not None:
        return same
    first, last = statement.days
    before = (
        BankStatement.objects.filter(account=statement.account, closing_minor__isnull=False)
        .order_by("-last_day", "-recorded_at")
        .first()
    )
    gap = None
    if before is not None and statement.opening_minor is not None:
        gap = statement.opening_minor - (before.closing_minor or 0)
    made = BankStatement.objects.create(
        agency_id=owner, account=statement.account, reference=statement.reference,
        format=statement.format, filename=request.filename[:200], sha256=reading.sha256,
        currency=statement.currency, first_day=first, last_day=last, entries_total=len(plans),
        entries_new=sum(not each.known for each in plans), in_minor=statement.in_minor,
        out_minor=statement.out_minor, opening_minor=statement.opening_minor,
        closing_minor=statement.closing_minor, gap_minor=gap, recorded_at=now(),
        recorded_by=actor.user_id,
    )  # fmt: skip
    for key, each in zip(entry_keys(statement), plans, strict=True):
        if not each.known:
            _keep_entry(actor, made, key, each)
    return made


def _keep_entry(actor: Actor, statement: BankStatement, key: str, planned: Planned) -> None:
    read, match = planned.entry, planned.match
    state = "out" if read.minor < 0 else "unknown"
    if read.minor > 0 and match.agency_id is not None:
        state = "assigned" if match.sure else "proposed"
    entry = BankEntry.objects.create(
        agency_id=statement.agency_id, statement=statement, row=read.row, key=key,
        booked_on=read.booked_on, amount_minor=read.minor, currency=read.currency,
        reference=read.reference, payer=read.payer, payer_account=read.payer_account,
        text=read.text,
        named=[[each.number, each.minor, each.service] for each in read.named],
        state=state, changed_at=now(),
        proposal=_paid_back(read) if state == "out" else proposal_of(match),
    )  # fmt: skip
    if state == "assigned" and match.agency_id is not None:
        _receive(actor, entry, match.agency_id, match.shares, how=match.how)
    elif state != "out":
        hold_unknown(entry, f"unknown:{entry.pk}")


def _paid_back(read: ReadEntry) -> dict[str, Any]:
    """The refund that money out pays, if exactly one of that amount waits for its entry."""
    known = BankEntry.objects.filter(state="out", proposal__refund__isnull=False)
    taken = {entry.proposal["refund"] for entry in known}
    fits = [
        row.pk
        for row in Settlement.objects.filter(
            kind="refund", amount_minor=read.minor, day__lte=read.booked_on
        )
        if str(row.pk) not in taken
    ]
    return {"refund": str(fits[0])} if len(fits) == 1 else {}


def proposal_of(match: Match) -> dict[str, Any]:
    """A match as it is kept and shown: whose, which bills, what is left."""
    if match.agency_id is None:
        return {}
    return {
        "how": match.how,
        "agency": str(match.agency_id),
        "shares": [
            {"bill": str(each.bill_id), "number": each.number, "minor": each.minor,
             "service": each.service}
            for each in match.shares
        ],
        "advance_minor": match.advance_minor,
    }  # fmt: skip


def hold_unknown(entry: BankEntry, key: str) -> None:
    """The cash of a payment of nobody known enters the centre's books."""
    post_unknown(
        centre_id=entry.agency_id, minor=entry.amount_minor, currency=entry.currency,
        day=entry.booked_on, key=key, reference=str(entry.pk),
    )  # fmt: skip


def back_to_unknown(entry: BankEntry, undone: Settlement) -> None:
    """A payment whose match was undone waits for a person again."""
    hold_unknown(entry, f"unknown:{undone.pk}")
    entry.state, entry.proposal, entry.changed_at = "unknown", {}, now()
    entry.save(update_fields=["state", "proposal", "changed_at"])


@action
def assign_payment(
    *,
    actor: Actor,
    entry_id: UUID,
    agency_id: UUID,
    shares: Sequence[tuple[UUID, int, str]] = (),
    advance_service: str = "",
    remember: bool = False,
) -> Settlement:
    """Say whose a waiting payment is and which bills it pays: (bill, minor units, service or
    nothing for all of them). What is left becomes an advance, for one service or as the agency's
    last bill is spread. `remember`: the payer's account is the agency's from now on.

    A bill that is paid so is accepted, if it was not (R14). PAY-250 if it does not wait any more,
    PAY-251 for a bill of another agency, PAY-252 for more than was paid, PAY-201 for more than is
    open, PAY-202 if nobody can say which services an advance is for.
    """
    require(actor, SETTLE)
    agency = find_agency(actor, agency_id)
    hold_agency(agency.pk)
    entry = waiting_entry(entry_id)
    wanted = []
    for bill_id, minor, service in shares:
        bill = Bill.objects.filter(pk=bill_id, agency_id=agency.pk).first()
        if bill is None:
            raise PaymentError(
                "PAY-251", f"That is no bill of {agency.code}. Choose one of its bills.",
                field="bill",
            )  # fmt: skip
        wanted.append(Share(bill.pk, bill.number, minor, service))
    if sum(each.minor for each in wanted) > entry.amount_minor:
        raise PaymentError(
            "PAY-252", "The amounts are more than was paid. Give smaller ones.", field="amount"
        )
    take_out_unknown(entry, f"assigned:{entry.pk}:{entry.changed_at.isoformat()}")
    made = _receive(actor, entry, agency.pk, wanted, how="person", service=advance_service)
    entry.state, entry.changed_at = "assigned", now()
    entry.save(update_fields=["state", "changed_at"])
    if remember and entry.payer_account:
        PayerAccount.objects.update_or_create(
            account=entry.payer_account,
            defaults={"agency_id": agency.pk, "recorded_at": now()},
        )
    return made


def waiting_entry(entry_id: UUID) -> BankEntry:
    """A payment that waits for a person, held (PAY-404, PAY-250)."""
    entry = BankEntry.objects.select_for_update().filter(pk=entry_id).first()
    if entry is None:
        raise NotFound("PAY-404", "There is no such payment. Go back to the list and choose one.")
    if entry.state not in ("unknown", "proposed"):
        raise Conflict("PAY-250", "This payment does not wait any more. Read the list again.")
    return entry


def _receive(
    actor: Actor,
    entry: BankEntry,
    agency_id: UUID,
    shares: Sequence[Share],
    *,
    how: str,
    service: str = "",
) -> Settlement:
    """Post a receipt: bills first, each accepted by its payment; the rest is an advance."""
    parts: list[Part] = []
    for share in shares:
        bill, found = open_bill(share.bill_id)
        before = [part for part in parts if part.bill_id == bill.pk]
        opens = dict(found.opens)
        for part in before:
            opens[part.key] = opens.get(part.key, 0) - part.minor
        left = type(found)(found.id, found.number, found.agency_id, found.due_on,
            {key: minor for key, minor in opens.items() if minor}, found.held_minor)  # fmt: skip
        parts += bill_parts(left, share.minor, share.service)
        accepted(actor, bill, entry.booked_on, "payment")
    rest = entry.amount_minor - sum(share.minor for share in shares)
    if rest:
        parts += [Part(key, minor) for key, minor in _ahead(agency_id, rest, service).items()]
    earlier = Settlement.objects.filter(entry=entry, kind="receipt").count()
    return write_settlement(
        actor, agency_id, parts,
        kind="receipt", key=f"receipt:{entry.pk}:{earlier}", entry_id=entry.pk,
        day=entry.booked_on, currency=entry.currency, how=how,
        reference=", ".join(share.number for share in shares)[:80],
        description=f"Payment received, {len(shares)} bills" if shares else "Advance received",
    )  # fmt: skip


def _ahead(agency_id: UUID, minor: int, service: str) -> dict[tuple[str, str], int]:
    """An advance by service: the one named, or as the agency's newest posted bill is spread."""
    for bill in Bill.objects.filter(agency_id=agency_id, state="issued").order_by("-period")[:12]:
        weights = posted_by_bill([bill]).get(bill.pk, {})
        if service:
            weights = {key: 1 for key in weights if key[1] == service}
        if any(weight > 0 for weight in weights.values()):
            return in_proportion(minor, weights)
    return in_proportion(minor, {})


@action
def set_payment_aside(*, actor: Actor, entry_id: UUID, reason: str) -> BankEntry:
    """Say that an entry is not about bills: interest, a fee, a transfer. Its cash leaves the books
    of charging. PAY-253 without a reason of ten characters, PAY-250 if it is settled."""
    require(actor, SETTLE)
    if len(reason.strip()) < ENOUGH:
        raise PaymentError(
            "PAY-253", "Say in at least ten characters what the entry is.", field="reason"
        )
    entry = BankEntry.objects.select_for_update().filter(pk=entry_id).first()
    if entry is None or entry.state != "out":
        entry = waiting_entry(entry_id)
        take_out_unknown(entry, f"aside:{entry.pk}:{entry.changed_at.isoformat()}")
    entry.state, entry.note, entry.changed_at = "aside", reason.strip()[:500], now()
    entry.save(update_fields=["state", "note", "changed_at"])
    record(
        actor=actor, verb="payment.set_aside", target=entry, agency_id=entry.agency_id,
        payload={"amount_minor": entry.amount_minor, "day": today(centre().zone)},
    )  # fmt: skip
    return entry
