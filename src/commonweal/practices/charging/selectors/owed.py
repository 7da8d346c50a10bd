"""Who owes what, since when: one row for each agency, its account, and whether the books agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db.models import Max, Sum

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, require
from commonweal.kernel.calendar.public import today
from commonweal.kernel.ledger.public import Posting
from commonweal.kernel.party.public import Agency, agencies, centre
from commonweal.kernel.schema.public import FIRST, Listing, Place, listing

from ..closing.posting import ADVANCES, PAID_AHEAD, PAYABLE, RECEIVABLE, UNKNOWN
from ..domain.settlement import BUCKETS, bucket
from ..models import BankEntry, Bill, BillReminder, Settlement, SettlementPart
from ..papers.tables import write_csv
from .bill_document import money_text
from .disputes import held_minor
from .standing import (
    Standing,
    advances,
    advances_by_agency,
    standings,
    unsettled,
)

VIEW = "charging.view_payments"


@dataclass(frozen=True)
class Owed:
    """What one agency owes, in minor units. `buckets`: what is past due and not disputed, by
    BUCKETS; `not_due` and `held` (disputed) apart; `advance`: what it paid ahead; `owed_back`:
    bills below zero. open = not_due + held + Σ buckets − owed_back."""

    agency: Agency
    open_minor: int
    not_due_minor: int
    held_minor: int
    buckets: dict[str, int]
    owed_back_minor: int
    advance_minor: int
    bills: int
    oldest_due: date | None
    reminded_on: date | None

    @property
    def overdue_minor(self) -> int:
        """What is past due and nobody disputes."""
        return sum(self.buckets.values())


def owed(actor: Actor) -> list[Owed]:
    """Every agency that owes, is owed or paid ahead; the longest and largest overdue first."""
    require(actor, VIEW)
    found = _owed(None)
    return sorted(
        found,
        key=lambda row: (*(-row.buckets[name] for name in reversed(BUCKETS)), -row.open_minor,
                         row.agency.code),
    )  # fmt: skip


def _owed(agency_id: UUID | None) -> list[Owed]:
    bills = unsettled(None if agency_id is None else [agency_id])
    by_agency: dict[UUID, list[Bill]] = defaultdict(list)
    for each in bills:
        by_agency[each.agency_id].append(each)
    held, day = held_minor([each.pk for each in bills]), today(centre().zone)
    ahead = advances_by_agency()
    reminded = dict(BillReminder.objects.values_list("agency_id").annotate(last=Max("sent_on")))
    rows = []
    for agency in agencies(SYSTEM):
        if agency_id not in (None, agency.pk):
            continue
        own = by_agency.get(agency.pk, [])
        if own or ahead.get(agency.pk) or agency_id:
            rows.append(
                _row(agency, own, held, day, ahead.get(agency.pk, 0), reminded.get(agency.pk))
            )
    return rows


def _row(
    agency: Agency,
    bills: Sequence[Bill],
    held: dict[UUID, int],
    day: date,
    ahead: int,
    reminded: date | None,
) -> Owed:
    sums, back, waits, disputed, dues = dict.fromkeys(BUCKETS, 0), 0, 0, 0, []
    for each in bills:
        left = each.total_minor - int(getattr(each, "paid", 0))
        if left < 0:
            back -= left
            continue
        hold = min(left, held.get(each.pk, 0))
        disputed += hold
        late = bucket(each.due_on, day) if each.due_on else ""
        if late:
            sums[late] += left - hold
        else:
            waits += left - hold
        if late and left > hold and each.due_on:
            dues.append(each.due_on)
    total = waits + disputed + sum(sums.values()) - back
    return Owed(agency, total, waits, disputed, sums, back, ahead, len(bills),
        min(dues, default=None), reminded)  # fmt: skip


def owed_csv(actor: Actor) -> bytes:
    """The same as CSV, amounts as decimals."""
    currency = centre().currency
    header = ("agency", "name", "open", "not_yet_due", *(f"overdue_{name}" for name in BUCKETS),
              "disputed", "owed_to_agency", "advance", "oldest_due", "reminded_on", "contact",
              "currency")  # fmt: skip
    rows = [
        (
            row.agency.code, row.agency.name, money_text(row.open_minor, currency),
            money_text(row.not_due_minor, currency),
            *(money_text(row.buckets[name], currency) for name in BUCKETS),
            money_text(row.held_minor, currency), money_text(row.owed_back_minor, currency),
            money_text(row.advance_minor, currency), row.oldest_due or "", row.reminded_on or "",
            row.agency.contact_email, currency,
        )
        for row in owed(actor)
    ]  # fmt: skip
    return write_csv(header, rows)


@dataclass(frozen=True)
class Account:
    """An agency's account with the centre: what it owes, its open bills, its advances by service,
    and the payments last received."""

    owed: Owed
    open: Sequence[Standing]
    advances: dict[tuple[str, str], int]
    payments: Listing[Settlement]
    currency: str
    parts: dict[UUID, list[SettlementPart]] = field(default_factory=dict)


def may_see_account(actor: Actor, agency_id: UUID) -> bool:
    """The centre's payment people, and the agency's own readers of bills."""
    return actor.may(VIEW) if actor.centre else actor.may("charging.view_bills", agency_id)


def account(actor: Actor, agency_id: UUID, place: Place = FIRST) -> Account:
    """An agency's account; for the centre, or for the agency itself (ACCESS-403)."""
    if not may_see_account(actor, agency_id):
        require(actor, VIEW)
    bills = unsettled([agency_id])
    waiting = Bill.objects.filter(
        agency_id=agency_id, state="issued", acceptance__isnull=True
    ).select_related("agency")
    both = {each.pk: each for each in [*bills, *waiting]}
    ordered = sorted(both.values(), key=lambda each: each.period)
    found = standings(actor, ordered)
    with act_as(SYSTEM):
        row = _owed(agency_id)[0]
    payments = settlements(actor, agency_id, place)
    return Account(row, [found[each.pk] for each in ordered], advances(agency_id), payments,
        centre().currency, parts_of(actor, payments))  # fmt: skip


