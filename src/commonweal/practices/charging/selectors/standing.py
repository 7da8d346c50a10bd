"""How bills stand: accepted, paid, open, held by disputes, late; and an agency's advances."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import BigIntegerField, F, Sum, Value
from django.db.models.functions import Coalesce

from commonweal.kernel.access.public import Actor
from commonweal.kernel.calendar.public import today
from commonweal.kernel.ledger.public import Posting
from commonweal.kernel.party.public import centre

from ..closing.posting import PAYABLE
from ..domain.settlement import Amounts, Key, OpenBill, bucket, standing_of
from ..models import Bill, BillAcceptance, SettlementPart
from .bills import bill, visible_bills
from .disputes import held_minor


@dataclass(frozen=True)
class Standing:
    """One bill's way to cash. `code`: draft, preview, issued, accepted, part_settled or settled.

    `settled_on`: the day of the act that left nothing open. `late`: past due and payable; `bucket`:
    for how long, as `domain.settlement.bucket` says. `days`: from issue to settlement.
    """

    bill: Bill
    code: str
    open_minor: int
    paid_minor: int
    held_minor: int
    accepted_on: date | None
    accepted_how: str
    settled_on: date | None
    today: date

    @property
    def payable_minor(self) -> int:
        """What is open and not held by a dispute."""
        return max(0, self.open_minor - self.held_minor)

    @property
    def late(self) -> bool:
        """Whether something that nobody disputes is past due."""
        return bool(self.bucket) and self.payable_minor > 0

    @property
    def bucket(self) -> str:
        """How long it is past due; empty if it is not."""
        due = self.bill.due_on
        return bucket(due, self.today) if due and self.code != "settled" else ""

    @property
    def days(self) -> int | None:
        """Days from issue to settlement, as service levels count them."""
        if self.settled_on is None or self.bill.issued_on is None:
            return None
        return (self.settled_on - self.bill.issued_on).days


def paid_by_bill(bill_ids: Iterable[UUID]) -> dict[UUID, int]:
    """Minor units of each bill that were settled."""
    rows = (
        SettlementPart.objects.filter(bill_id__in=list(bill_ids))
        .values_list("bill_id")
        .annotate(total=Sum("amount_minor"))
    )
    return {bill_id: int(total) for bill_id, total in rows if bill_id}


def posted_by_bill(bills: Sequence[Bill]) -> dict[UUID, Amounts]:
    """What each bill put into the books, by (fund, service); a bill that is not there is not
    posted yet. From the agency's own journal, so that it holds whatever a service's fund is now."""
    keys = {f"bill:{each.pk}": each.pk for each in bills}
    rows = Posting.objects.filter(
        agency_id__in={each.agency_id for each in bills},
        journal__source="charging",
        journal__idempotency_key__in=list(keys),
        account__code=PAYABLE,
    ).values_list("journal__idempotency_key", "fund__code", "service_code", "amount")
    found: dict[UUID, Amounts] = defaultdict(dict)
    for key, fund, service, minor in rows:
        amounts = found[keys[key]]
        amounts[fund, service] = amounts.get((fund, service), 0) - int(minor)
    return dict(found)


def open_bills(bills: Sequence[Bill]) -> dict[UUID, OpenBill]:
    """What is open of each posted bill, by (fund, service), and what disputes hold; three queries.

    A bill of nothing is open with nothing; one that is issued and not posted yet is left out.
    """
    issued = [each for each in bills if each.state == "issued"]
    posted = posted_by_bill(issued)
    paid: dict[UUID, Amounts] = defaultdict(dict)
    rows = (
        SettlementPart.objects.filter(bill_id__in=[each.pk for each in issued])
        .values_list("bill_id", "fund", "service_code")
        .annotate(total=Sum("amount_minor"))
    )
    for bill_id, fund, service, total in rows:
        if bill_id:
            paid[bill_id][fund, service] = int(total)
    held = held_minor([each.pk for each in issued])
    return {
        each.pk: OpenBill(
            each.pk,
            each.number,
            each.agency_id,
            each.due_on,
            {
                key: minor - paid[each.pk].get(key, 0)
                for key, minor in posted.get(each.pk, {}).items()
                if minor != paid[each.pk].get(key, 0)
            },
            held.get(each.pk, 0),
        )
        for each in issued
        if each.pk in posted or not each.total_minor
    }


def unsettled(agency_ids: Iterable[UUID] | None = None) -> list[Bill]:
    """The issued bills on which something is open, oldest first; one query."""
    found = Bill.objects.filter(state="issued").select_related("agency")
    if agency_ids is not None:
        found = found.filter(agency_id__in=list(agency_ids))
    paid = Coalesce(Sum("payments__amount_minor"), Value(0), output_field=BigIntegerField())
    still = found.annotate(paid=paid).exclude(total_minor=F("paid"))
    return list(still.order_by("period", "agency__code"))


def advances(agency_id: UUID) -> dict[Key, int]:
    """An agency's advance by (fund, service)."""
    rows = (
        SettlementPart.objects.filter(agency_id=agency_id, bill__isnull=True)
        .values_list("fund", "service_code")
        .annotate(total=Sum("amount_minor"))
    )
    return {(fund, service): int(total) for fund, service, total in rows if total}


def advances_by_agency() -> dict[UUID, int]:
    """Each agency's whole advance."""
    rows = (
        SettlementPart.objects.filter(bill__isnull=True)
        .values_list("agency_id")
        .annotate(total=Sum("amount_minor"))
    )
    return {agency_id: int(total) for agency_id, total in rows if total}


def standings(actor: Actor, bills: Sequence[Bill]) -> dict[UUID, Standing]:
    """How some bills stand, all at once; four queries."""
    ids = [each.pk for each in bills]
    day, held, paid = today(centre().zone), held_minor(ids), paid_by_bill(ids)
    accepted = {row.bill_id: row for row in BillAcceptance.objects.filter(bill_id__in=ids)}
    done = {
        each.pk
        for each in bills
        if each.state == "issued" and each.pk in accepted
        and each.total_minor == paid.get(each.pk, 0)
    }  # fmt: skip
    last = _last_days(done)
    found = {}
    for each in bills:
        acceptance, settled = accepted.get(each.pk), paid.get(each.pk, 0)
        left = each.total_minor - settled if each.state == "issued" else 0
        accepted_on = acceptance.accepted_on if acceptance else None
        found[each.pk] = Standing(
            each,
            standing_of(
                each.state, accepted=acceptance is not None, open_minor=left, paid=bool(settled)
            ),
            left,
            settled,
            min(held.get(each.pk, 0), max(0, left)),
            accepted_on,
            acceptance.how if acceptance else "",
            (last.get(each.pk) or accepted_on) if each.pk in done else None,
            day,
        )
    return found


def _last_days(bill_ids: Iterable[UUID]) -> dict[UUID, date]:
    rows = SettlementPart.objects.filter(bill_id__in=list(bill_ids)).values_list(
        "bill_id", "settlement__day"
    )
    found: dict[UUID, date] = {}
    for bill_id, day in rows:
        if bill_id:
            found[bill_id] = max(day, found.get(bill_id, day))
    return found


def standing(actor: Actor, bill_id: UUID | str) -> Standing:
    """How one bill stands, by id or number (BILL-406)."""
    found = bill(actor, bill_id)
    return standings(actor, [found])[found.pk]


def acceptable(actor: Actor) -> list[Bill]:
    """The issued bills that the actor may see and nobody accepted yet, oldest first."""
    found = visible_bills(actor).filter(state="issued", acceptance__isnull=True)
    return list(found.order_by("period", "agency__code"))
