"""The data room: who may look in, what is in it, with control totals; whole and page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from commonweal.kernel.access.public import Actor, require
from commonweal.kernel.authority.public import Decision
from commonweal.kernel.calendar.public import FiscalPeriod, today
from commonweal.kernel.ledger.public import Journal
from commonweal.kernel.party.public import centre
from commonweal.kernel.schema.public import FIRST, Forbidden, Listing, NotFound, Place, listing

from ..domain.recovery import RecoveryError
from ..models import Bill, BillLine, Engagement, RateVersion, Sample
from ..recovery_words import population_words
from .bill_document import money_text

READ = "charging.read_room"
KEEPERS = ("charging.open_engagement", "charging.approve_engagement")
TAKEN_OFF = ("credit", "discount")


@dataclass(frozen=True)
class Population:
    """One population of the room: its rows of some months, their columns, and their amounts.

    `amount`: the field of minor units, or nothing where the rows have none.
    """

    name: str
    columns: Sequence[str]
    rows: Callable[[str, str], QuerySet[Any]]
    cells: Callable[[Any], Sequence[Any]]
    amount: str = ""

    def title(self) -> str:
        """What it is called on pages."""
        return population_words(self.name)


@dataclass(frozen=True)
class Control:
    """How many rows a population has, and what they come to, in minor units (None: no amounts)."""

    population: Population
    count: int
    total: int | None


def _bills(first: str, last: str) -> QuerySet[Any]:
    return Bill.objects.filter(state="issued", period__gte=first, period__lte=last).select_related(
        "agency"
    )


def _lines(first: str, last: str) -> QuerySet[Any]:
    return BillLine.objects.filter(
        bill__state="issued", bill__period__gte=first, bill__period__lte=last
    ).select_related("bill", "agency", "service", "charge_item", "rate_version")


def _credits(first: str, last: str) -> QuerySet[Any]:
    return _lines(first, last).filter(kind__in=TAKEN_OFF)


def _journals(first: str, last: str) -> QuerySet[Any]:
    found = Journal.objects.filter(
        agency_id=centre().agency_id, period__code__gte=first, period__code__lte=last
    )
    debits = Coalesce(Sum("postings__amount", filter=Q(postings__amount__gt=0)), 0)
    return found.select_related("period").annotate(debits=debits)


def _days(first: str, last: str) -> tuple[date, date]:
    return FiscalPeriod.parse(first).first_day, FiscalPeriod.parse(last).end_day


def _rates(first: str, last: str) -> QuerySet[Any]:
    starts, ends = _days(first, last)
    found = RateVersion.objects.filter(state="approved", starts__lt=ends)
    return found.exclude(ends__lte=starts).select_related("charge_item")


def _decisions(first: str, last: str) -> QuerySet[Any]:
    starts, ends = _days(first, last)
    return Decision.objects.filter(proposed_at__date__gte=starts, proposed_at__date__lt=ends)


def _line_cells(row: BillLine) -> Sequence[Any]:
    return (
        row.pk, row.bill.number, row.number, row.agency.code, row.kind, row.service.code,
        row.charge_item.code, row.charge_period, format(row.quantity, "f"), row.rate_version.code,
        row.corrects_id or "", money_text(row.amount_minor, row.bill.currency),
    )  # fmt: skip


_LINE = ("id", "bill", "line", "agency", "kind", "service", "charge_item", "charge_period",
         "quantity", "rate", "corrects", "amount")  # fmt: skip
POPULATIONS = {
    each.name: each
    for each in (
        Population(
            "bills",
            ("id", "bill", "agency", "month", "issued_on", "content_hash", "total"),
            _bills,
            lambda row: (row.pk, row.number, row.agency.code, row.period, row.issued_on,
                         row.content_hash, money_text(row.total_minor, row.currency)),
            "total_minor",
        ),
        Population("lines", _LINE, _lines, _line_cells, "amount_minor"),
        Population("credits", _LINE, _credits, _line_cells, "amount_minor"),
        Population(
            "journals",
            ("id", "number", "month", "effective_date", "description", "source", "key",
             "payload_hash", "debits"),
            _journals,
            lambda row: (row.pk, row.number, row.period.code, row.effective_date, row.description,
                         row.source, row.idempotency_key, row.payload_hash,
                         money_text(row.debits, row.currency)),
            "debits",
        ),
        Population(
            "rates",
            ("id", "rate", "charge_item", "starts", "ends", "decision", "reason"),
            _rates,
            lambda row: (row.pk, row.code, row.charge_item.code, row.starts, row.ends or "",
                         row.decision_id, row.reason),
        ),
        Population(
            "decisions",
            ("id", "about", "subject", "state", "proposed_by", "proposed_at", "decided_by",
             "decided_at", "reason"),
            _decisions,
            lambda row: (row.pk, row.subject_label, row.subject_type, row.state,
                         row.proposed_by or "", row.proposed_at.isoformat(), row.decided_by or "",
                         row.decided_at.isoformat() if row.decided_at else "", row.reason),
        ),
    )
}  # fmt: skip
"""What a room may hold, by name. Ids of people are opaque; bills and lines name agencies only."""


def is_keeper(actor: Actor) -> bool:
    """Whether somebody opens rooms, and so may look into all of them."""
    return any(actor.may(permission) for permission in KEEPERS)


def engagements(actor: Actor, place: Place = FIRST) -> Listing[Engagement]:
    """A page of engagements, newest first: all for whoever opens them, else one's own."""
    if not is_keeper(actor):
        require(actor, READ)
        own = Engagement.objects.filter(state="approved")
        own = own.filter(person_id=actor.person_id) if actor.person_id else own.none()
        return listing(own, ["-id"], place)
    return listing(Engagement.objects.all(), ["-id"], place)