def parts_of(actor: Actor, rows: Sequence[Settlement]) -> dict[UUID, list[SettlementPart]]:
    """What each of some acts moved, by act. One query.

    Acts that are not the actor's to see are left out.
    """
    rows = [each for each in rows if may_see_account(actor, each.agency_id)]
    found: dict[UUID, list[SettlementPart]] = defaultdict(list)
    parts = SettlementPart.objects.filter(settlement_id__in=[each.pk for each in rows])
    for part in parts.select_related("bill").order_by("fund", "service_code", "id"):
        found[part.settlement_id].append(part)
    return dict(found)


def settlements(actor: Actor, agency_id: UUID, place: Place = FIRST) -> Listing[Settlement]:
    """A page of what was paid, applied, paid back and undone, newest first."""
    if not may_see_account(actor, agency_id):
        require(actor, VIEW)
    found = Settlement.objects.filter(agency_id=agency_id).select_related("reversed_by")
    return listing(found, ["-recorded_at", "-id"], place)


def receipts_csv(actor: Actor, agency_id: UUID) -> bytes:
    """Everything that was settled of an agency, oldest first, a row for each bill, service and
    advance; the amounts of an act add up to the cash it moved."""
    if not may_see_account(actor, agency_id):
        require(actor, VIEW)
    header = ("day", "act", "kind", "bill", "fund", "service", "amount", "currency", "reverses",
              "journal", "month")  # fmt: skip
    parts = SettlementPart.objects.filter(agency_id=agency_id).select_related("settlement", "bill")
    rows = [
        (
            part.settlement.day, part.settlement_id, part.settlement.kind,
            part.bill.number if part.bill else "advance", part.fund, part.service_code,
            money_text(part.amount_minor, part.settlement.currency), part.settlement.currency,
            part.settlement.reverses_id or "", part.settlement.journal_id, part.settlement.period,
        )
        for part in parts.order_by("settlement__recorded_at", "settlement_id", "fund", "id")
    ]  # fmt: skip
    return write_csv(header, rows)


