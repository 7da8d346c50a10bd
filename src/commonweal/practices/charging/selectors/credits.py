"""Reads of credits: what is still to come, what bills hold of them, and the proof of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from commonweal.kernel.access.public import SYSTEM, Actor, act_as, require
from commonweal.kernel.authority.public import decision_document
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import FIRST, Listing, NotFound, Place, listing

from ..domain.credits import IDLE_KINDS, UNEARNED, Portion, instalments
from ..models import Bill, BillLine, CloseStep, Credit, CreditPortion, IdleCharge
from .bill_document import money_text, quantity_text

VIEW_ALL, VIEW = "charging.view_all_bills", "charging.view_bills"


def first_open_month() -> str:
    """The first billing month whose bills are not drafted yet (of the centre's own scope)."""
    drafted = CloseStep.objects.filter(code="draft", state="done").order_by("-run__period")
    last = drafted.values_list("run__period", flat=True).first()
    return FiscalPeriod.parse(last).shift(1).code if last else "0001-01"


def first_credit_month(actor: Actor) -> str:
    """The first month whose bill can take a credit; this month's where nothing was closed yet."""
    require(actor, VIEW_ALL)
    first = first_open_month()
    here = FiscalPeriod.of_date(today(centre().zone)).code
    return here if first < "1900-01" else first


def portions_left(
    before: str, agency_id: UUID | None = None
) -> list[tuple[CreditPortion, Portion]]:
    """Every portion that bills of months before `before` do not hold wholly yet, oldest first."""
    earlier = Q(lines__bill__period__lt=before)
    found = CreditPortion.objects.annotate(
        on_bills=Coalesce(Sum("lines__amount_minor", filter=earlier), 0)
    ).select_related("credit", "line", "line__service", "line__charge_item")
    if agency_id is not None:
        found = found.filter(agency_id=agency_id)
    return [
        (row, Portion(row.pk, row.amount_minor, tuple(row.credit.months), -row.on_bills))
        for row in found.order_by("credit__recorded_at", "credit_id", "line_id")
        if row.amount_minor + row.on_bills
    ]


@dataclass(frozen=True)
class CreditMonth:
    """One month of a credit: what was planned for it, and what its bill took (None: no bill)."""

    month: str
    planned: int
    taken: int | None
    bill: Bill | None


@dataclass(frozen=True)
class CreditView:
    """A credit with its schedule: minor units in the agency's favour.

    `left`: what no bill has taken yet. `moved_on`: of that, what earlier bills had no room for.
    `decided_on`: the day on which the second person decided.
    """

    credit: Credit
    portions: Sequence[CreditPortion]
    months: Sequence[CreditMonth]
    left: int
    moved_on: int
    decided_on: date | None = None


def _visible(actor: Actor) -> QuerySet[Credit]:
    found = Credit.objects.select_related("agency")
    if actor.centre:
        return found if actor.may(VIEW_ALL) else found.none()
    return found.filter(agency_id__in=actor.agencies_with(VIEW))


def credits(actor: Actor, agency_id: UUID | None = None, place: Place = FIRST) -> Listing[Credit]:
    """A page of credits, newest first."""
    found = _visible(actor)
    if agency_id:
        found = found.filter(agency_id=agency_id)
    return listing(found, ["-recorded_at", "-id"], place)


def unearned_lines() -> QuerySet[Any]:
    """The bill lines that are no revenue of their service's account: they hand on what the books
    owe already (a year-end adjustment, an asset's proceeds), or charge a pool's idle part, which
    is in no service's cost either; and what gives such a charge back."""
    charges = BillLine.objects.filter(credit__credit__kind="idle_pool").values("id")
    found = Q(credit__credit__kind__in=UNEARNED) | Q(corrects__in=charges)
    return BillLine.objects.filter(found).values("id")


def credit_left(actor: Actor, found: Iterable[Credit]) -> dict[UUID, int]:
    """What no bill has taken yet of some credits; one query."""
    shown = {credit.pk: credit.total_minor for credit in found}
    taken = (
        BillLine.objects.filter(credit__credit_id__in=shown)
        .values_list("credit__credit_id")
        .annotate(total=Sum("amount_minor"))
        .order_by()
    )
    return shown | {key: shown[key] + int(total) for key, total in taken}


def credit_view(actor: Actor, credit_id: UUID) -> CreditView:
    """One credit with its lines and its schedule month by month (CREDIT-404)."""
    credit = _visible(actor).filter(pk=credit_id).first()
    if credit is None:
        raise NotFound("CREDIT-404", "There is no such credit among those you may see.")
    portions = list(
        credit.portions.select_related(
            "line", "line__bill", "line__charge_item", "line__service"
        ).order_by("line__bill__period", "line__number")
    )
    planned: dict[str, int] = dict.fromkeys(credit.months, 0)
    for portion in portions:
        for month, part in instalments(portion.amount_minor, credit.months).items():
            planned[month] += part
    rows = (
        BillLine.objects.filter(credit__credit=credit)
        .exclude(bill__state="draft")
        .values_list("bill_id")
        .annotate(total=Sum("amount_minor"))
        .order_by()
    )
    taken = {bill_id: -int(total) for bill_id, total in rows}
    bills = {
        bill.period: bill
        for bill in Bill.objects.filter(agency_id=credit.agency_id, period__gte=credit.months[0])
        .exclude(state="draft")
        .order_by("period")
    }
    last = max((bill.period for bill in bills.values() if taken.get(bill.pk)), default="")
    shown = sorted({*planned, *(month for month in bills if month <= last)})
    months = [
        CreditMonth(
            month,
            planned.get(month, 0),
            taken.get(bills[month].pk, 0) if month in bills else None,
            bills.get(month),
        )
        for month in shown
    ]
    left = credit.total_minor - sum(taken.values())
    late = sum(each.planned for each in months if each.bill) - sum(taken.values())
    with act_as(SYSTEM):  # the day alone: the decision may name other agencies
        decision = decision_document(credit.decision_id)
    said = decision["decided_at"] if decision else None
    day = datetime.fromisoformat(said).date() if said else None
    return CreditView(credit, portions, months, left, max(0, late), day)


def credit_facts(bill: Bill, lines: Iterable[BillLine]) -> Mapping[str, Any]:
    """What the proof pack says of the credits on a bill, by portion: the whole, its schedule, what
    earlier bills hold of it, and the decision of two people."""
    ids = {line.credit_id for line in lines if line.credit_id is not None}
    earlier = Q(lines__bill__period__lt=bill.period)
    found = (
        CreditPortion.objects.filter(pk__in=ids)
        .select_related("credit")
        .annotate(on_bills=Coalesce(Sum("lines__amount_minor", filter=earlier), 0))
    )
    rows = list(found)
    charges = IdleCharge.objects.filter(credit_id__in=[row.credit_id for row in rows])
    idle = {each.credit_id: each for each in charges.select_related("credit")}
    return {
        str(row.pk): {
            "credit": str(row.credit_id),
            "kind": row.credit.kind,
            "line": str(row.line_id),
            "amount": money_text(row.amount_minor, bill.currency),
            "before": money_text(-row.on_bills, bill.currency),
            "instalments": {
                month: money_text(part, bill.currency)
                for month, part in instalments(row.amount_minor, row.credit.months).items()
            },
            "decision": _decision(row.credit.decision_id),
            **({"idle": _idle_document(idle[row.credit_id])} if row.credit_id in idle else {}),
        }
        for row in rows
    }


def _idle_document(row: IdleCharge) -> Mapping[str, Any]:
    """How the charge for reserved capacity that lay idle came about, as plain data."""
    currency = row.credit.currency
    return {
        "run": str(row.run_id),
        "period": row.period,
        "of": row.name,
        "unit": row.unit,
        "practical": quantity_text(row.practical),
        "used": quantity_text(row.used),
        "cost": money_text(row.cost_minor, currency),
        "idle": money_text(row.idle_minor, currency),
        "recovered": money_text(row.recovered_minor, currency),
        "reserved": quantity_text(row.reserved),
        "reserved_all": quantity_text(row.reserved_all),
        "charged": money_text(row.amount_minor, currency),
    }


@dataclass(frozen=True)
class IdleView:
    """How a charge for idle capacity came about, and what two people decided about it in words."""

    charge: IdleCharge
    decided: str

    @property
    def document(self) -> Mapping[str, Any]:
        """Its figures as plain data."""
        return _idle_document(self.charge)


def idle_view(actor: Actor, credit_id: UUID) -> IdleView | None:
    """How a credit came about that charges idle capacity; None for any other credit."""
    credit = _visible(actor).filter(pk=credit_id, kind__in=IDLE_KINDS).first()
    if credit is None:
        return None
    charge = IdleCharge.objects.select_related("credit").get(credit=credit)
    with act_as(SYSTEM):  # the decision is the centre's; its words are for those who pay by it
        found = decision_document(credit.decision_id)
    return IdleView(charge, found["statement"] if found else "")


_SHOWN = ("id", "kind", "state", "proposed_by", "proposed_at", "decided_by", "decided_at")


def _decision(decision_id: UUID) -> Mapping[str, Any] | None:
    """Who decided and when. Its figures stay out of it: they may name other agencies."""
    found = decision_document(decision_id)
    return found and {key: found[key] for key in _SHOWN}