def engagement(actor: Actor, engagement_id: UUID) -> Engagement:
    """An engagement that the actor may look into now (RECOVERY-407, RECOVERY-510)."""
    row = Engagement.objects.filter(pk=engagement_id).first()
    keeper = is_keeper(actor)
    if row is None or not (keeper or (actor.person_id and row.person_id == actor.person_id)):
        raise NotFound("RECOVERY-407", "There is no such data room for you.")
    if keeper:
        return row
    require(actor, READ)
    if not row.is_open(today(centre().zone)):
        raise Forbidden(
            "RECOVERY-510",
            f"This data room is open from {row.starts} until before {row.ended_on or row.ends}. "
            "Ask the centre to open another one.",
        )
    return row


def population(actor: Actor, row: Engagement, name: str) -> Population:
    """A population that a room holds (RECOVERY-408); the actor may look into the room."""
    found = POPULATIONS.get(name)
    if found is None or name not in row.populations:
        raise NotFound("RECOVERY-408", "This data room does not hold that. See what it holds.")
    return found


def controls(actor: Actor, engagement_id: UUID) -> list[Control]:
    """The control totals of everything in a room."""
    row = engagement(actor, engagement_id)
    found = []
    for name in row.populations:
        each = population(actor, row, name)
        rows = each.rows(row.first_period, row.last_period)
        if each.amount:
            sums = rows.aggregate(count=Count("pk", distinct=True), total=Sum(each.amount))
            found.append(Control(each, sums["count"], int(sums["total"] or 0)))
        else:
            found.append(Control(each, rows.count(), None))
    return found


def population_page(
    actor: Actor, engagement_id: UUID, name: str, place: Place = FIRST
) -> Listing[Sequence[Any]]:
    """A page of a population's rows as cells, by id."""
    row = engagement(actor, engagement_id)
    each = population(actor, row, name)
    found = listing(each.rows(row.first_period, row.last_period), ["id"], place)
    return Listing([each.cells(line) for line in found], found.previous, found.next)


def population_rows(actor: Actor, engagement_id: UUID, name: str) -> Iterator[Sequence[Any]]:
    """Every row of a population as cells, by id; read in pieces."""
    row = engagement(actor, engagement_id)
    each = population(actor, row, name)
    for line in each.rows(row.first_period, row.last_period).order_by("id").iterator(2000):
        yield each.cells(line)


def sizes(actor: Actor, row: Engagement, name: str) -> Iterable[tuple[str, int]]:
    """Id and minor units of each item of a population (RECOVERY-504 if it has no amounts)."""
    each = population(actor, row, name)
    if not each.amount:
        raise RecoveryError(
            "RECOVERY-504",
            "Samples by amount are drawn from bills, lines, credits and journals. Choose one.",
            field="population",
        )
    rows = each.rows(row.first_period, row.last_period).order_by("id")
    for key, amount in rows.values_list("id", each.amount).iterator(5000):
        yield str(key), int(amount)


def samples(actor: Actor, engagement_id: UUID, place: Place = FIRST) -> Listing[Sample]:
    """A page of the samples of a room, newest first."""
    row = engagement(actor, engagement_id)
    return listing(Sample.objects.filter(engagement=row), ["-id"], place)


def sample(actor: Actor, sample_id: UUID) -> Sample:
    """One sample with its selection (RECOVERY-409)."""
    found = Sample.objects.select_related("engagement").filter(pk=sample_id).first()
    if found is None:
        raise NotFound("RECOVERY-409", "There is no such sample. See the samples of the room.")
    engagement(actor, found.engagement_id)
    return found