@dataclass(frozen=True)
class BookProblem:
    """Books and bills that differ: an agency, what is compared, and both figures."""

    agency: str
    what: str
    books_minor: int
    bills_minor: int


def cash_problems(actor: Actor) -> list[BookProblem]:
    """Where the books differ from the bills and payments; empty when all agrees.

    For each agency, in both books: receivable and payable = Σ what is open of posted bills;
    advances = Σ of the agency's parts. In the centre's: payments of nobody known = Σ those that
    wait.
    """
    require(actor, VIEW)
    own = centre().agency_id
    with act_as(SYSTEM):
        return list(_cash_problems(own))


def _cash_problems(own: UUID) -> Iterator[BookProblem]:
    partner = _by_partner(own)
    open_by_agency = _open_by_agency()
    ahead = advances_by_agency()
    for agency in agencies(SYSTEM):
        key, owes, paid = agency.pk, open_by_agency.get(agency.pk, 0), ahead.get(agency.pk, 0)
        ours, theirs = partner.get((own, key), {}), partner.get((key, own), {})
        for what, books, bills in (
            ("receivable", ours.get(RECEIVABLE, 0), owes),
            ("payable", -theirs.get(PAYABLE, 0), owes),
            ("advances received", -ours.get(ADVANCES, 0), paid),
            ("advances paid", theirs.get(PAID_AHEAD, 0), paid),
        ):
            if books != bills:
                yield BookProblem(agency.code, what, books, bills)
    waiting = BankEntry.objects.filter(state__in=("unknown", "proposed"))
    unknown = int(waiting.aggregate(total=Sum("amount_minor"))["total"] or 0)
    lines = Posting.objects.filter(agency_id=own, account__code=UNKNOWN)
    held = -int(lines.aggregate(total=Sum("amount"))["total"] or 0)
    if held != unknown:
        yield BookProblem("CENTRE", "payments nobody recognises", held, unknown)


def _by_partner(own: UUID) -> dict[tuple[UUID, UUID], dict[str, int]]:
    """Sums of the lines that name a partner, by (books, partner) and account."""
    rows = (
        Posting.objects.filter(trading_partner_id__isnull=False)
        .values_list("agency_id", "trading_partner_id", "account__code")
        .annotate(total=Sum("amount"))
    )
    found: dict[tuple[UUID, UUID], dict[str, int]] = defaultdict(dict)
    for books, partner, code, total in rows:
        found[books, partner][code] = int(total)
    return dict(found)


def _open_by_agency() -> dict[UUID, int]:
    """What is open of every bill that is in the books, by agency."""
    posted = set(
        Posting.objects.filter(
            journal__source="charging", journal__idempotency_key__startswith="bill:"
        ).values_list("journal__idempotency_key", flat=True)
    )
    found: dict[UUID, int] = defaultdict(int)
    for each in unsettled():
        if f"bill:{each.pk}" in posted:
            found[each.agency_id] += each.total_minor - int(getattr(each, "paid", 0))
    return dict(found)


def days_to_settle(actor: Actor, periods: Sequence[str]) -> list[Standing]:
    """The standing of every issued bill of some months: service levels count their `days`."""
    require(actor, VIEW)
    bills = Bill.objects.filter(state="issued", period__in=periods).select_related("agency")
    ordered = list(bills.order_by("period", "agency__code"))
    found = standings(actor, ordered)
    return [found[each.pk] for each in ordered]


def overdue_total(actor: Actor) -> tuple[int, int]:
    """How much is past due and not disputed, and how many agencies owe it."""
    rows = [row for row in owed(actor) if row.overdue_minor]
    return sum(row.overdue_minor for row in rows), len(rows)
